internal import Cloud
internal import Notation

/// The CloudFormation resource types of CodeDeploy.
///
/// Source: AWS CloudFormation Template Reference, AWS::CodeDeploy::Application, DeploymentConfig, DeploymentGroup.
extension CodeDeployService {
    static let declaredResourceTypes: [ResourceType] = [application, deploymentConfig, deploymentGroup]

    /// Only tags can change in place.
    private static let application = ResourceType(
        "AWS::CodeDeploy::Application", enforces: "ApplicationName ComputePlatform Tags",
        replacedBy: "ApplicationName ComputePlatform", nameProperty: "ApplicationName",
        .init(
            create: { request in
                let name = request.properties["ApplicationName"]?.string ?? request.generatedName(limit: 100)
                var input: JSON = ["applicationName": .string(name), "tags": request.tagList]
                input["computePlatform"] = request.properties["ComputePlatform"]
                try await request.create("CreateApplication", input, "ApplicationAlreadyExistsException") {
                    try await request.isOurs("application:\(name)")
                }
                return ResourceState(name)
            },
            update: { request in
                let name = request.physicalID ?? ""
                try await request.retag("application:\(name)")
                return ResourceState(name)
            },
            delete: { request in
                try await request.call(
                    "codedeploy", "DeleteApplication", ["applicationName": .string(request.physicalID ?? "")])
            },
            read: { request in
                let input: JSON = ["applicationName": .string(request.physicalID ?? "")]
                guard let found = try await request.read("GetApplication", input)?["application"] else { return nil }
                var properties: JSON = [:]
                properties["ApplicationName"] = found["applicationName"]
                properties["ComputePlatform"] = found["computePlatform"]
                properties["Tags"] = try await request.ownTags("application:\(request.physicalID ?? "")")
                return properties
            },
            list: { request in
                try await request.pages("codedeploy", "ListApplications", of: "applications", token: "nextToken")
                    .map { ResourceState($0.string ?? "") }
            }))

    /// Never changed, only replaced.
    private static let deploymentConfig = ResourceType(
        "AWS::CodeDeploy::DeploymentConfig",
        enforces: "DeploymentConfigName ComputePlatform TrafficRoutingConfig", stores: "MinimumHealthyHosts",
        replacedBy: "DeploymentConfigName ComputePlatform TrafficRoutingConfig MinimumHealthyHosts",
        nameProperty: "DeploymentConfigName",
        .init(
            create: { request in
                let name = request.properties["DeploymentConfigName"]?.string ?? request.generatedName(limit: 100)
                var input = Casing.lowered(request.properties)
                input["deploymentConfigName"] = .string(name)
                try await request.create("CreateDeploymentConfig", input, "DeploymentConfigAlreadyExistsException") {
                    // Configurations have neither tags nor changes: one of this generated name can only be ours.
                    request.properties["DeploymentConfigName"] == nil
                }
                return ResourceState(name)
            },
            delete: { request in
                try await request.call(
                    "codedeploy", "DeleteDeploymentConfig", ["deploymentConfigName": .string(request.physicalID ?? "")])
            },
            read: { request in
                let input: JSON = ["deploymentConfigName": .string(request.physicalID ?? "")]
                guard let found = try await request.read("GetDeploymentConfig", input)?["deploymentConfigInfo"] else {
                    return nil
                }
                var properties = Casing.raised(found)
                for name in ["DeploymentConfigId", "CreateTime"] { properties[name] = nil }
                return properties
            },
            list: { request in
                try await request.pages(
                    "codedeploy", "ListDeploymentConfigs", of: "deploymentConfigsList", token: "nextToken"
                ).compactMap(\.string).filter { !$0.hasPrefix("CodeDeployDefault.") }.map { ResourceState($0) }
            }))

