import Cloud
import CloudTesting
import Ledger
import Notation
import Testing

@testable import IAM

private let trust =
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
private let readAll =
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}]}"#

private func withIAM(_ body: (TestCloud) async throws -> Void) async throws {
    try await withTestCloud { cloud, ledger in
        [IAMService(cloud: cloud, ledger: ledger)]
    } _: {
        try await body($0)
    }
}

@Suite("IAM")
struct IAMServiceTests {
    @Test("roles are made, shown, changed and removed")
    func roles() async throws {
        try await withIAM { test in
            let made = try await test.call(
                "iam", "CreateRole",
                [
                    "RoleName": "Worker", "AssumeRolePolicyDocument": .string(trust), "Path": "/team/",
                    "Tags": [["Key": "a", "Value": "b"]],
                ])
            #expect(made["Role"]?["Arn"] == "arn:aws:iam::123456789012:role/team/Worker")
            #expect(made["Role"]?["RoleId"]?.string?.hasPrefix("AROA") == true)
            #expect(made["Role"]?["AssumeRolePolicyDocument"]?.string?.hasPrefix("%7B%22Version") == true)
            let again: JSON = ["RoleName": "worker", "AssumeRolePolicyDocument": .string(trust)]
            #expect(try await test.refusal("iam", "CreateRole", again)?.code == "EntityAlreadyExists")
            let name: JSON = ["RoleName": "Worker"]
            try await test.call(
                "iam", "PutRolePolicy", ["RoleName": "Worker", "PolicyName": "p", "PolicyDocument": .string(readAll)])
            try await test.call(
                "iam", "AttachRolePolicy",
                ["RoleName": "Worker", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"])
            #expect(try await test.call("iam", "ListRolePolicies", name)["PolicyNames"] == ["p"])
            #expect(
                try await test.call("iam", "ListAttachedRolePolicies", name)["AttachedPolicies"]?[0]?["PolicyName"]
                    == "AdministratorAccess")
            #expect(try await test.refusal("iam", "DeleteRole", name)?.code == "DeleteConflict")
            try await test.call(
                "iam", "DetachRolePolicy",
                ["RoleName": "Worker", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"])
            try await test.call("iam", "DeleteRolePolicy", ["RoleName": "Worker", "PolicyName": "p"])
            try await test.call("iam", "UpdateRole", ["RoleName": "Worker", "MaxSessionDuration": 7200])
            #expect(try await test.call("iam", "GetRole", name)["Role"]?["MaxSessionDuration"] == 7200)
            try await test.call("iam", "DeleteRole", name)
            let gone = try await test.refusal("iam", "GetRole", name)
            #expect(gone?.code == "NoSuchEntity" && gone?.status == 404)
            #expect(gone?.message == "The role with name Worker cannot be found.")
        }
    }

    @Test("managed policies keep five versions and whoever has them")
    func managed() async throws {
        try await withIAM { test in
            let made = try await test.call(
                "iam", "CreatePolicy", ["PolicyName": "read", "PolicyDocument": .string(readAll)])
            let arn = made["Policy"]?["Arn"] ?? ""
            for _ in 0..<4 {
                try await test.call(
                    "iam", "CreatePolicyVersion", ["PolicyArn": arn, "PolicyDocument": .string(readAll)])
            }
            let sixth: JSON = ["PolicyArn": arn, "PolicyDocument": .string(readAll)]
            #expect(try await test.refusal("iam", "CreatePolicyVersion", sixth)?.code == "LimitExceeded")
            try await test.call("iam", "SetDefaultPolicyVersion", ["PolicyArn": arn, "VersionId": "v3"])
            #expect(
                try await test.refusal("iam", "DeletePolicyVersion", ["PolicyArn": arn, "VersionId": "v3"])?.code
                    == "DeleteConflict")
            for id in ["v1", "v2", "v4", "v5"] {
                try await test.call("iam", "DeletePolicyVersion", ["PolicyArn": arn, "VersionId": .string(id)])
            }
            try await test.call("iam", "CreateUser", ["UserName": "ana"])
            try await test.call("iam", "AttachUserPolicy", ["UserName": "ana", "PolicyArn": arn])
            #expect(try await test.call("iam", "GetPolicy", ["PolicyArn": arn])["Policy"]?["AttachmentCount"] == 1)
            #expect(
                try await test.call("iam", "ListEntitiesForPolicy", ["PolicyArn": arn])["PolicyUsers"]?[0]?["UserName"]
                    == "ana")
            #expect(try await test.refusal("iam", "DeletePolicy", ["PolicyArn": arn])?.code == "DeleteConflict")
            try await test.call("iam", "DetachUserPolicy", ["UserName": "ana", "PolicyArn": arn])
            try await test.call("iam", "DeletePolicy", ["PolicyArn": arn])
            #expect(
                try await test.refusal("iam", "AttachUserPolicy", ["UserName": "ana", "PolicyArn": arn])?.code
                    == "NoSuchEntity")
        }
    }

