internal import Cloud
internal import Ledger
internal import Notation

/// One run of an action or a rule, with all that carrying it out needs.
struct RunContext: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let watch: LogWatch
    let roles: RoleSessions
    let runner: MachineRunner<PipelineMachine>

    let pipeline: PipelineMachine.Identity
    let definition: PipelineDefinition
    let execution: Execution
    let stage: String
    let run: Run
    /// Nil for rules.
    let action: PipelineDefinition.Action?
    /// Nil for actions.
    let rule: PipelineDefinition.Rule?

    var region: String { action?.region ?? rule?.region ?? pipeline.region }
    var provider: String { action?.actionTypeId.provider ?? rule?.ruleTypeId.provider ?? "" }
    var commands: [String] { action?.commands ?? rule?.commands ?? [] }
    var store: PipelineDefinition.Store? { definition.store(region) }

    /// A value of the resolved configuration; nil when it is absent or empty.
    func value(_ name: String) -> String? {
        let value = run.configuration[name]
        return value?.isEmpty == true ? nil : value
    }

    func isTrue(_ name: String) -> Bool { value(name)?.lowercased() == "true" }

    /// Slipway itself, in the action's region.
    var owner: Caller {
        Caller.root(account: pipeline.account, region: region).through(CodePipelineService.principal)
    }

    /// Whoever the action acts as: its own role, else the pipeline's.
    func caller() async throws -> Caller {
        var caller = try await roles.session(
            pipeline: definition.roleArn, action: action?.roleArn ?? rule?.roleArn, name: execution.id, as: owner
        ).caller
        caller.region = region
        return caller
    }

    /// Calls an operation as the action's role.
    @discardableResult
    func call(_ service: String, _ operation: String, _ input: JSON) async throws -> JSON {
        try await cloud.call(service, operation, input, as: try await caller())
    }

    /// The address of a page of the console.
    func page(_ parts: String...) -> String {
        let safe = parts.map { part in
            part.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.~:@".contains($0)) ? String($0) : "" }.joined()
        }
        return "\(cloud.endpoint)/_slipway/console/\(safe.joined(separator: "/"))"
    }

    /// Tells the machine how the run is getting on.
    func tell(_ progress: PipelineMachine.Progress) async throws {
        try await runner.send(.progress(run: run.id, progress), to: pipeline.machine)
    }
}

/// Sessions of roles, kept while they are good for another quarter of an hour: a role assumed anew for each action
/// would cost each of them a synced write.
actor RoleSessions {
    private static let reserve = Duration.seconds(900)
    private let cloud: Cloud
    private var known: [String: RoleSession] = [:]

    init(cloud: Cloud) { self.cloud = cloud }

    /// A session of the pipeline's role, or of an action's role assumed by the pipeline's.
    ///
    /// - Throws: ``RunError`` when a role cannot be assumed.
    func session(pipeline: String, action: String?, name: String, as owner: Caller) async throws -> RoleSession {
        let key = "\(owner.account) \(pipeline) \(action ?? "")"
        if let session = known[key], session.expires - Self.reserve > cloud.surroundings.now { return session }
        let base = try await assume(pipeline, name, as: owner)
        var session = base
        if let action { session = try await chain(action, from: base, name, as: owner) }
        // Somebody else may have been as quick: either is good.
        if known.count > 1000 { known = [:] }
        known[key] = session
        return session
    }

    private func assume(_ role: String, _ name: String, as owner: Caller) async throws -> RoleSession {
        do {
            return try await cloud.assume(role, session: name, for: CodePipelineService.principal, as: owner)
        } catch let error as AWSError where error.isSender {
            throw RunError(
                "PermissionError",
                "CodePipeline is not authorized to perform AssumeRole on role \(role): \(error.message)")
        }
    }

    /// On AWS the pipeline's role assumes an action's. A role that trusts CodePipeline itself is taken as well.
    private func chain(_ role: String, from base: RoleSession, _ name: String, as owner: Caller) async throws
        -> RoleSession
    {
        do {
            return try await cloud.assume(role, session: name, from: base)
        } catch let error as AWSError where error.code.hasPrefix("AccessDenied") {
            return try await assume(role, name, as: owner)
        }
    }
}
