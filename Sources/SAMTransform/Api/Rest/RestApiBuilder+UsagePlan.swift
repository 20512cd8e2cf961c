import Notation

/// Usage plans and API keys.
extension RestApiBuilder {
    /// The plan, its key, and what joins the two. None without `UsagePlan`.
    func usagePlanResources(stage: Resource) throws -> [Resource] {
        guard let auth = auth.truthy, let declared = auth.given("UsagePlan") else { return [] }
        guard case .dict(let plan) = declared else { throw fault("'UsagePlan' must be a dictionary") }
        let copied = ["UsagePlanName", "Description", "Quota", "Tags", "Throttle"]
        guard plan.keys.allSatisfy({ $0.text == "CreateUsagePlan" || copied.contains($0.text) }) else {
            throw fault("Invalid property for 'UsagePlan'")
        }
        guard let kind = plan.given("CreateUsagePlan") else {
            throw fault("'CreateUsagePlan' is a required field for UsagePlan.")
        }
        let resources: [Resource]
        switch kind.string {
        case "NONE": return []
        case "PER_API": resources = try ownPlan(stage)
        case "SHARED": resources = try sharedPlan(stage)
        default: throw fault("'CreateUsagePlan' accepts one of ['SHARED', 'PER_API', 'NONE'].")
        }
        for name in copied { if let value = plan[name].truthy { resources.first?[name] = value.json } }
        return resources
    }

    private func ownPlan(_ stage: Resource) throws -> [Resource] {
        try planAndKey(
            plan: logicalID + "UsagePlan", key: logicalID + "ApiKey", apis: [logicalID],
            stages: [(Intrinsics.ref(logicalID), stage.ref)], attributes: passedOnAttributes)
    }

    private func sharedPlan(_ stage: Resource) throws -> [Resource] {
        translation.api.usagePlan.add(logicalID, stage: stage.ref)
        let attributes = try translation.api.usagePlan.attributes(
            adding: passedOnAttributes, conditions: &translation.conditions)
        let shared = translation.api.usagePlan
        return try planAndKey(
            plan: "ServerlessUsagePlan", key: "ServerlessApiKey", apis: shared.apis,
            stages: zip(shared.apis, shared.stages).map { (Intrinsics.ref($0), $1) }, attributes: attributes)
    }

    private func planAndKey(
        plan planID: String, key keyID: String, apis: [String], stages: [(api: JSON, stage: JSON)],
        attributes: JSONObject
    ) throws -> [Resource] {
        func make(_ type: String, _ id: String, after others: [String]) throws -> Resource {
            try Resource(
                "AWS::ApiGateway::" + type, id, dependsOn: .array(others.map { .string($0) }), attributes: attributes)
        }
        let plan = try make("UsagePlan", planID, after: apis)
        plan["ApiStages"] = .array(stages.map { ["ApiId": $0.api, "Stage": $0.stage] })
        let key = try make("ApiKey", keyID, after: [planID])
        key["Enabled"] = true
        key["StageKeys"] = .array(stages.map { ["RestApiId": $0.api, "StageName": $0.stage] })
        let link = try make("UsagePlanKey", planID + "Key", after: [keyID])
        link["KeyId"] = key.ref
        link["KeyType"] = "API_KEY"
        link["UsagePlanId"] = plan.ref
        return [plan, key, link]
    }
}

/// The usage plan of all APIs in a template that want a shared one.
struct SharedUsagePlan {
    static let conditionName = "SharedUsagePlanCondition"

    /// The APIs, and the stage of each.
    private(set) var apis: [String] = []
    private(set) var stages: [JSON] = []
    private var conditions: [String] = []
    private var hasUnconditional = false
    private var deletionPolicy: JSON?
    private var replacePolicy: JSON?

    /// Takes an API in.
    mutating func add(_ api: String, stage: JSON) {
        guard !apis.contains(api) else { return }
        apis.append(api)
        stages.append(stage)
    }

    /// The attributes that suit all APIs so far and one more. Writes the condition they share into the template.
    ///
    /// - Throws: ``Fault/template(_:)`` when the API has a condition and the template has none.
    mutating func attributes(adding api: JSONObject, conditions section: inout JSONObject?) throws -> JSONObject {
        if let policy = api["DeletionPolicy"].truthy, deletionPolicy == nil || policy == "Retain" {
            deletionPolicy = policy
        }
        if let policy = api["UpdateReplacePolicy"].truthy,
            replacePolicy == nil || policy == "Retain" || (policy == "Snapshot" && replacePolicy == "Delete")
        {
            replacePolicy = policy
        }
        try add(condition: api["Condition"], to: &section)
        var result: JSONObject = [:]
        if let deletionPolicy { result["DeletionPolicy"] = deletionPolicy }
        if let replacePolicy { result["UpdateReplacePolicy"] = replacePolicy }
        if !conditions.isEmpty, !hasUnconditional { result["Condition"] = .string(Self.conditionName) }
        return result
    }

    private mutating func add(condition: JSON?, to section: inout JSONObject?) throws {
        guard !hasUnconditional else { return }
        guard let condition, !condition.isNull else {
            hasUnconditional = true
            section?.remove(Self.conditionName)
            return
        }
        guard let name = condition.truthy?.string, !conditions.contains(name) else { return }
        guard section != nil else {
            throw Fault.template("Can't have condition without having 'Conditions' section in the template")
        }
        conditions.append(name)
        // A single one stands as a bare name: so AWS's transform writes it.
        section?[Self.conditionName] = conditions.count == 1 ? condition : Intrinsics.or(conditions)
    }
}