    @Test("keys of users and of the root are credentials as long as they are active")
    func keys() async throws {
        try await withIAM { test in
            let store = CredentialStore(ledger: test.ledger)
            let root = try await store.rootCredential()
            #expect(root.accessKeyID.hasPrefix("AKIA") && root.accessKeyID.count == 20 && root.secret.count == 40)
            #expect(root.principal == "arn:aws:iam::000000000000:root")
            #expect(try await store.rootCredential() == root)
            #expect(try await store.credential(for: root.accessKeyID) == root)
            try await test.call("iam", "CreateUser", ["UserName": "ana", "Path": "/x/"])
            let key = try await test.call("iam", "CreateAccessKey", ["UserName": "ana"])["AccessKey"]
            let id = key?["AccessKeyId"]?.string ?? ""
            let found = try await store.credential(for: id)
            #expect(found?.secret == key?["SecretAccessKey"]?.string)
            #expect(found?.principal == "arn:aws:iam::123456789012:user/x/ana")
            try await test.call("iam", "CreateAccessKey", ["UserName": "ana"])
            #expect(try await test.refusal("iam", "CreateAccessKey", ["UserName": "ana"])?.code == "LimitExceeded")
            try await test.call("iam", "UpdateUser", ["UserName": "ana", "NewUserName": "bea"])
            #expect(try await store.credential(for: id)?.principal == "arn:aws:iam::123456789012:user/x/bea")
            try await test.call(
                "iam", "UpdateAccessKey", ["UserName": "bea", "AccessKeyId": .string(id), "Status": "Inactive"])
            #expect(try await store.credential(for: id) == nil)
            try await test.call("iam", "DeleteAccessKey", ["UserName": "bea", "AccessKeyId": .string(id)])
            #expect(
                try await test.call("iam", "ListAccessKeys", ["UserName": "bea"])["AccessKeyMetadata"]?.array?.count
                    == 1)
            #expect(try await test.refusal("iam", "DeleteUser", ["UserName": "bea"])?.code == "DeleteConflict")
        }
    }

    private func isAllowed(_ test: TestCloud, _ principal: String, _ operation: String, _ input: JSON) async throws
        -> Bool
    {
        let call = Call(
            service: "s3", operation: operation,
            caller: Caller(account: "123456789012", region: "eu-west-1", principal: principal), requestID: "r",
            time: test.ledger.surroundings.now, input: input, endpoint: "http://127.0.0.1:1")
        do {
            try await IAMAuthorizer(ledger: test.ledger).authorize(call)
            return true
        } catch let error as AWSError {
            #expect(error.code == "AccessDenied" && error.message.contains(principal))
            return false
        }
    }

    @Test(
        "users may do what their own and their groups' policies allow, within their boundary; roots all, strangers nothing"
    )
    func authorization() async throws {
        try await withIAM { test in
            let ana = "arn:aws:iam::123456789012:user/ana"
            let get: JSON = ["Bucket": "b", "Key": "k"]
            #expect(try await isAllowed(test, "arn:aws:iam::123456789012:root", "GetObject", get))
            #expect(try await !isAllowed(test, ana, "GetObject", get))
            try await test.call("iam", "CreateUser", ["UserName": "ana"])
            try await test.call("iam", "CreateGroup", ["GroupName": "readers"])
            try await test.call("iam", "AddUserToGroup", ["UserName": "ana", "GroupName": "readers"])
            #expect(try await !isAllowed(test, ana, "GetObject", get))
            try await test.call(
                "iam", "PutGroupPolicy",
                ["GroupName": "readers", "PolicyName": "p", "PolicyDocument": .string(readAll)])
            #expect(try await isAllowed(test, ana, "GetObject", get))
            #expect(try await isAllowed(test, ana, "HeadObject", get))
            #expect(try await !isAllowed(test, ana, "PutObject", get))
            #expect(try await !isAllowed(test, ana, "GetObject", ["Bucket": "c", "Key": "k"]))
            let boundary = try await test.call(
                "iam", "CreatePolicy",
                [
                    "PolicyName": "no",
                    "PolicyDocument": #"{"Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*"}}"#,
                ])
            try await test.call(
                "iam", "PutUserPermissionsBoundary",
                ["UserName": "ana", "PermissionsBoundary": boundary["Policy"]?["Arn"] ?? ""])
            #expect(try await !isAllowed(test, ana, "GetObject", get))
            let simulated = try await test.call(
                "iam", "SimulatePrincipalPolicy",
                [
                    "PolicySourceArn": .string(ana), "ActionNames": ["s3:GetObject"],
                    "ResourceArns": ["arn:aws:s3:::b/k"],
                ])
            #expect(simulated["EvaluationResults"]?[0]?["EvalDecision"] == "implicitDeny")
        }
    }

    @Test("sessions of a role may do what the role may; a resource's policy can add and deny")
    func sessions() async throws {
        struct Fixed: ResourcePolicies {
            let text: String
            func policy(ofResource arn: String) async throws -> String? { text }
        }
        try await withIAM { test in
            try await test.call("iam", "CreateRole", ["RoleName": "r", "AssumeRolePolicyDocument": .string(trust)])
            let session = "arn:aws:sts::123456789012:assumed-role/r/s"
            let get: JSON = ["Bucket": "b", "Key": "k"]
            #expect(try await !isAllowed(test, session, "GetObject", get))
            let call = Call(
                service: "s3", operation: "GetObject",
                caller: Caller(account: "123456789012", region: "x", principal: session),
                requestID: "r", time: test.ledger.surroundings.now, input: get, endpoint: "")
            let opened = Fixed(
                text:
                    #"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},"Action":"s3:*","Resource":"*"}}"#
            )
            try await IAMAuthorizer(ledger: test.ledger, resources: opened).authorize(call)
            try await test.call(
                "iam", "AttachRolePolicy",
                ["RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])
            #expect(try await isAllowed(test, session, "GetObject", get))
            for text in [#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#, "broken"] {
                await #expect(throws: AWSError.self) {
                    try await IAMAuthorizer(ledger: test.ledger, resources: Fixed(text: text)).authorize(call)
                }
            }
        }
    }

    static let owned: [(service: String, operation: String, input: JSON, owner: String)] = [
        ("codecommit", "UpdatePullRequestStatus", ["pullRequestId": "7"], "arn:aws:codecommit:x:123456789012:shop"),
        (
            "cloudformation", "ExecuteChangeSet",
            ["ChangeSetName": "arn:aws:cloudformation:x:123456789012:changeSet/c/1"],
            "arn:aws:cloudformation:x:123456789012:stack/shop/1"
        ),
        (
            "codedeploy", "GetDeployment", ["deploymentId": "d-1"],
            "arn:aws:codedeploy:x:123456789012:deploymentgroup:a/g"
        ),
    ]

    @Test("what a call names by an id of its own is judged by what it belongs to", arguments: owned.indices)
    func owners(index: Int) async throws {
        struct Owners: ResourceOwners {
            var arn: String?
            func owner(of thing: OwnedThing, for caller: Caller) async throws -> String? { arn }
        }
        let one = Self.owned[index]
        try await withIAM { test in
            try await test.call("iam", "CreateUser", ["UserName": "dev"])
            func put(_ name: String, _ effect: String, _ resource: String) async throws {
                let text =
                    #"{"Version":"2012-10-17","Statement":{"Effect":"\#(effect)","Action":"*","Resource":"\#(resource)"}}"#
                try await test.call(
                    "iam", "PutUserPolicy",
                    ["UserName": "dev", "PolicyName": .string(name), "PolicyDocument": .string(text)])
            }
            let call = Call(
                service: one.service, operation: one.operation,
                caller: Caller(account: "123456789012", region: "x", principal: "arn:aws:iam::123456789012:user/dev"),
                requestID: "r", time: test.ledger.surroundings.now, input: one.input, endpoint: "")
            func mayCall(_ owner: String?) async -> Bool {
                let authorizer = IAMAuthorizer(ledger: test.ledger, owners: Owners(arn: owner))
                return await (try? authorizer.authorize(call)) != nil
            }
            try await put("own", "Allow", one.owner)
            #expect(await mayCall(one.owner))
            // Without an owner there is no such thing: only who may do it to anything learns that.
            #expect(await !mayCall(nil))
            try await put("all", "Allow", "*")
            #expect(await mayCall(nil))
            try await put("not", "Deny", one.owner)
            #expect(await !mayCall(one.owner))
        }
    }

    static let trusts: [(principal: String, mayAssume: Bool)] = [
        ("arn:aws:iam::123456789012:user/ana", true), ("arn:aws:iam::123456789012:root", false),
        ("123456789012", false), ("*", true), ("arn:aws:iam::123456789012:user/bea", false),
    ]

    @Test("whom a role names may assume it; whom it leaves to the account needs a policy as well", arguments: trusts)
    func assuming(principal: String, mayAssume: Bool) async throws {
        try await withIAM { test in
            let document = """
                {"Statement":[{"Effect":"Allow","Principal":{"AWS":"\(principal)"},"Action":"sts:AssumeRole"}]}
                """
            try await test.call("iam", "CreateUser", ["UserName": "ana"])
            try await test.call("iam", "CreateRole", ["RoleName": "r", "AssumeRolePolicyDocument": .string(document)])
            let arn = "arn:aws:iam::123456789012:role/r"
            let call = Call(
                service: "sts", operation: "AssumeRole",
                caller: Caller(account: "123456789012", region: "x", principal: "arn:aws:iam::123456789012:user/ana"),
                requestID: "r", time: test.ledger.surroundings.now, input: ["RoleArn": .string(arn)], endpoint: "")
            func isAllowed() async -> Bool {
                await (try? IAMAuthorizer(ledger: test.ledger).authorize(call)) != nil
            }
            #expect(await isAllowed() == mayAssume)
            let permission = #"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#
            try await test.call(
                "iam", "PutUserPolicy", ["UserName": "ana", "PolicyName": "p", "PolicyDocument": .string(permission)])
            #expect(await isAllowed())
        }
    }

    @Test("a role is given only to those its trust policy names")
    func roleTrust() async throws {
        try await withIAM { test in
            let made = try await test.call(
                "iam", "CreateRole", ["RoleName": "r", "AssumeRolePolicyDocument": .string(trust)])
            let arn = made["Role"]?["Arn"]?.string ?? ""
            let roles = RoleTrust(ledger: test.ledger)
            let role = try await roles.role(arn, for: test.caller.through("lambda.amazonaws.com"))
            #expect(role.name == "r" && role.maxSession == 3600)
            for caller in [test.caller, test.caller.through("codedeploy.amazonaws.com")] {
                let refusal = await #expect(throws: AWSError.self) { try await roles.role(arn, for: caller) }
                #expect(refusal?.code == "AccessDenied" && refusal?.status == 403)
            }
        }
    }

    @Test("roles, policies and profiles are CloudFormation resources that change in place")
    func resources() async throws {
        try await withIAM { test in
            func request(_ properties: JSON, _ previous: JSON? = nil, _ id: String? = nil) -> ResourceRequest {
                ResourceRequest(
                    cloud: test.cloud, caller: test.caller, stackID: "s", stackName: "app", logicalID: "FnRole",
                    properties: properties, previous: previous, physicalID: id, key: "k", suffix: "ABCDEF123456")
            }
            let type = try #require(test.cloud.resourceType("AWS::IAM::Role"))
            let first: JSON = [
                "AssumeRolePolicyDocument": try JSON(parsing: trust),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
                "Policies": [["PolicyName": "a", "PolicyDocument": try JSON(parsing: readAll)]],
                "Tags": [["Key": "t", "Value": "1"]],
            ]
            let made = try await type.actions.create(request(first))
            #expect(made.physicalID == "app-FnRole-ABCDEF123456")
            #expect(made.attributes["Arn"] == "arn:aws:iam::123456789012:role/app-FnRole-ABCDEF123456")
            let repeated = try await type.actions.create(request(first))
            #expect(repeated.physicalID == made.physicalID)
            let second: JSON = [
                "AssumeRolePolicyDocument": try JSON(parsing: trust),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                "Policies": [["PolicyName": "b", "PolicyDocument": try JSON(parsing: readAll)]],
                "MaxSessionDuration": "7200",
            ]
            let updating = try #require(type.actions.update)
            _ = try await updating(request(second, first, made.physicalID))
            let reading = try #require(type.actions.read)
            let read = try await reading(request(second, nil, made.physicalID))
            #expect(read?["Policies"]?[0]?["PolicyName"] == "b" && read?["Policies"]?.array?.count == 1)
            #expect(read?["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"])
            #expect(read?["MaxSessionDuration"] == 7200)
            #expect(read?["Tags"] == nil)
            let policy = try #require(test.cloud.resourceType("AWS::IAM::ManagedPolicy"))
            let properties: JSON = ["PolicyDocument": try JSON(parsing: readAll), "Roles": [.string(made.physicalID)]]
            let managed = try await policy.actions.create(request(properties))
            try await policy.actions.delete(request(properties, nil, managed.physicalID))
            try await policy.actions.delete(request(properties, nil, managed.physicalID))
            try await type.actions.delete(request(second, nil, made.physicalID))
            try await type.actions.delete(request(second, nil, made.physicalID))
            #expect(try await test.call("iam", "ListRoles")["Roles"] == [])
        }
    }
}

