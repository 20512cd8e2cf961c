internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::LambdaHook` and `AWS::CloudFormation::GuardHook`.
struct HookTypes: Sendable {
    let ledger: Ledger
    let shelf: HookShelf

    private static let common =
        "Alias ExecutionRole FailureMode HookStatus TargetOperations TargetFilters StackFilters "
    private static let needed = "Alias ExecutionRole FailureMode HookStatus TargetOperations "

    /// The declarations.
    var all: [ResourceType] {
        [
            type("AWS::CloudFormation::LambdaHook", "LambdaFunction", stores: "", requires: "LambdaFunction") {
                properties in
                .function(properties["LambdaFunction"]?.string ?? "")
            },
            type(
                "AWS::CloudFormation::GuardHook", "RuleLocation Options", stores: "LogBucket", requires: "RuleLocation"
            ) {
                properties in
                let rules = properties["RuleLocation"]
                let parameters = properties["Options"]?["InputParams"]
                return .rules(
                    uri: rules?["Uri"]?.string ?? "", version: rules?["VersionId"]?.string,
                    parameters: parameters?["Uri"]?.string, parametersVersion: parameters?["VersionId"]?.string)
            },
        ]
    }

    private func type(
        _ name: String, _ own: String, stores: String, requires: String,
        _ judge: @escaping @Sendable (JSON) -> Hook.Judge
    ) -> ResourceType {
        let put: @Sendable (ResourceRequest) async throws -> ResourceState = { request in
            try await keep(hook(request, judge(request.properties)), request)
        }
        return ResourceType(
            name, enforces: Self.common + own, stores: stores, requires: Self.needed + requires, replacedBy: "Alias",
            attributes: "HookArn",
            .init(
                create: put, update: put,
                delete: { request in
                    guard let alias = request.properties["Alias"]?.string else { return }
                    let key = request.caller.scope + alias
                    try await ledger.write { transaction in
                        guard try transaction.get(Hook.collection, key)?.value.stackID == request.stackID else {
                            return
                        }
                        try transaction.delete(Hook.collection, key)
                    }
                    shelf.changed(request.caller.scope)
                },
                read: { request in
                    let alias = Hook.alias(of: request.physicalID ?? "")
                    guard let known = try await ledger.get(Hook.collection, request.caller.scope + alias)?.value else {
                        return nil
                    }
                    return [
                        "Alias": .string(known.name), "ExecutionRole": .string(known.executionRole),
                        "FailureMode": known.stops ? "FAIL" : "WARN",
                        "HookStatus": known.isEnabled ? "ENABLED" : "DISABLED",
                        "TargetOperations": .array(known.operations.map(JSON.string)), "HookArn": .string(known.arn),
                    ]
                }))
    }

    private func hook(_ request: ResourceRequest, _ judge: Hook.Judge) throws -> Hook {
        let properties = request.properties
        let name = properties["Alias"]?.string ?? ""
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        let words = [parts.first, parts.count > 2 ? parts[2] : nil, parts.last].compactMap { $0 }
        let isName =
            parts.count == 5 && parts[1].isEmpty && parts[3].isEmpty
            && words.allSatisfy {
                (2...64).contains($0.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            }
        guard isName, parts.first != "AWS" else {
            throw AWSError("InvalidRequest", "Alias must be three names with :: between, such as Private::Guard::Tags.")
        }
        let operations = (properties["TargetOperations"]?.array ?? []).compactMap(\.string)
        let known: Set<String> = ["RESOURCE", "STACK", "CHANGE_SET", "CLOUD_CONTROL"]
        guard !operations.isEmpty, known.isSuperset(of: operations) else {
            throw AWSError(
                "InvalidRequest", "TargetOperations must be some of \(known.sorted().joined(separator: ", ")).")
        }
        return Hook(
            name: name, arn: request.caller.arn("cloudformation", "type/hook/" + name.replacing("::", with: "-")),
            judge: judge, stops: properties["FailureMode"] == "FAIL", isEnabled: properties["HookStatus"] == "ENABLED",
            operations: operations, targetFilters: properties["TargetFilters"],
            stackFilters: properties["StackFilters"],
            executionRole: properties["ExecutionRole"]?.string ?? "", stackID: request.stackID)
    }

    private func keep(_ hook: Hook, _ request: ResourceRequest) async throws -> ResourceState {
        let key = request.caller.scope + hook.name
        try await ledger.write { transaction in
            let known = try transaction.get(Hook.collection, key)?.value
            guard known == nil || known?.stackID == request.stackID else {
                throw AWSError("AlreadyExists", "A hook named \(hook.name) exists already.")
            }
            try transaction.put(Hook.collection, key, hook)
        }
        shelf.changed(request.caller.scope)
        return ResourceState(hook.arn, attributes: ["HookArn": .string(hook.arn)])
    }
}

extension Hook {
    /// The name that an ARN ends in.
    static func alias(of arn: String) -> String {
        (arn.split(separator: "/").last.map(String.init) ?? "").replacing("-", with: "::")
    }
}
