import Cloud
import Notation

extension LambdaResources {
    static var function: ResourceType {
        ResourceType(
            "AWS::Lambda::Function",
            enforces: """
                Architectures Code.ZipFile Code.S3Bucket Code.S3Key Code.S3ObjectVersion DeadLetterConfig Description \
                Environment EphemeralStorage FunctionName Handler Layers LoggingConfig MemorySize PackageType \
                ReservedConcurrentExecutions Role Runtime Tags Timeout
                """,
            stores: "KmsKeyArn TracingConfig VpcConfig SnapStart", requires: "Code Role",
            replacedBy: "FunctionName PackageType", attributes: "Arn", nameProperty: "FunctionName",
            ResourceType.Actions(
                create: createFunction, update: updateFunction, delete: deleteFunction, read: readFunction,
                list: { request in
                    try await request.pages(
                        "lambda", "ListFunctions", of: "Functions", token: "Marker", answeredAs: "NextMarker"
                    ).map { ResourceState($0["FunctionName"]?.string ?? "") }
                })
        ).offering(["None"], of: "SnapStart.ApplyOn")
    }

    private static func functionState(_ name: String, _ answer: JSON, _ request: ResourceRequest) -> ResourceState {
        ResourceState(
            name,
            attributes: ["Arn": answer["FunctionArn"] ?? .string(request.caller.arn("lambda", "function:\(name)"))])
    }

    private static func createFunction(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["FunctionName"]?.string ?? request.generatedName()
        var input = settings(request)
        input["FunctionName"] = .string(name)
        input["Code"] = try code(request)
        for (key, value) in pick(request.properties, "Architectures PackageType").object ?? [:] { input[key] = value }
        input["Tags"] = .object(
            JSONObject(request.allTags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
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
        if ["Code", "Handler", "Architectures"].contains(where: { previous[$0] != request.properties[$0] }) {
            var input = try code(request)
            input["FunctionName"] = .string(name)
            input["Architectures"] = request.properties["Architectures"]
            try await request.call("lambda", "UpdateFunctionCode", input)
        }
        var input = settings(request)
        input["FunctionName"] = .string(name)
        // A property taken out of the template goes back to its default.
        let defaults: JSON = [
            "Description": "", "Timeout": 3, "MemorySize": 128, "Environment": ["Variables": [:]], "Layers": [],
            "EphemeralStorage": ["Size": 512], "DeadLetterConfig": ["TargetArn": ""],
            "TracingConfig": ["Mode": "PassThrough"], "SnapStart": ["ApplyOn": "None"],
            "VpcConfig": ["SubnetIds": [], "SecurityGroupIds": []],
        ]
        for (key, value) in defaults.object ?? [:] where input[key] == nil && previous[key] != nil {
            input[key] = value
        }
        if previous["KmsKeyArn"] != nil, input["KMSKeyArn"] == nil { input["KMSKeyArn"] = "" }
        // So does each member of it.
        if let before = previous["LoggingConfig"], before != request.properties["LoggingConfig"] {
            var logging: JSON = ["LogFormat": "Text", "LogGroup": .string("/aws/lambda/" + name)]
            if input["LoggingConfig"]?["LogFormat"] == "JSON" {
                for level in ["ApplicationLogLevel", "SystemLogLevel"] { logging[level] = "INFO" }
            }
            for (member, value) in input["LoggingConfig"]?.object ?? [:] { logging[member] = value }
            input["LoggingConfig"] = logging
        }
        let answer = try await request.call("lambda", "UpdateFunctionConfiguration", input)
        try await reserve(name, request)
        try await retag(request, answer["FunctionArn"] ?? "")
        return functionState(name, answer, request)
    }

    static func retag(_ request: ResourceRequest, _ arn: JSON) async throws {
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
                    + "Architectures DeadLetterConfig TracingConfig LoggingConfig PackageType")
            properties["Arn"] = answer["FunctionArn"]
            properties["KmsKeyArn"] = answer["KMSKeyArn"]
            if let vpc = answer["VpcConfig"], vpc["SubnetIds"]?.array?.isEmpty == false {
                properties["VpcConfig"] = pick(vpc, "SubnetIds SecurityGroupIds")
            }
            if let start = answer["SnapStart"]?["ApplyOn"] { properties["SnapStart"] = ["ApplyOn": start] }
            let target: JSON = ["FunctionName": .string(request.physicalID ?? "")]
            let reserved = try await request.call("lambda", "GetFunctionConcurrency", target)
            properties["ReservedConcurrentExecutions"] = reserved["ReservedConcurrentExecutions"]
            let tags = try await request.call("lambda", "ListTags", ["Resource": answer["FunctionArn"] ?? ""])["Tags"]
            properties["Tags"] = .array(
                (tags?.object ?? [:]).sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
                    .map { ["Key": .string($0.key), "Value": $0.value] })
            if let layers = answer["Layers"]?.array { properties["Layers"] = .array(layers.compactMap { $0["Arn"] }) }
            return properties
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return nil
        }
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

    /// A function's code: inline text becomes a zip of one file, named after the handler's module, and of the module
    /// for answering custom resources where the text loads it.
    private static func code(_ request: ResourceRequest) throws -> JSON {
        let code = request.properties["Code"] ?? [:]
        guard let text = code["ZipFile"]?.string else { return pick(code, "S3Bucket S3Key S3ObjectVersion") }
        let runtime = request.properties["Runtime"]?.string ?? ""
        let module = request.properties["Handler"]?.string?.split(separator: ".").first.map(String.init) ?? "index"
        let isNode = runtime.hasPrefix("nodejs")
        var files = [(name: isNode ? "\(module).js" : "\(module).py", text: text)]
        if let response = ResponseModule.file(for: text, isNode: isNode), response.name != files[0].name {
            files.append(response)
        }
        return ["ZipFile": .string(try InlineCode.zip(files))]
    }
}
