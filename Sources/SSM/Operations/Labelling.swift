import Cloud
import Ledger

extension SSMService {
    struct LabelInput: Decodable, Sendable { let Name: String, ParameterVersion: Int?, Labels: [String] }
    struct LabelOutput: Encodable { let InvalidLabels: [String], ParameterVersion: Int }
    struct UnlabelOutput: Encodable { let RemovedLabels: [String], InvalidLabels: [String] }
    struct TagInput: Decodable, Sendable { let ResourceId: String, ResourceType: String, Tags: [Tag]? }
    struct UntagInput: Decodable, Sendable { let ResourceId: String, ResourceType: String, TagKeys: [String] }
    struct TagsOutput: Encodable { let TagList: [Tag] }

    /// A version may carry so many labels (AWS: "Working with parameter labels").
    private static let labelLimit = 10

    var labelling: [Operation] {
        [
            Operation("LabelParameterVersion", enforces: "Name ParameterVersion Labels") { (input: LabelInput, call) in
                try await label(input, call)
            },
            Operation("UnlabelParameterVersion", enforces: "Name ParameterVersion Labels") {
                (input: LabelInput, call) in
                var removed: [String] = []
                removed = try await change(input.Name, call) { parameter in
                    let index = try index(of: input.ParameterVersion, in: parameter)
                    let labels = parameter.versions[index].labels
                    parameter.versions[index].labels.removeAll { input.Labels.contains($0) }
                    return input.Labels.filter { labels.contains($0) }
                }
                let invalid = input.Labels.filter { !removed.contains($0) }
                return UnlabelOutput(RemovedLabels: removed, InvalidLabels: invalid)
            },
        ]
    }

    private func label(_ input: LabelInput, _ call: Call) async throws -> LabelOutput {
        let valid = input.Labels.filter(Self.isLabel)
        let version = try await change(input.Name, call, told: "LabelParameterVersion") { parameter in
            let index = try index(of: input.ParameterVersion, in: parameter)
            for other in parameter.versions.indices {
                parameter.versions[other].labels.removeAll { valid.contains($0) }
            }
            parameter.versions[index].labels += valid
            guard parameter.versions[index].labels.count <= Self.labelLimit else {
                throw AWSError(
                    "ParameterVersionLabelLimitExceeded", "A parameter version can have a maximum of ten labels.")
            }
            return parameter.versions[index].number
        }
        return LabelOutput(InvalidLabels: input.Labels.filter { !valid.contains($0) }, ParameterVersion: version)
    }

    private static func isLabel(_ text: String) -> Bool {
        let start = text.lowercased()
        guard let first = text.first, !first.isNumber, !start.hasPrefix("aws"), !start.hasPrefix("ssm") else {
            return false
        }
        return text.utf8.count <= 100 && text.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    }

    private func index(of version: Int?, in parameter: Parameter) throws -> Int {
        guard let index = parameter.versions.lastIndex(where: { version == nil || $0.number == version }) else {
            throw AWSError(
                "ParameterVersionNotFound",
                "Systems Manager could not find version \(version ?? 0) of \(parameter.name). Verify the version and try again."
            )
        }
        return index
    }

    /// - Parameter told: The operation that the log tells of, if any.
    private func change<Result: Sendable>(
        _ name: String, _ call: Call, told: String? = nil,
        _ body: @escaping @Sendable (inout Parameter) throws -> Result
    ) async throws -> Result {
        let key = call.caller.parameterKey(ParameterName(name).name)
        return try await ledger.write { write in
            guard var parameter = try write.get(Parameter.all, key)?.value else { throw AWSError.parameterNotFound() }
            let result = try body(&parameter)
            try write.put(Parameter.all, key, parameter)
            if let told { try announce(told, parameter, call, write) }
            return result
        }
    }

    var tagging: [Operation] {
        [
            Operation("AddTagsToResource", enforces: "ResourceId ResourceType Tags") { (input: TagInput, call) in
                try Self.checkType(input.ResourceType)
                try await change(input.ResourceId, call) { parameter in
                    for tag in input.Tags ?? [] { parameter.tags[tag.Key] = tag.Value }
                }
                return Nothing()
            },
            Operation("RemoveTagsFromResource", enforces: "ResourceId ResourceType TagKeys") {
                (input: UntagInput, call) in
                try Self.checkType(input.ResourceType)
                try await change(input.ResourceId, call) { parameter in
                    for key in input.TagKeys { parameter.tags[key] = nil }
                }
                return Nothing()
            },
            Operation("ListTagsForResource", enforces: "ResourceId ResourceType") { (input: TagInput, call) in
                try Self.checkType(input.ResourceType)
                guard let parameter = try await parameter(ParameterName(input.ResourceId).name, call.caller) else {
                    throw AWSError("InvalidResourceId", "")
                }
                return TagsOutput(
                    TagList: parameter.tags.sorted { $0.key < $1.key }.map { Tag(Key: $0.key, Value: $0.value) })
            },
        ]
    }

    private static func checkType(_ type: String) throws {
        guard type == "Parameter" else { throw AWSError.notImplemented("tags on resources of type '\(type)'") }
    }
}
