internal import Cloud
internal import Notation

/// A declaration as clients send and get it: a tree that is given back as it came.
struct Declaration {
    /// What stands for a secret wherever it is shown, and on the way in for the one that is stored.
    static let mask = "****"

    /// The members that are checked and have their effect.
    static let enforced =
        "pipeline.name pipeline.roleArn pipeline.artifactStore.type pipeline.artifactStore.location "
        + "pipeline.artifactStores pipeline.stages pipeline.executionMode pipeline.pipelineType "
        + "pipeline.variables.name "
        + "pipeline.variables.defaultValue pipeline.triggers"
    /// Artifacts are not encrypted; the key is handed on to jobs. The version is the server's to count.
    static let stored = "pipeline.artifactStore.encryptionKey pipeline.variables.description pipeline.version"

    var tree: JSON
    let definition: PipelineDefinition

    /// Reads a declaration.
    ///
    /// - Throws: `ValidationException` for what AWS's model does not catch, `InvalidBlockerDeclarationException`.
    init(_ tree: JSON) throws {
        do { definition = try tree.decode(PipelineDefinition.self) } catch {
            throw AWSError("ValidationException", "The pipeline declaration cannot be read: \(error)")
        }
        for stage in tree["stages"]?.array ?? [] where stage["blockers"]?.array?.isEmpty == false {
            throw AWSError(
                "InvalidBlockerDeclarationException",
                "Blockers are reserved for future use; stage '\(stage["name"]?.string ?? "")' has one.")
        }
        self.tree = tree
    }

    /// Whether it is of type V2: it says so, or says nothing and has what only V2 has.
    static func isVersion2(_ definition: PipelineDefinition) -> Bool {
        guard definition.pipelineType != "V1" else { return false }
        return definition.pipelineType == "V2" || definition.triggers?.isEmpty == false
            || definition.variables?.isEmpty == false || definition.mode != .superseded
            || definition.stages.contains { stage in
                stage.beforeEntry != nil || stage.onSuccess != nil || stage.onFailure != nil
                    || stage.actions.contains { $0.actionTypeId.category == "Compute" }
            }
    }

    /// As it is stored: with its version and its type.
    func stored(version: Int) -> JSON {
        var tree = tree
        tree["version"] = .int(version)
        tree["executionMode"] = .string(definition.mode.rawValue)
        tree["pipelineType"] = Self.isVersion2(definition) ? "V2" : "V1"
        return tree
    }

    // MARK: Secrets

    /// The tree with the secrets hidden.
    static func masked(_ tree: JSON, _ secrets: (ActionTypeID) -> Set<String>) -> JSON {
        edit(tree) { action, _ in
            for name in secretNames(action, secrets) where action["configuration"]?[name] != nil {
                action["configuration"]?[name] = .string(mask)
            }
        }
    }

    /// The tree with the secrets that were left masked taken from an older one.
    static func unmasked(_ tree: JSON, from old: JSON, _ secrets: (ActionTypeID) -> Set<String>) -> JSON {
        edit(tree) { action, stage in
            let known = (old["stages"]?.array ?? []).first { $0["name"] == stage }?["actions"]?.array?
                .first { $0["name"] == action["name"] }
            for name in secretNames(action, secrets) where action["configuration"]?[name]?.string == mask {
                action["configuration"]?[name] = known?["configuration"]?[name] ?? .string(mask)
            }
        }
    }

    private static func secretNames(_ action: JSON, _ secrets: (ActionTypeID) -> Set<String>) -> Set<String> {
        guard let id = try? action["actionTypeId"]?.decode(ActionTypeID.self) else { return [] }
        return secrets(id)
    }

    private static func edit(_ tree: JSON, _ change: (inout JSON, _ stage: JSON?) -> Void) -> JSON {
        var tree = tree
        let stages = (tree["stages"]?.array ?? []).map { stage in
            var stage = stage
            let name = stage["name"]
            let actions = (stage["actions"]?.array ?? []).map { action in
                var action = action
                change(&action, name)
                return action
            }
            stage["actions"] = .array(actions)
            return stage
        }
        tree["stages"] = .array(stages)
        return tree
    }
}

/// The secret members of every kind of action known in an account and region.
struct Secrets: Sendable {
    private let custom: [String: Set<String>]

    init(_ types: [CustomActionType]) {
        custom = Dictionary(types.map { ($0.id.key, $0.facts.secrets) }) { first, _ in first }
    }

    func names(_ id: ActionTypeID) -> Set<String> {
        ActionCatalogue.facts(id)?.secrets ?? custom[id.key] ?? []
    }

    /// A configuration as it is shown.
    func masked(_ configuration: [String: String], _ id: ActionTypeID) -> [String: String] {
        let names = names(id)
        guard !names.isEmpty else { return configuration }
        return Dictionary(uniqueKeysWithValues: configuration.map { ($0, names.contains($0) ? Declaration.mask : $1) })
    }
}
