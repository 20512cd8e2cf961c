import Cloud
import Notation

/// The CloudFormation types that Lambda runs.
///
/// Source: AWS CloudFormation Template Reference, "AWS Lambda": which changes replace, what Ref and GetAtt return.
enum LambdaResources {
    static var all: [ResourceType] { [function, version, alias, permission, url, eventInvoke, layer, layerPermission] }

    /// Some of a template's properties, by the names that the API has for them.
    private static func pick(_ properties: JSON, _ names: String) -> JSON {
        var picked: JSON = [:]
        for name in names.split(separator: " ").map(String.init) {
            if let value = properties[name], !value.isNull { picked[name] = value }
        }
        return picked
    }

    /// What a template writes as text and the API takes as number, truth value or text.
    private static func settings(_ request: ResourceRequest) -> JSON {
        let names = """
            Role Handler Description Timeout MemorySize Environment Runtime Layers EphemeralStorage LoggingConfig \
            DeadLetterConfig VpcConfig TracingConfig SnapStart
            """
        var input = pick(request.properties, names)
        for name in ["Timeout", "MemorySize"] {
            if let number = input[name]?.string.flatMap({ Int($0) }) { input[name] = .int(number) }
        }
        if let size = input["EphemeralStorage"]?["Size"]?.string.flatMap({ Int($0) }) {
            input["EphemeralStorage"] = ["Size": .int(size)]
        }
        if let variables = input["Environment"]?["Variables"]?.object {
            input["Environment"] = ["Variables": .object(variables.mapValues { .string($0.string ?? $0.text()) })]
        }
        if let key = request.properties["KmsKeyArn"] { input["KMSKeyArn"] = key }
        return input
    }

    /// A function's code: inline text becomes a zip of one file, named after the handler's module.
    private static func code(_ request: ResourceRequest) throws -> JSON {
        let code = request.properties["Code"] ?? [:]
        guard let text = code["ZipFile"]?.string else { return pick(code, "S3Bucket S3Key S3ObjectVersion") }
        let runtime = request.properties["Runtime"]?.string ?? ""
        let module = request.properties["Handler"]?.string?.split(separator: ".").first.map(String.init) ?? "index"
        let name = runtime.hasPrefix("nodejs") ? "\(module).js" : "\(module).py"
        return ["ZipFile": .string(try InlineCode.zip(text, name: name))]
    }

    // MARK: Function

    private static var function: ResourceType {
        ResourceType(
            "AWS::Lambda::Function",
            enforces: """
                Architectures Code.ZipFile Code.S3Bucket Code.S3Key Code.S3ObjectVersion DeadLetterConfig Description \
                Environment EphemeralStorage FunctionName Handler Layers LoggingConfig MemorySize PackageType \
                ReservedConcurrentExecutions Role Runtime Tags Timeout
                """,
            stores: "KmsKeyArn TracingConfig VpcConfig SnapStart", requires: "Code Role",
            replacedBy: "FunctionName PackageType", attributes: "Arn", nameProperty: "FunctionName",
            ResourceType.Actions(create: createFunction, update: updateFunction, delete: deleteFunction, read: readFunction))
    }

    private static func functionState(_ name: String, _ answer: JSON, _ request: ResourceRequest) -> ResourceState {
        ResourceState(
            name, attributes: ["Arn": answer["FunctionArn"] ?? .string(request.caller.arn("lambda", "function:\(name)"))])
    }

