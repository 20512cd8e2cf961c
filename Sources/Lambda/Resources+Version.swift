import Cloud
import Notation

extension LambdaResources {
    static var version: ResourceType {
        ResourceType(
            "AWS::Lambda::Version", enforces: "CodeSha256 Description FunctionName", requires: "FunctionName",
            replacedBy: "CodeSha256 Description FunctionName", attributes: "Version FunctionArn",
            ResourceType.Actions(
                create: { request in
                    let answer = try await request.call(
                        "lambda", "PublishVersion", pick(request.properties, "FunctionName CodeSha256 Description"))
                    return ResourceState(
                        answer["FunctionArn"]?.string ?? "",
                        attributes: ["Version": answer["Version"] ?? "", "FunctionArn": answer["FunctionArn"] ?? ""])
                },
                delete: { request in
                    try await remove(request, "DeleteFunction", ["FunctionName": .string(request.physicalID ?? "")])
                }))
    }

    static var alias: ResourceType {
        ResourceType(
            "AWS::Lambda::Alias", enforces: "Description FunctionName FunctionVersion Name RoutingConfig",
            requires: "FunctionName FunctionVersion Name", replacedBy: "FunctionName Name", attributes: "AliasArn",
            ResourceType.Actions(
                create: { try await alias($0, "CreateAlias", isRepeatable: true) },
                update: { try await alias($0, "UpdateAlias", isRepeatable: false) },
                delete: { request in
                    let name = request.properties["FunctionName"]?.string ?? request.physicalID ?? ""
                    let alias = request.physicalID?.split(separator: ":").last.map(String.init) ?? ""
                    try await remove(
                        request, "DeleteAlias", ["FunctionName": .string(name), "Name": .string(alias)])
                }))
    }

    private static func alias(
        _ request: ResourceRequest, _ operation: String, isRepeatable: Bool
    ) async throws -> ResourceState {
        var input = pick(request.properties, "FunctionName FunctionVersion Name Description")
        if let routing = request.properties["RoutingConfig"] {
            var weights: JSON = [:]
            // A template lists weights, the API maps them.
            for one in routing["AdditionalVersionWeights"]?.array ?? [] {
                let weight = one["FunctionWeight"]
                weights[one["FunctionVersion"]?.string ?? ""] =
                    weight?.string.flatMap { Double($0) }.map(JSON.double) ?? weight
            }
            input["RoutingConfig"] = ["AdditionalVersionWeights": weights]
        } else if operation == "UpdateAlias" {
            input["RoutingConfig"] = ["AdditionalVersionWeights": [:]]
        }
        do {
            let answer = try await request.call("lambda", operation, input)
            let arn = answer["AliasArn"] ?? ""
            return ResourceState(arn.string ?? "", attributes: ["AliasArn": arn])
        } catch let error as AWSError where error.code == "ResourceConflictException" && isRepeatable {
            let known = try await request.call("lambda", "GetAlias", pick(input, "FunctionName Name"))
            guard known["FunctionVersion"] == input["FunctionVersion"] else { throw error }
            let arn = known["AliasArn"] ?? ""
            return ResourceState(arn.string ?? "", attributes: ["AliasArn": arn])
        }
    }

    static var permission: ResourceType {
        let members = """
            Action EventSourceToken FunctionName FunctionUrlAuthType InvokedViaFunctionUrl Principal PrincipalOrgID \
            SourceAccount SourceArn
            """
        return ResourceType(
            "AWS::Lambda::Permission", enforces: members, requires: "Action FunctionName Principal",
            replacedBy: members, attributes: "Id",
            ResourceType.Actions(
                create: { request in
                    let id = statementID(request)
                    var input = pick(request.properties, members)
                    input["StatementId"] = .string(id)
                    if let text = input["InvokedViaFunctionUrl"]?.string {
                        input["InvokedViaFunctionUrl"] = .bool(text == "true")
                    }
                    do {
                        try await request.call("lambda", "AddPermission", input)
                    } catch let error as AWSError where error.code == "ResourceConflictException" {
                        // The statement's name is this resource's own: an earlier try has added it.
                    }
                    return ResourceState(id, attributes: ["Id": .string(id)])
                },
                delete: { request in
                    var input = pick(request.properties, "FunctionName")
                    input["StatementId"] = .string(request.physicalID ?? "")
                    try await remove(request, "RemovePermission", input)
                }))
    }
}
