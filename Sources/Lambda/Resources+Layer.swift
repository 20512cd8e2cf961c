import Cloud
import Notation

extension LambdaResources {
    static var layer: ResourceType {
        let members = "CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo"
        return ResourceType(
            "AWS::Lambda::LayerVersion", enforces: "Content LayerName",
            stores: "CompatibleArchitectures CompatibleRuntimes Description LicenseInfo", requires: "Content",
            replacedBy: members, attributes: "LayerVersionArn",
            ResourceType.Actions(
                create: { request in
                    var input = pick(request.properties, members)
                    if input["LayerName"] == nil { input["LayerName"] = .string(request.generatedName()) }
                    let answer = try await request.call("lambda", "PublishLayerVersion", input)
                    let arn = answer["LayerVersionArn"] ?? ""
                    return ResourceState(arn.string ?? "", attributes: ["LayerVersionArn": arn])
                },
                delete: { request in
                    try await remove(request, "DeleteLayerVersion", layerInput(request.physicalID ?? ""))
                },
                read: { request in
                    let arn = JSON.string(request.physicalID ?? "")
                    guard let found = try await present(request, "GetLayerVersionByArn", ["Arn": arn]) else {
                        return nil
                    }
                    var properties = pick(
                        found, "CompatibleArchitectures CompatibleRuntimes Description LicenseInfo LayerVersionArn")
                    let parts = (request.physicalID ?? "").split(separator: ":").map(String.init)
                    properties["LayerName"] = request.properties["LayerName"] ?? .string(parts.dropLast().last ?? "")
                    return properties
                }, list: listLayers))
    }

    @Sendable private static func listLayers(_ request: ResourceRequest) async throws -> [ResourceState] {
        var found: [ResourceState] = []
        let layers = try await request.pages(
            "lambda", "ListLayers", of: "Layers", token: "Marker", answeredAs: "NextMarker")
        for layer in layers {
            let versions = try await request.pages(
                "lambda", "ListLayerVersions", ["LayerName": layer["LayerName"] ?? ""], of: "LayerVersions",
                token: "Marker", answeredAs: "NextMarker")
            found += versions.map {
                ResourceState($0["LayerVersionArn"]?.string ?? "", attributes: named($0, "LayerVersionArn"))
            }
        }
        return found
    }

    private static func layerInput(_ arn: String) -> JSON {
        let parts = arn.split(separator: ":").map(String.init)
        guard parts.count == 8 else { return ["LayerName": .string(arn), "VersionNumber": 0] }
        return [
            "LayerName": .string(parts.dropLast().joined(separator: ":")), "VersionNumber": .int(Int(parts[7]) ?? 0),
        ]
    }

    static var layerPermission: ResourceType {
        ResourceType(
            "AWS::Lambda::LayerVersionPermission", enforces: "Action LayerVersionArn OrganizationId Principal",
            requires: "Action LayerVersionArn Principal",
            replacedBy: "Action LayerVersionArn OrganizationId Principal", attributes: "Id",
            ResourceType.Actions(
                create: { request in
                    let id = statementID(request)
                    let arn = request.properties["LayerVersionArn"]?.string ?? ""
                    var input = layerInput(arn)
                    for (key, value) in pick(request.properties, "Action OrganizationId Principal").object ?? [:] {
                        input[key] = value
                    }
                    input["StatementId"] = .string(id)
                    do {
                        try await request.call("lambda", "AddLayerVersionPermission", input)
                    } catch let error as AWSError where error.code == "ResourceConflictException" {
                        // The statement's name is this resource's own: an earlier try has added it.
                    }
                    return ResourceState("\(arn)#\(id)", attributes: ["Id": .string("\(arn)#\(id)")])
                },
                delete: { request in
                    let parts = (request.physicalID ?? "").split(separator: "#").map(String.init)
                    guard parts.count == 2 else { return }
                    var input = layerInput(parts[0])
                    input["StatementId"] = .string(parts[1])
                    try await remove(request, "RemoveLayerVersionPermission", input)
                },
                read: { request in
                    let parts = (request.physicalID ?? "").split(separator: "#").map(String.init)
                    guard parts.count == 2 else { return nil }
                    let policy = try await present(request, "GetLayerVersionPolicy", layerInput(parts[0]))?["Policy"]
                    guard let statement = try statement(parts[1], in: policy) else { return nil }
                    var properties: JSON = ["LayerVersionArn": .string(parts[0])]
                    properties["Action"] = statement["Action"]
                    properties["Principal"] = principal(statement, asked: request.properties["Principal"])
                    properties["OrganizationId"] = statement["Condition"]?["StringEquals"]?["aws:PrincipalOrgID"]
                    return properties
                })
        ).withinLedger()
    }
}