    private static func createFunction(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["FunctionName"]?.string ?? request.generatedName()
        var input = settings(request)
        input["FunctionName"] = .string(name)
        input["Code"] = try code(request)
        for (key, value) in pick(request.properties, "Architectures PackageType").object ?? [:] { input[key] = value }
        input["Tags"] = .object(JSONObject(request.allTags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        let answer: JSON
        do {
            answer = try await request.call("lambda", "CreateFunction", input)
        } catch let error as AWSError where error.code == "ResourceConflictException" {
            // Made by this very action before a crash: the tags tell. Anybody else's is a collision.
            let known = try await request.call("lambda", "GetFunction", ["FunctionName": .string(name)])
            guard known["Tags"]?["aws:cloudformation:stack-id"]?.string == request.stackID,
                known["Tags"]?["aws:cloudformation:logical-id"]?.string == request.logicalID
            else { throw error }
            answer = known["Configuration"] ?? [:]
        }
        try await reserve(name, request)
        return functionState(name, answer, request)
    }

    private static func reserve(_ name: String, _ request: ResourceRequest) async throws {
        let wanted = request.properties["ReservedConcurrentExecutions"]
        let number = wanted?.int ?? wanted?.string.flatMap { Int($0) }
        let target: JSON = ["FunctionName": .string(name)]
        if let number {
            var input = target
            input["ReservedConcurrentExecutions"] = .int(number)
            try await request.call("lambda", "PutFunctionConcurrency", input)
        } else if request.previous?["ReservedConcurrentExecutions"] != nil {
            try await request.call("lambda", "DeleteFunctionConcurrency", target)
        }
    }

    private static func updateFunction(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.physicalID ?? ""
        let previous = request.previous ?? [:]
        if previous["Code"] != request.properties["Code"] || previous["Handler"] != request.properties["Handler"] {
            var input = try code(request)
            input["FunctionName"] = .string(name)
            try await request.call("lambda", "UpdateFunctionCode", input)
        }
        var input = settings(request)
        input["FunctionName"] = .string(name)
        // A property taken out of the template goes back to its default.
        let defaults: JSON = [
            "Description": "", "Timeout": 3, "MemorySize": 128, "Environment": ["Variables": [:]], "Layers": [],
            "EphemeralStorage": ["Size": 512], "DeadLetterConfig": ["TargetArn": ""], "TracingConfig": ["Mode": "PassThrough"],
        ]
        for (key, value) in defaults.object ?? [:] where input[key] == nil && previous[key] != nil { input[key] = value }
        let answer = try await request.call("lambda", "UpdateFunctionConfiguration", input)
        try await reserve(name, request)
        try await retag(request, answer["FunctionArn"] ?? "")
        return functionState(name, answer, request)
    }

    private static func retag(_ request: ResourceRequest, _ arn: JSON) async throws {
        let wanted = request.allTags
        let known = try await request.call("lambda", "ListTags", ["Resource": arn])["Tags"]?.object ?? [:]
        let gone = known.keys.filter { wanted[$0] == nil }
        if !gone.isEmpty {
            try await request.call(
                "lambda", "UntagResource", ["Resource": arn, "TagKeys": .array(gone.map(JSON.string))])
        }
        let tags = JSON.object(JSONObject(wanted.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        try await request.call("lambda", "TagResource", ["Resource": arn, "Tags": tags])
    }

    /// Calls a deleting operation; what is gone already is deleted.
    private static func remove(_ request: ResourceRequest, _ operation: String, _ input: JSON) async throws {
        do {
            try await request.call("lambda", operation, input)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return
        }
    }

    private static func deleteFunction(_ request: ResourceRequest) async throws {
        try await remove(request, "DeleteFunction", ["FunctionName": .string(request.physicalID ?? "")])
    }

    private static func readFunction(_ request: ResourceRequest) async throws -> JSON? {
        do {
            let answer = try await request.call(
                "lambda", "GetFunctionConfiguration", ["FunctionName": .string(request.physicalID ?? "")])
            var properties = pick(
                answer,
                "FunctionName Role Handler Description Timeout MemorySize Environment Runtime EphemeralStorage "
                    + "Architectures DeadLetterConfig TracingConfig")
            if let layers = answer["Layers"]?.array { properties["Layers"] = .array(layers.compactMap { $0["Arn"] }) }
            return properties
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return nil
        }
    }

    // MARK: Version and alias

    private static var version: ResourceType {
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

    private static var alias: ResourceType {
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

    // MARK: Permission

    /// A name that stays the same when the action is repeated.
    private static func statementID(_ request: ResourceRequest) -> String {
        "\(request.stackName.prefix(60))-\(request.logicalID.prefix(20))-\(request.suffix)"
    }

    private static var permission: ResourceType {
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

    // MARK: URL and asynchronous invocations

    private static var url: ResourceType {
        ResourceType(
            "AWS::Lambda::Url", enforces: "AuthType Cors InvokeMode Qualifier TargetFunctionArn",
            requires: "AuthType TargetFunctionArn", replacedBy: "Qualifier TargetFunctionArn",
            attributes: "FunctionArn FunctionUrl",
            ResourceType.Actions(
                create: { request in
                    do {
                        return urlState(
                            try await request.call("lambda", "CreateFunctionUrlConfig", urlInput(request)))
                    } catch let error as AWSError where error.code == "ResourceConflictException" {
                        // A function has one URL for each qualifier: an earlier try's is updated to what is wanted.
                        return urlState(
                            try await request.call("lambda", "UpdateFunctionUrlConfig", urlInput(request)))
                    }
                },
                update: { request in
                    var input = urlInput(request)
                    if input["Cors"] == nil { input["Cors"] = [:] }
                    return urlState(try await request.call("lambda", "UpdateFunctionUrlConfig", input))
                },
                delete: { request in
                    try await remove(
                        request, "DeleteFunctionUrlConfig", pick(urlInput(request), "FunctionName Qualifier"))
                }))
    }

    private static func urlInput(_ request: ResourceRequest) -> JSON {
        var input = pick(request.properties, "AuthType Cors InvokeMode Qualifier")
        input["FunctionName"] = request.properties["TargetFunctionArn"]
        if let age = input["Cors"]?["MaxAge"]?.string.flatMap({ Int($0) }) {
            var cors = input["Cors"] ?? [:]
            cors["MaxAge"] = .int(age)
            input["Cors"] = cors
        }
        return input
    }

    private static func urlState(_ answer: JSON) -> ResourceState {
        ResourceState(
            answer["FunctionArn"]?.string ?? "",
            attributes: ["FunctionArn": answer["FunctionArn"] ?? "", "FunctionUrl": answer["FunctionUrl"] ?? ""])
    }

    private static var eventInvoke: ResourceType {
        let put: @Sendable (ResourceRequest) async throws -> ResourceState = { request in
            var input = pick(
                request.properties, "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig")
            for name in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
                if let number = input[name]?.string.flatMap({ Int($0) }) { input[name] = .int(number) }
            }
            try await request.call("lambda", "PutFunctionEventInvokeConfig", input)
            let function = input["FunctionName"]?.string ?? ""
            return ResourceState("\(function)|\(input["Qualifier"]?.string ?? "$LATEST")")
        }
        return ResourceType(
            "AWS::Lambda::EventInvokeConfig",
            enforces: "DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier",
            requires: "FunctionName Qualifier", replacedBy: "FunctionName Qualifier",
            ResourceType.Actions(
                create: put, update: put,
                delete: { request in
                    try await remove(
                        request, "DeleteFunctionEventInvokeConfig", pick(request.properties, "FunctionName Qualifier"))
                }))
    }

    // MARK: Layers

    private static var layer: ResourceType {
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
                }))
    }

    private static func layerInput(_ arn: String) -> JSON {
        let parts = arn.split(separator: ":").map(String.init)
        guard parts.count == 8 else { return ["LayerName": .string(arn), "VersionNumber": 0] }
        return [
            "LayerName": .string(parts.dropLast().joined(separator: ":")), "VersionNumber": .int(Int(parts[7]) ?? 0),
        ]
    }

    private static var layerPermission: ResourceType {
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
                }))
    }
}
