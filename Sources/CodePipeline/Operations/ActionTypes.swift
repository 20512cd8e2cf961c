internal import Cloud
internal import Ledger
internal import Notation

/// Kinds of action and kinds of rule.
extension CodePipelineService {
    var actionTypeOperations: [Operation] {
        [
            Operation(
                "CreateCustomActionType",
                enforces: "category provider version settings configurationProperties inputArtifactDetails "
                    + "outputArtifactDetails tags", raw: createType),
            Operation("DeleteCustomActionType", enforces: "category provider version", raw: deleteType),
            // Every type is there in every region.
            Operation(
                "ListActionTypes", enforces: "actionOwnerFilter nextToken", stores: "regionFilter", raw: listTypes),
            Operation("GetActionType", enforces: "category owner provider version", raw: getType),
        ]
    }

    var ruleOperations: [Operation] {
        [
            Operation("ListRuleTypes", enforces: "ruleOwnerFilter", stores: "regionFilter") { _ in
                Reply(["ruleTypes": .array(RuleFacts.all.map(\.view))])
            },
            Operation("ListRuleExecutions", enforces: "pipelineName filter maxResults nextToken", raw: listRules),
        ]
    }

    /// What Slipway has no counterpart of.
    var refusedOperations: [Operation] {
        let workers = [
            "AcknowledgeThirdPartyJob", "GetThirdPartyJobDetails", "PollForThirdPartyJobs",
            "PutThirdPartyJobFailureResult",
            "PutThirdPartyJobSuccessResult",
        ]
        let partners = workers.map { name in
            Operation(refusing: name) { _ in .notImplemented("\(name): third-party job workers are AWS's partners'") }
        }
        return partners + [
            Operation(refusing: "UpdateActionType") { _ in
                .notImplemented(
                    "UpdateActionType: action types with executors of their own; use CreateCustomActionType")
            }
        ]
    }

    private static func typeKey(_ id: ActionTypeID, _ caller: Caller) -> String { caller.key(id.key) }

    private func createType(_ call: Call) async throws -> Reply {
        let input = call.input
        let id = ActionTypeID(
            category: input["category"]?.string ?? "", owner: "Custom", provider: input["provider"]?.string ?? "",
            version: input["version"]?.string ?? "")
        guard !["Source", "Approval", "Compute"].contains(id.category) else {
            throw AWSError("ValidationException", "Custom actions of the category \(id.category) are not supported.")
        }
        let tags = try Tagging.checked(input["tags"], call.caller)
        let properties = try (input["configurationProperties"] ?? []).decode([ActionFacts.Property].self)
        if let twice = DefinitionCheck.duplicate(properties.map(\.name)) {
            throw AWSError("ValidationException", "The configuration property '\(twice)' is there more than once.")
        }
        let queryable = properties.filter { $0.queryable == true }
        guard queryable.count <= 1, queryable.allSatisfy({ $0.required && !$0.secret }) else {
            throw AWSError(
                "ValidationException",
                "At most one configuration property is queryable; it must be required and not secret.")
        }
        for (name, details) in [("input", input["inputArtifactDetails"]), ("output", input["outputArtifactDetails"])] {
            guard let low = details?["minimumCount"]?.int, let high = details?["maximumCount"]?.int, low <= high else {
                throw AWSError(
                    "ValidationException", "The \(name) artifacts' minimum count is more than their maximum count.")
            }
        }
        let type = CustomActionType(
            id: id, settings: input["settings"], properties: properties, inputs: input["inputArtifactDetails"] ?? [:],
            outputs: input["outputArtifactDetails"] ?? [:], tags: tags, scope: call.caller.scope)
        try await ledger.write { transaction in
            let key = Self.typeKey(id, call.caller)
            guard try transaction.get(CustomActionType.collection, key) == nil else {
                throw AWSError(
                    "ValidationException",
                    "The custom action type \(id.category) \(id.provider), version \(id.version), exists already.")
            }
            let known = try transaction.find(CustomActionType.collection, "scope", call.caller.scope).count
            guard known < CustomActionType.limit else {
                throw AWSError(
                    "LimitExceededException", "There can be \(CustomActionType.limit) custom action types in a region.")
            }
            try transaction.put(CustomActionType.collection, key, type)
        }
        var output: JSON = ["actionType": type.view]
        if !tags.isEmpty { output["tags"] = Tagging.view(tags) }
        return Reply(output)
    }

    /// Refused while a pipeline uses it. Succeeds when there is none.
    private func deleteType(_ call: Call) async throws -> Reply {
        let id = ActionTypeID(
            category: call.input["category"]?.string ?? "", owner: "Custom",
            provider: call.input["provider"]?.string ?? "",
            version: call.input["version"]?.string ?? "")
        try await ledger.write { transaction in
            for pipeline in try transaction.find(Pipeline.collection, "scope", call.caller.scope).map(\.value) {
                guard try pipeline.definition().stages.flatMap(\.actions).contains(where: { $0.actionTypeId == id })
                else {
                    continue
                }
                throw AWSError("ValidationException", "The pipeline '\(pipeline.name)' uses the custom action type.")
            }
            try transaction.delete(CustomActionType.collection, Self.typeKey(id, call.caller))
        }
        return Reply()
    }

    /// Types that only refuse are not listed.
    private func listTypes(_ call: Call) async throws -> Reply {
        let owner = call.input["actionOwnerFilter"]?.string
        let custom = try await customTypes(call.caller).map { ($0.id, $0.view) }
        let own = ActionCatalogue.all.filter { $0.missing == nil }.map { ($0.id, $0.view()) }
        let all = (own + custom).filter { owner == nil || $0.0.owner == owner }
        let (page, next) = try Page.cut(all, call, limit: 100) { $0.0.key }
        var output: JSON = ["actionTypes": .array(page.map(\.1))]
        output["nextToken"] = next
        return Reply(output)
    }

    /// The newer form of an action type. AWS's own types show only what they take.
    private func getType(_ call: Call) async throws -> Reply {
        let id = try call.input.decode(ActionTypeID.self)
        guard let facts = ActionCatalogue.facts(id), facts.missing == nil else {
            throw AWSError("ActionTypeNotFoundException", "There is no action type \(id.key).")
        }
        func counts(_ range: ClosedRange<Int>) -> JSON {
            ["minimumCount": .int(range.lowerBound), "maximumCount": .int(range.upperBound)]
        }
        return Reply([
            "actionType": [
                "id": id.json,
                "executor": ["type": "JobWorker", "configuration": ["jobWorkerExecutorConfiguration": [:]]],
                "inputArtifactDetails": counts(facts.inputs), "outputArtifactDetails": counts(facts.outputs),
                "properties": .array(
                    facts.properties.map {
                        [
                            "name": .string($0.name), "optional": .bool(!$0.required), "key": .bool($0.key),
                            "noEcho": .bool($0.secret), "queryable": .bool($0.queryable ?? false),
                        ]
                    }),
            ]
        ])
    }
}
