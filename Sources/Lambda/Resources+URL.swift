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
                    // What is no longer in the template goes back to what it was without it.
                    if input["Cors"] == nil { input["Cors"] = [:] }
                    if input["InvokeMode"] == nil { input["InvokeMode"] = "BUFFERED" }
                    return urlState(try await request.call("lambda", "UpdateFunctionUrlConfig", input))
                },
                delete: { request in
                    try await remove(
                        request, "DeleteFunctionUrlConfig", pick(urlInput(request), "FunctionName Qualifier"))
                }, read: readURL,
                list: { request in
                    try await below(
                        request, "ListFunctionUrlConfigs", of: "FunctionUrlConfigs", named: "TargetFunctionArn"
                    ).map {
                        ResourceState(
                            $0.item["FunctionArn"]?.string ?? "", attributes: named($0.item, "FunctionArn FunctionUrl"))
                    }
                }))
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
                },
                read: { request in
                    let parts = (request.physicalID ?? "").split(separator: "|").map(String.init)
                    guard parts.count == 2 else { return nil }
                    let input: JSON = ["FunctionName": .string(parts[0]), "Qualifier": .string(parts[1])]
                    guard let found = try await present(request, "GetFunctionEventInvokeConfig", input) else {
                        return nil
                    }
                    var properties = pick(
                        found, "MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig")
                    for (name, value) in input.object ?? [:] { properties[name] = value }
                    return properties
                },
                list: { request in
                    try await below(request, "ListFunctionEventInvokeConfigs", of: "FunctionEventInvokeConfigs").map {
                        let arn = $0.item["FunctionArn"]?.string ?? ""
                        let last = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                        let qualifier = last.count > 7 ? last[7] : "$LATEST"
                        let function = $0.function.string ?? ""
                        return ResourceState(
                            "\(function)|\(qualifier)",
                            attributes: ["FunctionName": $0.function, "Qualifier": .string(qualifier)])
                    }
                })
        ).withinLedger()
    }
}
