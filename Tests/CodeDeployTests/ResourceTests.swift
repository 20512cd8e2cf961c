import Cloud
import CloudTesting
@testable import CodeDeploy
import Notation
import Testing

@Suite("CloudFormation's resources")
struct ResourceTests {
    private func request(
        _ shop: Shop, _ logicalID: String, _ properties: JSON, physicalID: String? = nil, previous: JSON? = nil
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: shop.door.cloud, caller: shop.door.caller, stackID: "arn:stack", stackName: "shop",
            logicalID: logicalID,
            properties: properties, previous: previous, physicalID: physicalID, key: "k", suffix: "ABCDEFGHIJKL")
    }

    private func type(_ name: String) throws -> ResourceType {
        try #require(CodeDeployService.declaredResourceTypes.first { $0.name == "AWS::CodeDeploy::\(name)" })
    }

    @Test("are made, made again after a crash, read, changed and deleted")
    func course() async throws {
        try await Shop.open { shop in
            let application = try type("Application")
            let wanted: JSON = ["ComputePlatform": "Lambda"]
            let made = try await application.actions.create(request(shop, "App", wanted))
            #expect(made.physicalID == "shop-App-ABCDEFGHIJKL")
            #expect(try await application.actions.create(request(shop, "App", wanted)).physicalID == made.physicalID)
            let config = try type("DeploymentConfig")
            let routing: JSON = [
                "Type": "TimeBasedCanary", "TimeBasedCanary": ["CanaryPercentage": 20, "CanaryInterval": 0],
            ]
            let name: JSON = [
                "ComputePlatform": "Lambda", "DeploymentConfigName": "FastCanary20Percent6Seconds",
                "TrafficRoutingConfig": routing,
            ]
            let quick = try await config.actions.create(request(shop, "Fast", name)).physicalID
            let group = try type("DeploymentGroup")
            var settings: JSON = [
                "ApplicationName": .string(made.physicalID), "ServiceRoleArn": Shop.role,
                "DeploymentConfigName": .string(quick),
                "DeploymentStyle": ["DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"],
                "AlarmConfiguration": ["Enabled": true, "Alarms": [["Name": "errors"]]],
                "AutoRollbackConfiguration": ["Enabled": true, "Events": ["DEPLOYMENT_FAILURE"]],
                "Tags": [["Key": "team", "Value": "blue"]],
            ]
            let id = try await group.actions.create(request(shop, "Group", settings)).physicalID
            let read = try await group.actions.read?(request(shop, "Group", settings, physicalID: id))
            #expect(read?["AlarmConfiguration"]?["Alarms"]?[0]?["Name"]?.string == "errors")
            let before = settings
            settings["AlarmConfiguration"] = nil
            settings["Tags"] = nil
            _ = try await group.actions.update?(request(shop, "Group", settings, physicalID: id, previous: before))
            let after = try await group.actions.read?(request(shop, "Group", settings, physicalID: id))
            #expect(after?["AlarmConfiguration"]?["Enabled"]?.bool == false)
            #expect(after?["DeploymentConfigName"]?.string == quick)
            let arn = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:\(made.physicalID)/\(id)"
            let tags = try await shop.call("ListTagsForResource", ["ResourceArn": .string(arn)])["Tags"]?.array
            #expect(tags?.contains { $0["Key"]?.string == "team" } == false)
            for _ in 0..<2 {
                try await group.actions.delete(request(shop, "Group", settings, physicalID: id))
                try await config.actions.delete(request(shop, "Fast", name, physicalID: quick))
                try await application.actions.delete(request(shop, "App", wanted, physicalID: made.physicalID))
            }
            #expect(try await group.actions.read?(request(shop, "Group", settings, physicalID: id)) == nil)
        }
    }

    @Test("do not take over what somebody else made under that name")
    func collision() async throws {
        try await Shop.open { shop in
            try await shop.call("CreateApplication", ["applicationName": "theirs"])
            let application = try type("Application")
            await #expect(throws: AWSError.self) {
                _ = try await application.actions.create(request(shop, "App", ["ApplicationName": "theirs"]))
            }
        }
    }
}
