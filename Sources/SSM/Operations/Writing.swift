import Cloud
import Ledger
import Notation
import Vault

struct Tag: Codable, Sendable {
    let Key: String
    let Value: String
}

/// Source: AWS Systems Manager API Reference, PutParameter.
struct PutParameterInput: Decodable, Sendable {
    let Name: String
    let Value: String
    let `Type`: Parameter.Kind?
    let Description: String?
    let KeyId: String?
    let Overwrite: Bool?
    let AllowedPattern: String?
    let Tags: [Tag]?
    let Tier: String?
    let DataType: String?

    /// The tier it gets: what is asked for, or the smallest that fits.
    var fittingTier: String {
        switch Tier {
        case "Advanced": "Advanced"
        case "Intelligent-Tiering": Value.utf8.count > 4096 ? "Advanced" : "Standard"
        default: "Standard"
        }
    }

    func check() throws {
        try ParameterName(Name).check()
        let limit = fittingTier == "Advanced" ? 8192 : 4096
        guard Value.utf8.count <= limit else {
            throw AWSError(
                "ValidationException",
                limit == 4096
                    ? "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
                        + "parameter value, upgrade the parameter to use the advanced-parameter tier."
                    : "Advanced tier parameters support a maximum parameter value of 8192 characters.")
        }
        guard !Value.isEmpty else {
            throw AWSError("ValidationException", "Parameter value can't be empty.")
        }
        if Tags?.isEmpty == false, Overwrite == true {
            throw AWSError(
                "ValidationException",
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
                    + "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."
            )
        }
        try checkPattern()
    }

    private func checkPattern() throws {
        guard let AllowedPattern, !AllowedPattern.isEmpty else { return }
        guard let pattern = try? Regex(AllowedPattern) else {
            throw AWSError(
                "InvalidAllowedPatternException", "Parameter value, cannot be compiled as a pattern: \(AllowedPattern)")
        }
        guard (try? pattern.wholeMatch(in: Value)) != nil else {
            throw AWSError(
                "ParameterPatternMismatchException",
                "Parameter value, cannot be validated against allowedPattern: \(AllowedPattern)")
        }
    }
}

extension SSMService {
    struct PutParameterOutput: Encodable { let Version: Int, Tier: String }
    struct NameInput: Decodable { let Name: String }
    struct NamesInput: Decodable, Sendable { let Names: [String] }
    struct DeletedOutput: Encodable { let DeletedParameters: [String], InvalidParameters: [String] }

    var writing: [Operation] {
        [
            Operation(
                "PutParameter", enforces: "Name Value Type Overwrite AllowedPattern Tags Tier",
                stores: "Description KeyId DataType"
            ) { (input: PutParameterInput, call) in try await put(input, call) },
            Operation("DeleteParameter", enforces: "Name") { (input: NameInput, call) in
                guard try await ledger.write({ try delete(input.Name, call, $0) }) else {
                    throw AWSError.parameterNotFound()
                }
                return Nothing()
            },
            Operation("DeleteParameters", enforces: "Names") { (input: NamesInput, call) in
                try await ledger.write { write in
                    var gone: [String] = []
                    for name in input.Names where try delete(name, call, write) { gone.append(name) }
                    return DeletedOutput(
                        DeletedParameters: gone, InvalidParameters: input.Names.filter { !gone.contains($0) })
                }
            },
        ]
    }

    /// Says whether there was one.
    private func delete(_ name: String, _ call: Call, _ write: Transaction) throws -> Bool {
        let key = call.caller.parameterKey(ParameterName(name).name)
        guard let parameter = try write.get(Parameter.all, key)?.value else { return false }
        try write.delete(Parameter.all, key)
        try announce("Delete", parameter, call, write)
        return true
    }

    private func put(_ input: PutParameterInput, _ call: Call) async throws -> PutParameterOutput {
        try input.check()
        let key = call.caller.parameterKey(input.Name)
        return try await ledger.write { write in
            var parameter = try write.get(Parameter.all, key)?.value ?? Parameter(name: input.Name, versions: [])
            let version = try next(of: parameter, input, call)
            if parameter.versions.count >= Parameter.versionLimit {
                guard let oldest = parameter.versions.first, oldest.labels.isEmpty else {
                    throw AWSError(
                        "ParameterMaxVersionLimitExceeded",
                        "You attempted to create a new version of \(input.Name) by calling the PutParameter API with the overwrite "
                            + "flag. The oldest version has a label: move the label to another version and try again.")
                }
                parameter.versions.removeFirst()
            }
            parameter.versions.append(version)
            for tag in input.Tags ?? [] { parameter.tags[tag.Key] = tag.Value }
            try write.put(Parameter.all, key, parameter)
            try announce(version.number == 1 ? "Create" : "Update", parameter, call, write)
            return PutParameterOutput(Version: version.number, Tier: version.tier)
        }
    }

    private func next(of parameter: Parameter, _ input: PutParameterInput, _ call: Call) throws -> Parameter.Version {
        let current = parameter.current
        guard current == nil || input.Overwrite == true else {
            throw AWSError(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
            )
        }
        guard let kind = input.Type ?? current?.kind else {
            throw AWSError("ValidationException", "A parameter type is required when you create a parameter.")
        }
        if let current, input.Type != nil, current.kind != kind, current.kind == .secure || kind == .secure {
            throw AWSError(
                "HierarchyTypeMismatchException",
                "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a "
                    + "parameter from a String type to a SecureString type. You must create a new, unique parameter.")
        }
        let value = kind == .secure ? try cipher.seal(input.Value, name: input.Name) : input.Value
        return Parameter.Version(
            number: (current?.number ?? 0) + 1, value: value, kind: kind, date: call.time, user: call.caller.principal,
            description: input.Description ?? current?.description,
            // An empty pattern takes the one of before away.
            allowedPattern: (input.AllowedPattern ?? current?.allowedPattern).flatMap { $0.isEmpty ? nil : $0 },
            keyID: kind == .secure ? input.KeyId ?? current?.keyID ?? "alias/aws/ssm" : nil, tier: input.fittingTier,
            dataType: input.DataType ?? current?.dataType ?? "text")
    }

    /// Source: Systems Manager User Guide, "Parameter Store events".
    func announce(_ operation: String, _ parameter: Parameter, _ call: Call, _ write: Transaction) throws {
        try write.append(
            LedgerEvent(
                time: call.time, source: "aws.ssm", detailType: "Parameter Store Change", account: call.caller.account,
                region: call.caller.region, resources: [call.caller.parameterARN(parameter.name)],
                detail: [
                    "operation": .string(operation), "name": .string(parameter.name),
                    "type": .string(parameter.current?.kind.rawValue ?? ""),
                    "description": .string(parameter.current?.description ?? ""),
                ]))
    }
}