    /// Making one never starts a deployment.
    private static let deploymentGroup = ResourceType(
        "AWS::CodeDeploy::DeploymentGroup",
        enforces: "ApplicationName DeploymentGroupName DeploymentConfigName AlarmConfiguration "
            + "AutoRollbackConfiguration TriggerConfigurations DeploymentStyle ECSServices LoadBalancerInfo "
            + "BlueGreenDeploymentConfiguration Tags",
        stores: "ServiceRoleArn",
        requires: "ApplicationName ServiceRoleArn", replacedBy: "ApplicationName DeploymentGroupName",
        nameProperty: "DeploymentGroupName",
        .init(
            create: { request in
                let name = request.properties["DeploymentGroupName"]?.string ?? request.generatedName(limit: 100)
                var input = Casing.lowered(request.properties)
                input["deploymentGroupName"] = .string(name)
                input["tags"] = request.tagList
                let application = request.properties["ApplicationName"]?.string ?? ""
                try await request.create("CreateDeploymentGroup", input, "DeploymentGroupAlreadyExistsException") {
                    try await request.isOurs("deploymentgroup:\(application)/\(name)")
                }
                return ResourceState(name)
            },
            update: { request in
                let name = request.physicalID ?? ""
                var input = Casing.lowered(request.properties)
                for member in ["tags", "deploymentGroupName"] { input[member] = nil }
                input["currentDeploymentGroupName"] = .string(name)
                // What the template does not say any more goes back to its default.
                for (member, empty) in clearing where input[member] == nil { input[member] = empty }
                try await request.call("codedeploy", "UpdateDeploymentGroup", input)
                try await request.retag(
                    "deploymentgroup:\(request.properties["ApplicationName"]?.string ?? "")/\(name)")
                return ResourceState(name)
            },
            delete: { request in
                try await request.call(
                    "codedeploy", "DeleteDeploymentGroup",
                    [
                        "applicationName": request.properties["ApplicationName"] ?? "",
                        "deploymentGroupName": .string(request.physicalID ?? ""),
                    ])
            },
            read: { request in
                let input: JSON = [
                    "applicationName": request.properties["ApplicationName"] ?? "",
                    "deploymentGroupName": .string(request.physicalID ?? ""),
                ]
                guard let found = try await request.read("GetDeploymentGroup", input)?["deploymentGroupInfo"] else {
                    return nil
                }
                var properties = Casing.raised(found)
                let application = request.properties["ApplicationName"]?.string ?? ""
                properties["Tags"] = try await request.ownTags(
                    "deploymentgroup:\(application)/\(request.physicalID ?? "")")
                return properties
            },
            list: { request in
                var found: [ResourceState] = []
                let all = try await request.pages(
                    "codedeploy", "ListApplications", of: "applications", token: "nextToken")
                for application in request.properties["ApplicationName"].map({ [$0] }) ?? all {
                    let groups = try await request.pages(
                        "codedeploy", "ListDeploymentGroups", ["applicationName": application], of: "deploymentGroups",
                        token: "nextToken")
                    found += groups.map {
                        ResourceState(
                            $0.string ?? "", attributes: ["ApplicationName": application, "DeploymentGroupName": $0])
                    }
                }
                return found
            }))

    /// What the settings are when nothing is said of them.
    private static let clearing: [(String, JSON)] = [
        ("alarmConfiguration", ["enabled": false, "alarms": []]),
        ("autoRollbackConfiguration", ["enabled": false, "events": []]),
        ("triggerConfigurations", []), ("deploymentConfigName", .string(DeploymentConfig.fallback(for: "Lambda"))),
    ]
}

extension ResourceRequest {
    /// The tags as CodeDeploy takes them.
    fileprivate var tagList: JSON {
        .array(allTags.sorted { $0.key < $1.key }.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    /// Creates something. That it is there already is well when an earlier attempt of ours made it.
    fileprivate func create(
        _ operation: String, _ input: JSON, _ exists: String, unless isOurs: () async throws -> Bool
    ) async throws {
        do { try await call("codedeploy", operation, input) } catch let error as AWSError where error.code == exists {
            guard try await isOurs() else { throw error }
        }
    }

    /// Whether the resource carries the tags of this stack's resource.
    fileprivate func isOurs(_ resource: String) async throws -> Bool {
        let tags = try await tags(of: resource)
        return tags["aws:cloudformation:stack-id"] == stackID && tags["aws:cloudformation:logical-id"] == logicalID
    }

    /// The tags without those that CloudFormation puts there.
    fileprivate func ownTags(_ resource: String) async throws -> JSON {
        let tags = try await tags(of: resource).sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
        return .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    private func tags(of resource: String) async throws -> [String: String] {
        let input: JSON = ["ResourceArn": .string(caller.arn("codedeploy", resource))]
        let answer = try await call("codedeploy", "ListTagsForResource", input)
        let pairs = (answer["Tags"]?.array ?? []).compactMap { tag -> (String, String)? in
            guard let key = tag["Key"]?.string else { return nil }
            return (key, tag["Value"]?.string ?? "")
        }
        return Dictionary(pairs) { $1 }
    }

    /// Makes the tags the ones wanted now.
    fileprivate func retag(_ resource: String) async throws {
        let arn = JSON.string(caller.arn("codedeploy", resource))
        let gone = try await tags(of: resource).keys.filter { allTags[$0] == nil }.sorted()
        if !gone.isEmpty {
            try await call(
                "codedeploy", "UntagResource", ["ResourceArn": arn, "TagKeys": .array(gone.map(JSON.string))])
        }
        try await call("codedeploy", "TagResource", ["ResourceArn": arn, "Tags": tagList])
    }

    /// The answer of a reading operation; nil when the thing is gone.
    fileprivate func read(_ operation: String, _ input: JSON) async throws -> JSON? {
        do { return try await call("codedeploy", operation, input) } catch let error as AWSError
            where error.code.hasSuffix("DoesNotExistException")
        { return nil }
    }
}

/// Turns CloudFormation's member names into the API's and back: they differ in their first letters.
enum Casing {
    /// `AlarmConfiguration` to `alarmConfiguration`, all the way down.
    static func lowered(_ value: JSON) -> JSON {
        mapped(value) { $0.hasPrefix("ECS") ? "ecs" + $0.dropFirst(3) : lowered($0) }
    }
    /// The other way.
    static func raised(_ value: JSON) -> JSON {
        mapped(value) { $0.hasPrefix("ecs") ? "ECS" + $0.dropFirst(3) : raised($0) }
    }

    private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
    private static func raised(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    private static func mapped(_ value: JSON, _ rename: (String) -> String) -> JSON {
        switch value {
        case .object(let members): .object(JSONObject(members.map { (rename($0.key), mapped($0.value, rename)) }))
        case .array(let elements): .array(elements.map { mapped($0, rename) })
        default: value
        }
    }
}
