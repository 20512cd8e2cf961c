import Cloud
import Notation

extension LambdaResources {
    static var url: ResourceType {
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
                }, read: readURL))
    }

    /// The ARN that `Ref` returns says function and alias.
    private static func readURL(_ request: ResourceRequest) async throws -> JSON? {
        let arn = request.physicalID ?? ""
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var input: JSON = ["FunctionName": .string(parts.prefix(7).joined(separator: ":"))]
        if parts.count > 7 { input["Qualifier"] = .string(parts[7]) }
        let answer: JSON
        do { answer = try await request.call("lambda", "GetFunctionUrlConfig", input) } catch let error as AWSError
            where error.code == "ResourceNotFoundException"
        { return nil }
        var properties = pick(answer, "AuthType Cors InvokeMode FunctionArn FunctionUrl")
        properties["TargetFunctionArn"] = request.properties["TargetFunctionArn"] ?? input["FunctionName"]
        properties["Qualifier"] = input["Qualifier"]
        return properties
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

    static var eventInvoke: ResourceType {
        let put: @Sendable (ResourceRequest) async throws -> ResourceState = { request in
            var input = pick(
                request.properties,
                "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig")
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
}
