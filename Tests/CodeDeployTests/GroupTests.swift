import Cloud
import CloudTesting
@testable import CodeDeploy
import Notation
import Testing

@Suite("Applications and groups")
struct GroupTests {
    @Test("all 47 operations of the API are there, each once")
    func inventory() async throws {
        try await Shop.open { shop in
            let names = shop.codeDeploy.operations.map(\.name)
            #expect(names.count == 47 && Set(names).count == 47)
        }
    }

    @Test("an application is made once, listed, renamed with all it has, and deleted without complaint")
    func application() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            let id = try await shop.deploy()
            try await shop.reach("Succeeded", id)
            #expect(
                try await shop.refusal("CreateApplication", ["applicationName": "shop"])
                    == "ApplicationAlreadyExistsException")
            try await shop.call("UpdateApplication", ["applicationName": "shop", "newApplicationName": "store"])
            #expect(
                try await shop.refusal("GetApplication", ["applicationName": "shop"])
                    == "ApplicationDoesNotExistException")
            #expect(try await shop.info(id)["applicationName"]?.string == "store")
            let groups = try await shop.call("ListDeploymentGroups", ["applicationName": "store"])
            #expect(groups["deploymentGroups"]?.array == ["orders"])
            let revisions = try await shop.call("ListApplicationRevisions", ["applicationName": "store"])
            #expect(revisions["revisions"]?.array == [Shop.revision()])
            let found = try await shop.call(
                "ListDeployments", ["applicationName": "store", "deploymentGroupName": "orders"])
            #expect(found["deployments"]?.array == [.string(id)])
            for _ in 0..<2 { try await shop.call("DeleteApplication", ["applicationName": "store"]) }
            #expect(try await shop.call("ListApplications")["applications"]?.array == [])
        }
    }

    private static let refused: [(operation: String, input: JSON, code: String)] = [
        ("CreateApplication", [:], "ApplicationNameRequiredException"),
        ("CreateApplication", ["applicationName": "a b"], "InvalidApplicationNameException"),
        ("CreateApplication", ["applicationName": "a", "computePlatform": "Mars"], "InvalidComputePlatformException"),
        ("GetApplication", ["applicationName": "none"], "ApplicationDoesNotExistException"),
        (
            "GetDeploymentGroup", ["applicationName": "shop", "deploymentGroupName": "x"],
            "DeploymentGroupDoesNotExistException"
        ),
        ("GetDeployment", ["deploymentId": "x"], "InvalidDeploymentIdException"),
        ("GetDeployment", ["deploymentId": "d-AAAAAAAAA"], "DeploymentDoesNotExistException"),
        ("GetDeployment", [:], "DeploymentIdRequiredException"),
        ("ListDeployments", ["applicationName": "shop"], "DeploymentGroupNameRequiredException"),
        ("ListDeployments", ["deploymentGroupName": "orders"], "ApplicationNameRequiredException"),
        ("ListDeployments", ["createTimeRange": ["start": 2, "end": 1]], "InvalidTimeRangeException"),
        ("ListDeployments", ["includeOnlyStatuses": ["Gone"]], "InvalidDeploymentStatusException"),
        ("ListApplications", ["nextToken": "junk"], "InvalidNextTokenException"),
        (
            "CreateDeployment", ["applicationName": "shop", "deploymentGroupName": "orders"],
            "RevisionRequiredException"
        ),
        (
            "BatchGetDeployments", ["deploymentIds": .array(Array(repeating: "d-AAAAAAAAA", count: 26))],
            "BatchLimitExceededException"
        ),
        ("TagResource", ["ResourceArn": "arn:x", "Tags": [["Key": "a"]]], "InvalidArnException"),
        ("RegisterOnPremisesInstance", ["instanceName": "i"], "NotImplemented"),
        ("GetOnPremisesInstance", ["instanceName": "i"], "InstanceNotRegisteredException"),
        ("ListGitHubAccountTokenNames", [:], "OperationNotSupportedException"),
        (
            "ListApplicationRevisions", ["applicationName": "shop", "s3KeyPrefix": "a"],
            "BucketNameFilterRequiredException"
        ),
    ]

    @Test("what cannot be is refused with AWS's code", arguments: refused.indices)
    func refusals(index: Int) async throws {
        let test = Self.refused[index]
        try await Shop.open { shop in
            try await shop.makeGroup()
            #expect(try await shop.refusal(test.operation, test.input) == test.code)
        }
    }

    private static let settings: [(member: String, value: JSON, code: String?)] = [
        ("deploymentStyle", ["deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"], nil),
        ("deploymentStyle", ["deploymentType": "IN_PLACE"], "InvalidDeploymentStyleException"),
        ("ecsServices", [["serviceName": "a", "clusterName": "b"]], "InvalidECSServiceException"),
        ("alarmConfiguration", ["enabled": true, "alarms": []], "InvalidAlarmConfigException"),
        (
            "alarmConfiguration", ["enabled": true, "alarms": [["name": "a"], ["name": "a"]]],
            "InvalidAlarmConfigException"
        ),
        ("autoRollbackConfiguration", ["enabled": true, "events": []], "InvalidAutoRollbackConfigException"),
        ("autoRollbackConfiguration", ["enabled": true, "events": ["NO"]], "InvalidAutoRollbackConfigException"),
        ("serviceRoleArn", "nobody", "InvalidRoleException"),
        ("serviceRoleArn", "arn:aws:iam::123456789012:role/stranger", "InvalidRoleException"),
        ("deploymentConfigName", "Missing", "DeploymentConfigDoesNotExistException"),
        ("deploymentConfigName", "CodeDeployDefault.ECSAllAtOnce", "InvalidDeploymentConfigNameException"),
        ("triggerConfigurations", [["triggerName": "t", "triggerTargetArn": "x"]], "InvalidTriggerConfigException"),
        (
            "triggerConfigurations",
            [
                [
                    "triggerName": "t", "triggerTargetArn": "arn:aws:sns:eu-west-1:1:t",
                    "triggerEvents": ["DeploymentStart"],
                ]
            ],
            "InvalidTriggerConfigException"
        ),
    ]

    @Test("a group's settings are judged, and a refused change changes nothing", arguments: settings.indices)
    func groupSettings(index: Int) async throws {
        let test = Self.settings[index]
        try await Shop.open { shop in
            try await shop.makeGroup()
            let name: JSON = ["applicationName": "shop", "deploymentGroupName": "orders"]
            let before = try await shop.call("GetDeploymentGroup", name)
            var change: JSON = ["applicationName": "shop", "currentDeploymentGroupName": "orders"]
            change[test.member] = test.value
            #expect(try await shop.refusal("UpdateDeploymentGroup", change) == test.code)
            if test.code != nil { #expect(try await shop.call("GetDeploymentGroup", name) == before) }
        }
    }

    @Test("groups of other platforms are refused by name", arguments: ["ECS", "Server"])
    func otherPlatforms(platform: String) async throws {
        try await Shop.open { shop in
            try await shop.call("CreateApplication", ["applicationName": "web", "computePlatform": .string(platform)])
            let input: JSON = ["applicationName": "web", "deploymentGroupName": "g", "serviceRoleArn": Shop.role]
            let refusal = try await shop.door.refusal("codedeploy", "CreateDeploymentGroup", input)
            #expect(refusal?.status == 501 && refusal?.message.contains(platform) == true)
        }
    }

    @Test("an update changes what it names and nothing else, the group's name included")
    func update() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup(alarms: ["errors"])
            let change: JSON = [
                "applicationName": "shop", "currentDeploymentGroupName": "orders", "newDeploymentGroupName": "orders2",
                "autoRollbackConfiguration": ["enabled": false, "events": []],
            ]
            try await shop.call("UpdateDeploymentGroup", change)
            let name: JSON = ["applicationName": "shop", "deploymentGroupName": "orders2"]
            let group = try await shop.call("GetDeploymentGroup", name)["deploymentGroupInfo"]
            #expect(group?["alarmConfiguration"]?["alarms"]?[0]?["name"]?.string == "errors")
            #expect(group?["autoRollbackConfiguration"]?["enabled"]?.bool == false)
            let batch = try await shop.call(
                "BatchGetDeploymentGroups", ["applicationName": "shop", "deploymentGroupNames": ["orders", "orders2"]])
            #expect(batch["deploymentGroupsInfo"]?.array?.count == 1)
            #expect(batch["errorMessage"]?.string?.contains("orders") == true)
        }
    }

    @Test("tags come and go; the one for strictness counts")
    func tags() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup(alarms: ["errors"])
            shop.neighbours.alarm("errors", "ALARM", since: 1)
            let arn: JSON = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/orders"
            try await shop.call(
                "TagResource", ["ResourceArn": arn, "Tags": [["Key": "slipway:strict", "Value": "true"]]])
            let id = try await shop.deploy()
            let info = try await shop.reach("Stopped", id)
            #expect(info["errorInformation"]?["code"]?.string == "ALARM_ACTIVE")
            try await shop.call("UntagResource", ["ResourceArn": arn, "TagKeys": ["slipway:strict"]])
            #expect(try await shop.call("ListTagsForResource", ["ResourceArn": arn])["Tags"]?.array == [])
        }
    }

    @Test("lists of more than a page go on where they stopped")
    func pages() async throws {
        try await Shop.open { shop in
            for number in 100..<350 {
                try await shop.call("CreateApplication", ["applicationName": .string("a\(number)")])
            }
            var names: [String] = []
            var input: JSON = [:]
            repeat {
                let page = try await shop.call("ListApplications", input)
                names += (page["applications"]?.array ?? []).compactMap(\.string)
                input["nextToken"] = page["nextToken"]
            } while input["nextToken"] != nil
            #expect(names == (100..<350).map { "a\($0)" })
        }
    }

    private static let judged: [(revision: JSON, code: String?)] = [
        (Shop.revision(), nil),
        (["revisionType": "AppSpecContent", "appSpecContent": ["content": "nonsense"]], "InvalidRevisionException"),
        (
            ["revisionType": "AppSpecContent", "appSpecContent": ["content": "version: 0.0", "sha256": "00"]],
            "InvalidRevisionException"
        ),
        (["revisionType": "S3", "s3Location": ["bucket": "b"]], "InvalidRevisionException"),
        (
            ["revisionType": "S3", "s3Location": ["bucket": "b", "key": "k", "bundleType": "zip"]],
            "InvalidRevisionException"
        ),
        (["revisionType": "S3", "s3Location": ["bucket": "b", "key": "k", "bundleType": "YAML"]], nil),
        (["revisionType": "GitHub", "gitHubLocation": ["repository": "a/b"]], "InvalidRevisionException"),
    ]

    @Test("revisions are judged and remembered", arguments: judged.indices)
    func revisions(index: Int) async throws {
        let test = Self.judged[index]
        try await Shop.open { shop in
            try await shop.makeGroup()
            let input: JSON = ["applicationName": "shop", "revision": test.revision]
            #expect(try await shop.refusal("RegisterApplicationRevision", input) == test.code)
            let known = try await shop.refusal("GetApplicationRevision", input)
            #expect(known == (test.code == nil ? nil : "RevisionDoesNotExistException"))
        }
    }
}
