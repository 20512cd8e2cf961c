internal import Cloud
internal import CloudFormationTemplate
internal import HTTP
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::Macro`: a function of the user's that changes templates.
///
/// A macro is known by its name to the stacks of its account and region. Source: "Create a CloudFormation macro
/// definition" and "Macro function interface" in the User Guide.
struct Macro: Sendable {
    /// A macro as it is kept.
    struct Record: Codable, Sendable {
        var name: String
        var function: String
        var stackID: String
    }

    static let records = Collection<Record>("cloudformation macro")

    private let ledger: Ledger

    init(ledger: Ledger) { self.ledger = ledger }

    /// The declaration.
    var type: ResourceType {
        ResourceType(
            "AWS::CloudFormation::Macro", enforces: "Name FunctionName",
            stores: "Description LogGroupName LogRoleARN", requires: "Name FunctionName", replacedBy: "Name",
            nameProperty: "Name",
            .init(
                create: { try await keep($0, isNew: true) }, update: { try await keep($0, isNew: false) },
                delete: { request in
                    let key = request.caller.scope + (request.physicalID ?? "")
                    try await ledger.write { _ = try $0.delete(Self.records, key) }
                }))
    }

    private func keep(_ request: ResourceRequest, isNew: Bool) async throws -> ResourceState {
        let name = request.properties["Name"]?.string ?? ""
        let record = Record(
            name: name, function: request.properties["FunctionName"]?.string ?? "", stackID: request.stackID)
        let key = request.caller.scope + name
        try await ledger.write { transaction in
            if isNew, let known = try transaction.get(Self.records, key), known.value.stackID != record.stackID {
                throw AWSError("AlreadyExistsException", "A macro named \(name) already exists")
            }
            try transaction.put(Self.records, key, record)
        }
        return ResourceState(name)
    }
}

/// Runs macros over templates.
struct MacroRunner: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let caller: Caller

    /// What the macro of that name makes of the fragment.
    ///
    /// - Throws: ``AWSError`` `ValidationError`: there is no such macro, or it failed, with its own words.
    func run(_ name: String, _ fragment: JSON, parameters: JSON, values: [String: JSON]) async throws -> JSON {
        let known = try await ledger.get(Macro.records, caller.scope + name)
        guard let macro = known?.value else {
            throw AWSError("ValidationError", "No transform named \(caller.account)::\(name) found.")
        }
        let id = StableID.uuid(name, fragment.text(.canonical))
        let values = values.filter { !$0.key.hasPrefix("AWS::") }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let event: JSON = [
            "region": .string(caller.region), "accountId": .string(caller.account), "fragment": fragment,
            "transformId": .string("\(caller.account)::\(name)"), "params": parameters, "requestId": .string(id),
            "templateParameterValues": .object(JSONObject(values)),
        ]
        let reply: Reply
        do {
            reply = try await cloud.call(
                "lambda", "Invoke",
                ["FunctionName": .string(macro.function), "InvocationType": "RequestResponse", "LogType": "Tail"],
                payload: .bytes(event.bytes()), as: caller.through("cloudformation.amazonaws.com"))
        } catch let error as AWSError {
            throw failure(name, error.message)
        }
        let bytes = try await (reply.payload ?? .bytes([])).collected(limit: 6 << 20)
        guard reply.output["FunctionError"]?.string == nil else {
            let words = (try? JSON(parsing: bytes))?["errorMessage"]?.string ?? String(decoding: bytes, as: UTF8.self)
            throw failure(name, "\(words). \(LogTail(reply.output["LogResult"]).text)")
        }
        guard let answer = try? JSON(parsing: bytes), answer["requestId"]?.string == id else {
            throw failure(name, "Invalid response: the function must return requestId, status and fragment.")
        }
        guard answer["status"]?.string?.lowercased() == "success", let result = answer["fragment"] else {
            throw failure(name, answer["errorMessage"]?.string ?? "without an error message.")
        }
        return result
    }

    private func failure(_ name: String, _ reason: String) -> AWSError {
        AWSError("ValidationError", "Transform \(caller.account)::\(name) failed with: \(reason)")
    }
}
