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
                }, read: readVersion,
                list: { request in
                    try await below(request, "ListVersionsByFunction", of: "Versions")
                        .filter { $0.item["Version"] != "$LATEST" }
                        .map {
                            ResourceState(
                                $0.item["FunctionArn"]?.string ?? "", attributes: named($0.item, "FunctionArn"))
                        }
                }))
    }

    @Sendable private static func readVersion(_ request: ResourceRequest) async throws -> JSON? {
        let arn = request.physicalID ?? ""
        guard let found = try await present(request, "GetFunctionConfiguration", ["FunctionName": .string(arn)]) else {
            return nil
        }
        var properties = pick(found, "CodeSha256 FunctionArn Version")
        // A version that is given no description has the function's.
        if request.properties["Description"] != nil { properties["Description"] = found["Description"] }
        properties["FunctionName"] = function(request.properties["FunctionName"], of: arn)
        return properties
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
                }, read: readAlias,
                list: { request in
                    try await below(request, "ListAliases", of: "Aliases").map {
                        ResourceState($0.item["AliasArn"]?.string ?? "", attributes: named($0.item, "AliasArn"))
                    }
                }))
    }

    @Sendable private static func readAlias(_ request: ResourceRequest) async throws -> JSON? {
        let arn = request.physicalID ?? ""
        let parts = arn.split(separator: ":").map(String.init)
        guard let name = parts.last, parts.count > 1 else { return nil }
        let input: JSON = [
            "FunctionName": .string(parts.dropLast().joined(separator: ":")), "Name": .string(name),
        ]
        guard let found = try await present(request, "GetAlias", input) else { return nil }
        var properties = pick(found, "AliasArn Name FunctionVersion Description")
        properties["FunctionName"] = function(request.properties["FunctionName"], of: arn)
        if let weights = found["RoutingConfig"]?["AdditionalVersionWeights"]?.object, !weights.isEmpty {
            properties["RoutingConfig"] = [
                "AdditionalVersionWeights": .array(
                    weights.map { ["FunctionVersion": .string($0.key), "FunctionWeight": $0.value] })
            ]
        }
        return properties
    }

    private static func alias(
        _ request: ResourceRequest, _ operation: String, isRepeatable: Bool
    ) async throws -> ResourceState {
        var input = pick(request.properties, "FunctionName FunctionVersion Name Description")
        if operation == "UpdateAlias", input["Description"] == nil { input["Description"] = "" }
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
                    input["StatementId"] = .string(permissionID(request))
                    try await remove(request, "RemovePermission", input)
                }, read: readPermission, list: listPermissions)
        ).withinLedger()
    }

    /// The statement's id: the last part of an identifier of Cloud Control's, too.
    private static func permissionID(_ request: ResourceRequest) -> String {
        (request.physicalID ?? "").split(separator: "|").last.map(String.init) ?? ""
    }

    @Sendable private static func readPermission(_ request: ResourceRequest) async throws -> JSON? {
        let target = pick(request.properties, "FunctionName")
        let policy = try await present(request, "GetPolicy", target)?["Policy"]
        guard let statement = try statement(permissionID(request), in: policy) else { return nil }
        var properties = target
        properties["Id"] = statement["Sid"]
        properties["Action"] = statement["Action"]
        properties["Principal"] = principal(statement, asked: request.properties["Principal"])
        let (equal, like) = (statement["Condition"]?["StringEquals"], statement["Condition"]?["ArnLike"])
        properties["SourceAccount"] = equal?["AWS:SourceAccount"]
        properties["FunctionUrlAuthType"] = equal?["lambda:FunctionUrlAuthType"]
        properties["EventSourceToken"] = equal?["lambda:EventSourceToken"]
        properties["PrincipalOrgID"] = equal?["aws:PrincipalOrgID"]
        properties["SourceArn"] = like?["AWS:SourceArn"]
        properties["InvokedViaFunctionUrl"] = statement["Condition"]?["Bool"]?["lambda:InvokedViaFunctionUrl"]
        return properties
    }

    @Sendable private static func listPermissions(_ request: ResourceRequest) async throws -> [ResourceState] {
        var found: [ResourceState] = []
        for function in try await functions(request) {
            guard let text = try await present(request, "GetPolicy", ["FunctionName": function])?["Policy"]?.string
            else { continue }
            for statement in try JSON(parsing: text)["Statement"]?.array ?? [] {
                let id = statement["Sid"] ?? ""
                found.append(
                    ResourceState(id.string ?? "", attributes: ["FunctionName": function, "Id": id]))
            }
        }
        return found
    }
}
