internal import Cloud
internal import Ledger
internal import Notation

/// A pipeline as it is stored: what it was declared as, and which machine runs it.
struct Pipeline: Codable, Sendable {
    var name: String
    var account: String
    var region: String
    /// The newest version.
    var version: Int
    /// The newest declaration as it was sent, secrets in the clear, `version` kept in step.
    var declaration: JSON
    /// The id of its machine.
    var machine: String
    var created: Timestamp
    var updated: Timestamp
    var tags: [String: String] = [:]
    /// The sources whose changes start it: see ``SourceKey``.
    var watches: [String] = []

    /// By account, region and name.
    static let collection = Collection<Pipeline>(
        "codepipeline.pipeline",
        lookups: ["watch": { $0.watches }, "scope": { ["\($0.account)/\($0.region)/"] }])
    /// Every version of every declaration, by machine and version; read by GetPipeline.
    static let versions = Collection<JSON>("codepipeline.version")
    /// How many there may be in an account and region (User Guide, "Quotas").
    static let limit = 1000

    var arn: String { "arn:aws:codepipeline:\(region):\(account):\(name)" }
    var key: String { "\(account)/\(region)/\(name)" }
    /// On whose behalf Slipway itself calls.
    var owner: Caller { Caller.root(account: account, region: region).through(CodePipelineService.principal) }

    static func versionKey(_ machine: String, _ version: Int) -> String { "\(machine)/\(version)" }

    /// The newest declaration, read.
    func definition() throws -> PipelineDefinition { try declaration.decode(PipelineDefinition.self) }

    /// - Throws: `PipelineNotFoundException`.
    static func get(_ name: String, _ caller: Caller, in transaction: Transaction) throws -> Pipeline {
        guard let found = try transaction.get(collection, caller.key(name))?.value else { throw missing(name, caller) }
        return found
    }

    static func missing(_ name: String, _ caller: Caller) -> AWSError {
        AWSError(
            "PipelineNotFoundException",
            "Account '\(caller.account)' does not have a pipeline with name '\(name)'")
    }
}

/// An execution that has ended.
struct FinishedExecution: Codable, Sendable {
    var pipeline: PipelineMachine.Identity
    var execution: Execution

    /// Newest first within a pipeline.
    static let collection = Collection<FinishedExecution>(
        "codepipeline.execution",
        lookups: [
            "id": { ["\($0.pipeline.machine)/\($0.execution.id)"] },
            "number": { ["\($0.pipeline.machine)/\($0.execution.number)"] },
            "token": { finished in
                finished.execution.stages.flatMap(\.runs).compactMap { run in
                    run.token.map { "\(finished.pipeline.account)/\(finished.pipeline.region)/\($0)" }
                }
            },
        ])

    /// How many are kept of a pipeline; AWS keeps those of twelve months.
    static let keptCount = 2000

    /// Later starts sort first.
    var key: String {
        let number = String(Int64.max - Int64(execution.number))
        return "\(pipeline.machine)/\(String(repeating: "0", count: max(0, 19 - number.count)))\(number)"
    }
}

/// Starts that were asked for with a token: a repeat is answered with the execution of the first.
struct StartToken: Codable, Sendable {
    var execution: String
    var time: Timestamp

    /// By account, region, pipeline and token.
    static let collection = Collection<StartToken>("codepipeline.starttoken")
}

/// A piece of work for a job worker or a function.
struct Job: Codable, Sendable {
    enum Status: String, Codable, Sendable {
        case queued = "Queued"
        case dispatched = "Dispatched"
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"

        var isOver: Bool { self == .succeeded || self == .failed }
    }

    var id: String
    var pipeline: PipelineMachine.Identity
    var execution: String
    var stage: String
    /// The run it belongs to, and the round of it.
    var run: String
    var round: Int
    /// Nil for a rule: those have no action type.
    var type: ActionTypeID?
    var name: String
    /// With secrets in the clear: job workers need them.
    var configuration: [String: String]
    /// The queryable member of the configuration, `key=value`.
    var queryable: String?
    var inputs: [Artifact]
    var outputs: [Artifact]
    var continuation: String?
    var encryptionKey: PipelineDefinition.Store.EncryptionKey?
    var roleArn: String
    var status = Status.queued
    var nonce = ""
    /// When it was handed out last.
    var dispatched: Timestamp?
    var created: Timestamp

    /// How long a job that was handed out and not acknowledged is left alone.
    static let acknowledgeLimit = Duration.seconds(60)

    /// By id. Waiting ones are found by their type.
    static let collection = Collection<Job>(
        "codepipeline.job",
        lookups: [
            "waiting": { job in
                guard let type = job.type, job.status == .queued || job.status == .dispatched else { return [] }
                return ["\(job.pipeline.account)/\(job.pipeline.region)/\(type.key)"]
            },
            "run": { [$0.run] },
        ])

    /// Removes the jobs of an execution.
    static func remove(of execution: Execution, in transaction: Transaction) throws {
        for run in execution.stages.flatMap(\.runs) {
            for job in try transaction.find(collection, "run", run.id) { try transaction.delete(collection, job.key) }
        }
    }

    /// The id of a run's job in that round.
    static func id(_ run: String, round: Int) -> String { StableID.uuid(run, "job", "\(round)") }
}

/// A kind of action that somebody made.
struct CustomActionType: Codable, Sendable {
    var id: ActionTypeID
    var settings: JSON?
    var properties: [ActionFacts.Property]
    var inputs: JSON
    var outputs: JSON
    var tags: [String: String] = [:]
    var scope: String

    /// By account, region and type.
    static let collection = Collection<CustomActionType>("codepipeline.actiontype", lookups: ["scope": { [$0.scope] }])
    /// How many there may be (User Guide, "Quotas").
    static let limit = 50

    /// Custom actions have a day (User Guide, "Quotas").
    var facts: ActionFacts {
        ActionFacts(
            id: id, inputs: range(inputs), outputs: range(outputs), properties: properties, timeout: .seconds(86_400))
    }

    private func range(_ details: JSON) -> ClosedRange<Int> {
        let low = details["minimumCount"]?.int ?? 0
        return low...max(low, details["maximumCount"]?.int ?? 0)
    }

    var view: JSON { facts.view(settings: settings ?? [:]) }
}

/// An address that a repository's host calls when something changed.
struct Webhook: Codable, Sendable {
    var name: String
    var account: String
    var region: String
    /// As it was sent, the secret in the clear.
    var definition: JSON
    /// The unguessable end of its address.
    var address: String
    var tags: [String: String] = [:]
    var lastTriggered: Timestamp?
    var errorCode: String?
    var errorMessage: String?

    /// By account, region and name.
    static let collection = Collection<Webhook>(
        "codepipeline.webhook",
        lookups: ["scope": { ["\($0.account)/\($0.region)/"] }, "address": { [$0.address] }])
    /// How many there may be (User Guide, "Quotas").
    static let limit = 300

    var arn: String { "arn:aws:codepipeline:\(region):\(account):webhook:\(name)" }
}
