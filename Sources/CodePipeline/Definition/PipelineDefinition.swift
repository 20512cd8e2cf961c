internal import Notation

/// A pipeline's declaration as the engine reads it. What a client gets back is the declaration as it was sent, not
/// this.
///
/// Source: CodePipeline API Reference, PipelineDeclaration.
struct PipelineDefinition: Codable, Sendable, Hashable {
    /// How executions meet each other.
    enum Mode: String, Codable, Sendable {
        case superseded = "SUPERSEDED"
        case queued = "QUEUED"
        case parallel = "PARALLEL"

        /// Whether a stage takes one execution at a time.
        var hasLocks: Bool { self != .parallel }
    }

    var name: String
    var roleArn: String
    var artifactStore: Store?
    var artifactStores: [String: Store]?
    var stages: [Stage]
    var executionMode: Mode?
    var pipelineType: String?
    var variables: [Variable]?
    var triggers: [Trigger]?

    var mode: Mode { executionMode ?? .superseded }

    /// Where artifacts are kept.
    struct Store: Codable, Sendable, Hashable {
        var type: String
        var location: String
        var encryptionKey: EncryptionKey?

        struct EncryptionKey: Codable, Sendable, Hashable {
            var id: String
            var type: String
        }
    }

    /// A variable of the whole pipeline.
    struct Variable: Codable, Sendable, Hashable {
        var name: String
        var defaultValue: String?
        var description: String?
    }

    struct Stage: Codable, Sendable, Hashable {
        var name: String
        var actions: [Action]
        var beforeEntry: Conditions?
        var onSuccess: Conditions?
        var onFailure: Conditions?

        /// The roles that its actions and rules act as, where they have their own.
        var roles: Set<String> {
            let rules = [beforeEntry, onSuccess, onFailure].compactMap { $0 }.flatMap(\.rules)
            return Set(actions.compactMap(\.roleArn) + rules.compactMap(\.roleArn))
        }
    }

    struct Action: Codable, Sendable, Hashable {
        var name: String
        var actionTypeId: ActionTypeID
        var runOrder: Int?
        var configuration: [String: String]?
        var commands: [String]?
        var outputArtifacts: [OutputArtifact]?
        var inputArtifacts: [InputArtifact]?
        var outputVariables: [String]?
        var roleArn: String?
        var region: String?
        var namespace: String?
        var timeoutInMinutes: Int?
        var environmentVariables: [EnvironmentVariable]?

        var order: Int { runOrder ?? 1 }
        var inputs: [String] { (inputArtifacts ?? []).map(\.name) }
        var outputs: [String] { (outputArtifacts ?? []).map(\.name) }
    }

    struct InputArtifact: Codable, Sendable, Hashable { var name: String }

    struct OutputArtifact: Codable, Sendable, Hashable {
        var name: String
        var files: [String]?
    }

    struct EnvironmentVariable: Codable, Sendable, Hashable {
        var name: String
        var value: String
        var type: String?
    }

    /// What is asked before a stage is entered, when it succeeded, or when it failed.
    struct Conditions: Codable, Sendable, Hashable {
        enum Result: String, Codable, Sendable {
            case rollback = "ROLLBACK"
            case fail = "FAIL"
            case retry = "RETRY"
            case skip = "SKIP"
        }

        struct Retry: Codable, Sendable, Hashable { var retryMode: RetryMode? }

        struct Condition: Codable, Sendable, Hashable {
            var result: Result?
            var rules: [Rule]?
        }

        /// Of onFailure alone: what happens when there are no conditions.
        var result: Result?
        var retryConfiguration: Retry?
        var conditions: [Condition]?

        var rules: [Rule] { conditions?.first?.rules ?? [] }
        /// What happens when not all rules succeed.
        var verdict: Result? { conditions?.first?.result ?? result }
    }

    /// What a retry runs again.
    enum RetryMode: String, Codable, Sendable {
        case failedActions = "FAILED_ACTIONS"
        case allActions = "ALL_ACTIONS"
    }

    struct Rule: Codable, Sendable, Hashable {
        struct TypeID: Codable, Sendable, Hashable {
            var category: String
            var owner: String?
            var provider: String
            var version: String?
        }

        var name: String
        var ruleTypeId: TypeID
        var configuration: [String: String]?
        var commands: [String]?
        var inputArtifacts: [InputArtifact]?
        var roleArn: String?
        var region: String?
        var timeoutInMinutes: Int?

        var inputs: [String] { (inputArtifacts ?? []).map(\.name) }
    }

    /// Which pushes and pull requests start the pipeline.
    struct Trigger: Codable, Sendable, Hashable {
        struct Git: Codable, Sendable, Hashable {
            var sourceActionName: String
            var push: [Push]?
            var pullRequest: [PullRequest]?
        }

        struct Patterns: Codable, Sendable, Hashable {
            var includes: [String]?
            var excludes: [String]?
        }

        struct Push: Codable, Sendable, Hashable {
            var tags: Patterns?
            var branches: Patterns?
            var filePaths: Patterns?
        }

        struct PullRequest: Codable, Sendable, Hashable {
            var events: [String]?
            var branches: Patterns?
            var filePaths: Patterns?
        }

        var providerType: String
        var gitConfiguration: Git
    }

    // MARK: Looking things up

    func stage(_ name: String) -> Stage? { stages.first { $0.name == name } }

    func action(_ name: String, in stage: String) -> Action? { self.stage(stage)?.actions.first { $0.name == name } }

    /// The stage after that one; nil after the last.
    func stage(after name: String) -> Stage? {
        guard let place = stages.firstIndex(where: { $0.name == name }), place + 1 < stages.count else { return nil }
        return stages[place + 1]
    }

    /// The source actions, which all stand in the first stage.
    var sources: [Action] { stages.first?.actions ?? [] }

    /// Where the artifacts of actions in that region are kept.
    func store(_ region: String) -> Store? { artifactStore ?? artifactStores?[region] ?? artifactStores?.values.first }
}

/// Which kind of action it is.
struct ActionTypeID: Codable, Sendable, Hashable {
    var category: String
    var owner: String
    var provider: String
    var version: String

    /// As a text that no other type has.
    var key: String { "\(owner)/\(category)/\(provider)/\(version)" }

    /// As the API writes it.
    var json: JSON {
        [
            "category": .string(category), "owner": .string(owner), "provider": .string(provider),
            "version": .string(version),
        ]
    }
}