@Suite("IAM resources that exist already")
struct RepeatedResourceTests {
    @Test("are taken for their own by repeats, and by nobody else")
    func repeats() async throws {
        try await withIAM { test in
            func request(_ properties: JSON, stack: String = "s", key: String = "k") -> ResourceRequest {
                ResourceRequest(
                    cloud: test.cloud, caller: test.caller, stackID: stack, stackName: "app", logicalID: "X",
                    properties: properties, key: key, suffix: "ABCDEF123456")
            }
            let document = try JSON(parsing: readAll)
            let named: [(String, JSON)] = [
                ("AWS::IAM::Role", ["RoleName": "r", "AssumeRolePolicyDocument": try JSON(parsing: trust)]),
                ("AWS::IAM::User", ["UserName": "u"]),
                ("AWS::IAM::ManagedPolicy", ["ManagedPolicyName": "p", "PolicyDocument": document]),
                ("AWS::IAM::InstanceProfile", ["InstanceProfileName": "i", "Roles": ["r"]]),
            ]
            for (name, properties) in named {
                let type = try #require(test.cloud.resourceType(name))
                let first = try await type.actions.create(request(properties))
                let second = try await type.actions.create(request(properties))
                #expect(first.physicalID == second.physicalID && first.attributes == second.attributes)
                let refusal = await #expect(throws: AWSError.self) {
                    try await type.actions.create(request(properties, stack: "another"))
                }
                #expect(refusal?.code == "AlreadyExists", "\(name)")
            }
            let keys = try #require(test.cloud.resourceType("AWS::IAM::AccessKey"))
            let first = try await keys.actions.create(request(["UserName": "u"]))
            let second = try await keys.actions.create(request(["UserName": "u"]))
            #expect(first.physicalID == second.physicalID && first.attributes == second.attributes)
            let other = try await keys.actions.create(request(["UserName": "u"], key: "another"))
            #expect(other.physicalID != first.physicalID)
        }
    }
}
