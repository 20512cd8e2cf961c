package import Cloud
internal import CloudFormationTemplate
internal import HTTP
internal import Ledger
internal import Notation

/// Asks the hooks that apply, before something is done.
///
/// A hook that cannot be asked - a function that is gone, rules that cannot be read - has failed: what must be judged
/// is not done unjudged.
package struct HookRunner: Sendable {
    /// Invocations of a function that says it is still at it. Source: "Developing a Lambda Hook".
    private static let attempts = 3
    private static let service = "hooks.cloudformation.amazonaws.com"

    let cloud: Cloud
    let ledger: Ledger
    let inbox: ResponseInbox
    /// The hooks there are.
    package let shelf: HookShelf

    /// Asks all that apply, side by side, and keeps what they say. Asked again under the same key, as after a crash,
    /// they judge again, and the result takes the place of the first.
    ///
    /// - Returns: every result, those of hooks that only warn included.
    func ask(_ target: HookTarget, _ caller: Caller, key: String) async throws -> [HookResult] {
        let hooks = try await shelf.hooks(caller.scope).filter { $0.applies(to: target) }
        guard !hooks.isEmpty else { return [] }
        try await ledger.synced()  // a function may tell others what it was asked
        let results = try await withThrowingTaskGroup(of: HookResult.self) { group in
            for hook in hooks { group.addTask { try await judge(hook, target, caller, key) } }
            var results: [HookResult] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.hook < $1.hook }
        }
        try await ledger.write { transaction in
            for result in results {
                try transaction.put(HookResult.collection, caller.scope + result.id, result)
                try transaction.append(Self.news(of: result, caller))
            }
        }
        return results
    }

    /// Asks, and throws when one that stops is not content.
    ///
    /// - Throws: ``AWSError`` `HooksFailed` with what they said.
    package func require(_ target: HookTarget, _ caller: Caller, key: String) async throws {
        let failed = try await ask(target, caller, key: key).filter { !$0.isGood && $0.stops }
        guard !failed.isEmpty else { return }
        throw Self.refusal(failed)
    }

    /// The refusal that failed hooks amount to.
    static func refusal(_ failed: [HookResult]) -> AWSError {
        let names = failed.map(\.hook).joined(separator: ", ")
        let reasons = failed.map { "\($0.hook): \($0.reason)" }.joined(separator: "\n")
        return AWSError(
            "HooksFailed", "The following hook(s) failed: [\(names)]", members: ["Evidence": .string(reasons)])
    }

    private static func news(of result: HookResult, _ caller: Caller) -> LedgerEvent {
        LedgerEvent(
            id: StableID.uuid(result.id, result.status, result.reason), time: result.time,
            source: "slipway.cloudformation", detailType: "Hook Result", account: caller.account,
            region: caller.region, resources: [result.targetID],
            detail: [
                "hook": .string(result.hook), "status": .string(result.status), "target": .string(result.target),
                "failure-mode": result.stops ? "FAIL" : "WARN",
            ])
    }

    // MARK: Judging

    private func judge(_ hook: Hook, _ target: HookTarget, _ caller: Caller, _ key: String) async throws -> HookResult {
        var result = HookResult(
            id: StableID.uuid(key, hook.name), hook: hook.name, arn: hook.arn, status: "HOOK_FAILED", reason: "",
            stops: hook.stops, time: cloud.surroundings.now, targetType: target.operation, targetID: target.id,
            target: target.logicalID, targetName: target.name, action: target.action)
        do {
            let session = try await cloud.assume(
                hook.executionRole, session: "AWSCloudFormationHooks", for: Self.service, as: caller)
            let problems: [String]
            switch hook.judge {
            case .function(let function):
                let request = try await request(hook, target, caller, result.id)
                problems = try await invoke(function, request, session.caller)
            case .rules(let uri, let version, let parameters, let parametersVersion):
                let objects = HookObjects(cloud: cloud, caller: session.caller)
                let rules = try await objects.text(uri, version)
                var values: String?
                if let parameters { values = try await objects.text(parameters, parametersVersion) }
                problems = try HookRules(rules, name: uri, parameters: values).problems(
                    in: guardInput(hook, target, caller))
            }
            result.status = problems.isEmpty ? "HOOK_COMPLETE_SUCCEEDED" : "HOOK_COMPLETE_FAILED"
            result.reason = problems.isEmpty ? "Hook succeeded" : problems.joined(separator: "\n")
        } catch let error as AWSError {
            try Task.checkCancellation()
            let evidence = error.members["Evidence"]?.string ?? ""
            result.reason = "The hook could not be asked: \(error.message)" + (evidence.isEmpty ? "" : "\n" + evidence)
        }
        await inbox.withdraw(result.id)
        result.reason = String(result.reason.prefix(4096))
        return result
    }

    /// What a function is told. Source: "Evaluating resource operations with Lambda Hooks" and the pages after it.
    private func request(_ hook: Hook, _ target: HookTarget, _ caller: Caller, _ token: String) async throws -> JSON {
        var data: JSON = [
            "targetName": .string(target.name), "targetType": .string(target.name),
            "targetLogicalId": .string(target.logicalID),
        ]
        if target.operation == "RESOURCE" || target.operation == "CLOUD_CONTROL" {
            var model: JSON = ["resourceProperties": target.properties ?? [:]]
            model["previousResourceProperties"] = target.previous
            data["targetModel"] = model
        } else {
            // A stack's documents may be larger than a function's input: they are fetched from the address.
            data["payload"] = .string(try await inbox.offer(documents(target), token))
        }
        var request: JSON = [
            "clientRequestToken": .string(token), "awsAccountId": .string(caller.account),
            "stackId": .string(target.stackID), "hookTypeName": .string(hook.name), "hookTypeVersion": "00000001",
            "hookModel": ["LambdaFunction": .string(hook.judge.function ?? "")],
            "actionInvocationPoint": .string(target.invocationPoint), "requestData": data,
            "requestContext": ["invocation": 1, "callbackContext": .null],
        ]
        request["changeSetId"] = target.changeSetID.map(JSON.string)
        return request
    }

    private func documents(_ target: HookTarget) -> JSON {
        var documents: JSON = ["template": .string(target.template ?? "")]
        documents["previousTemplate"] = target.previousTemplate.map(JSON.string)
        documents["changedResources"] = target.changes.map(JSON.array)
        return documents
    }

    private func invoke(_ function: String, _ request: JSON, _ caller: Caller) async throws -> [String] {
        var request = request
        for attempt in 1...Self.attempts {
            request["requestContext"]?["invocation"] = .int(attempt)
            let reply = try await cloud.call(
                "lambda", "Invoke",
                ["FunctionName": .string(function), "InvocationType": "RequestResponse", "LogType": "Tail"],
                payload: .bytes(request.bytes()), as: caller)
            let bytes = try await reply.payload?.collected(limit: 1 << 20) ?? []
            let answer = (try? JSON(parsing: bytes)) ?? [:]
            guard reply.output["FunctionError"] == nil, let status = answer["hookStatus"]?.string else {
                throw AWSError(
                    "HookFailed",
                    "The function \(function) did not answer with a hookStatus: "
                        + String(decoding: bytes.prefix(1000), as: UTF8.self),
                    members: ["Evidence": .string(LogTail(reply.output["LogResult"]).text)])
            }
            switch status {
            case "SUCCESS": return []
            case "IN_PROGRESS":
                request["requestContext"]?["callbackContext"] = answer["callbackContext"]
                let pause = min(max(answer["callbackDelaySeconds"]?.int ?? 1, 0), 30)
                try await cloud.surroundings.time.sleep(until: cloud.surroundings.now + .seconds(pause))
            default: return [answer["message"]?.string ?? "The function \(function) said \(status)."]
            }
        }
        throw AWSError(
            "HookFailed", "The function \(function) was still in progress after \(Self.attempts) invocations.")
    }

    /// What rules are applied to. Source: "Write Guard rules to evaluate resources for Guard Hooks".
    private func guardInput(_ hook: Hook, _ target: HookTarget, _ caller: Caller) throws -> JSON {
        var context: JSON = [
            "AWSAccountID": .string(caller.account), "StackId": .string(target.stackID),
            "HookTypeName": .string(hook.name), "HookTypeVersion": "00000001",
            "InvocationPoint": .string(target.invocationPoint), "TargetName": .string(target.name),
            "TargetType": .string(target.operation == "CLOUD_CONTROL" ? "RESOURCE" : target.operation),
            "TargetLogicalId": .string(target.logicalID),
        ]
        context["ChangeSetId"] = target.changeSetID.map(JSON.string)
        var input: JSON = ["HookContext": context]
        if let properties = target.properties {
            input["Resources"] = .object([
                target.logicalID: ["ResourceType": .string(target.name), "ResourceProperties": properties]
            ])
            if let previous = target.previous {
                let before: JSON = ["ResourceType": .string(target.name), "ResourceProperties": previous]
                input["Previous"] = .object([target.logicalID: before])
            }
            return input
        }
        for (name, value) in try TemplateBody(target.template ?? "{}").tree.object ?? [:] { input[name] = value }
        if let previous = target.previousTemplate { input["Previous"] = try TemplateBody(previous).tree }
        input["Changes"] = target.changes.map(JSON.array)
        return input
    }
}

extension Hook.Judge {
    /// The function; nil for rules.
    var function: String? { if case .function(let name) = self { name } else { nil } }
}

/// Reads the objects that a hook needs, as its role.
struct HookObjects {
    let cloud: Cloud
    let caller: Caller

    /// The text of the object at that address.
    ///
    /// - Throws: ``AWSError`` when it cannot be read.
    func text(_ uri: String, _ version: String?) async throws -> String {
        guard let place = ObjectAddress(uri) else { throw AWSError("ValidationError", "\(uri) is no S3 URI.") }
        var input: JSON = ["Bucket": .string(place.bucket), "Key": .string(place.key)]
        input["VersionId"] = version.map(JSON.string)
        let reply = try await cloud.call("s3", "GetObject", input, payload: nil, as: caller)
        return String(decoding: try await (reply.payload ?? .bytes([])).collected(limit: 1 << 20), as: UTF8.self)
    }
}
