internal import Cloud
internal import HTTP
internal import Notation

/// What an action hands to CloudFormation: the template, its parameters, tags and policy.
///
/// Source: CodePipeline User Guide, "Using parameter override functions with CodePipeline pipelines".
struct StackSubmission {
    let context: RunContext
    /// Larger templates are handed over by their address (CloudFormation User Guide, "Quotas").
    private static let bodyLimit = 51_200

    /// The input of CreateStack and UpdateStack.
    ///
    /// - Throws: ``RunError`` when a file is missing or cannot be read.
    var input: JSON {
        get async throws {
            var input: JSON = ["StackName": .string(context.value("StackName") ?? "")]
            let names = (context.value("Capabilities") ?? "").split(separator: ",").map(\.trimmed).filter {
                !$0.isEmpty
            }
            if !names.isEmpty { input["Capabilities"] = .array(names.map(JSON.string)) }
            input["RoleARN"] = context.value("RoleArn").map(JSON.string)
            try await addTemplate(to: &input)
            var parameters: [String: String] = [:]
            if let path = context.value("TemplateConfiguration") {
                let file = try await document(at: path, "TemplateConfiguration")
                for (name, value) in file["Parameters"]?.object ?? [:] {
                    parameters[name] = try await text(of: value, name)
                }
                if let tags = file["Tags"]?.object, !tags.isEmpty {
                    input["Tags"] = .array(
                        tags.map { ["Key": .string($0.key), "Value": .string(Self.plain($0.value))] })
                }
                if let policy = file["StackPolicy"], policy.object?.isEmpty == false {
                    input["StackPolicyBody"] = .string(policy.text())
                }
            }
            if let text = context.value("ParameterOverrides") {
                guard let overrides = (try? JSON(parsing: text))?.object else {
                    throw RunError("ConfigurationError", "ParameterOverrides is no JSON object: \(text.prefix(200))")
                }
                for (name, value) in overrides { parameters[name] = try await self.text(of: value, name) }
            }
            if !parameters.isEmpty {
                input["Parameters"] = .array(
                    parameters.sorted { $0.key < $1.key }.map {
                        ["ParameterKey": .string($0.key), "ParameterValue": .string($0.value)]
                    })
            }
            return input
        }
    }

    private func addTemplate(to input: inout JSON) async throws {
        guard let path = context.value("TemplatePath") else {
            throw RunError("ConfigurationError", "The action names no TemplatePath.")
        }
        let template = try await context.text(at: path)
        guard template.utf8.count > Self.bodyLimit else {
            input["TemplateBody"] = .string(template)
            return
        }
        let store = context.store?.location ?? ""
        let key = "\(context.pipeline.name.prefix(20))/template/\(StableID.suffix(context.run.id, "template"))"
        let object = Artifact(name: "template", bucket: store, key: key)
        try await context.put(.bytes(Array(template.utf8)), as: object, type: "text/plain")
        input["TemplateURL"] = .string("https://s3.\(context.region).amazonaws.com/\(store)/\(key)")
    }

    private func document(at path: String, _ what: String) async throws -> JSON {
        let text = try await context.text(at: path)
        do { return try JSON(parsing: text) } catch {
            throw RunError("ConfigurationError", "The \(what) '\(path)' is no JSON: \(error)")
        }
    }

    /// A parameter's value: a text, or one of the two functions that are known here.
    private func text(of value: JSON, _ name: String) async throws -> String {
        guard let function = value.object, function.count == 1,
            let (key, arguments) = function.map({ ($0.key, $0.value) }).first
        else { return Self.plain(value) }
        let words = (arguments.array ?? []).compactMap(\.string)
        switch (key, words.count) {
        case ("Fn::GetArtifactAtt", 2):
            let artifact = try context.input(words[0])
            switch words[1] {
            case "BucketName": return artifact.bucket
            case "ObjectKey": return artifact.key
            case "URL": return "https://s3.\(context.region).amazonaws.com/\(artifact.bucket)/\(artifact.key)"
            default:
                throw RunError(
                    "ConfigurationError", "Fn::GetArtifactAtt of the parameter '\(name)' knows no '\(words[1])'.")
            }
        case ("Fn::GetParam", 3):
            let file = try await document(at: "\(words[0])::\(words[1])", "file of Fn::GetParam")
            guard let found = file[words[2]] else {
                throw RunError(
                    "ConfigurationError", "The file '\(words[1])' has no '\(words[2])' for the parameter '\(name)'.")
            }
            return Self.plain(found)
        default:
            throw RunError(
                "ConfigurationError",
                "The value of the parameter '\(name)' is neither a text nor Fn::GetArtifactAtt or Fn::GetParam with "
                    + "all their "
                    + "arguments.")
        }
    }

    /// Numbers and truth values as they stand.
    private static func plain(_ value: JSON) -> String { value.string ?? value.text() }
}
