internal import Buildspec
internal import Cloud
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// Begins reports with builds and batches, and feeds them what becomes of these.
///
/// Source: AWS CodeBuild API Reference, ProjectSource, reportBuildStatus; User Guide, "Batch build report mode".
struct CommitReports: Sendable {
    let runner: MachineRunner<CommitReport>
    let endpoint: String

    init(ledger: Ledger, endpoint: String) {
        let box = Box()
        runner = MachineRunner<CommitReport>(ledger: ledger, log: Logger(label: "codebuild")) { write, id, _, after in
            // The host has it; the log has what it was not told.
            if after.isOver { try box.runner.withLock { $0 }?.remove(id, in: write) }
        }
        self.endpoint = endpoint
        box.runner.withLock { [runner] in $0 = runner }
    }

    /// The runner, for its own projection.
    private final class Box: Sendable {
        let runner = Mutex<MachineRunner<CommitReport>?>(nil)
    }

    /// In the write of each step of a build: from its commit being known to its end.
    func project(_ transaction: Transaction, _ before: BuildMachine?, _ after: BuildMachine) throws {
        let order = after.order
        let mode = order.settings.buildBatchConfig?.batchReportMode
        guard order.settings.source.reportBuildStatus == true, order.pipeline == nil,
            order.batch == nil || mode == "REPORT_INDIVIDUAL_BUILDS"
        else { return }
        let isEnd = after.phase == .completed && before?.phase != .completed
        // A build that is built again reports its end when that one ends.
        let isBeginning = before?.resolvedSourceVersion == nil && after.resolvedSourceVersion != nil
        guard isEnd ? after.nextRetry == nil : isBeginning else { return }
        let name = order.batch.map { "\(order.project):\($0.identifier)" } ?? order.project
        try report(
            isEnd ? .init(after.status) : .pending, after.resolvedSourceVersion ?? order.sourceVersion, order.settings,
            (order.key, order.arn, order.id, order.number, name, order.owner), transaction)
    }

    /// The same for a batch, unless its builds speak for themselves.
    func project(_ transaction: Transaction, _ before: BatchMachine?, _ after: BatchMachine) throws {
        let order = after.order
        guard order.settings.source.reportBuildStatus == true, order.pipeline == nil,
            order.settings.buildBatchConfig?.batchReportMode != "REPORT_INDIVIDUAL_BUILDS"
        else { return }
        let isEnd = after.isComplete && before?.isComplete != true
        guard isEnd || before?.resolvedSourceVersion == nil && after.resolvedSourceVersion != nil else { return }
        try report(
            isEnd ? .init(after.status) : .pending, after.resolvedSourceVersion ?? order.sourceVersion, order.settings,
            ("batch/" + order.key, order.arn, order.id, order.number, order.project, order.owner), transaction)
    }

    private typealias Subject = (key: String, arn: String, id: String, number: Int, name: String, owner: Caller)

    private func report(
        _ state: CommitReport.State, _ commit: String?, _ settings: ProjectSettings, _ subject: Subject,
        _ transaction: Transaction
    ) throws {
        guard let commit, commit.utf8.count == 40, commit.allSatisfy(\.isHexDigit),
            let connection = Self.connection(
                of: settings.source,
                imported: try transaction.get(
                    SourceCredential.collection, subject.owner.key(settings.source.type))?.value),
            let repository = Self.repository(settings.source)
        else { return }
        let context = settings.source.buildStatusConfig?["context"]?.string
        let target = settings.source.buildStatusConfig?["targetUrl"]?.string
        let report = CommitReport(
            .init(
                owner: subject.owner, role: settings.serviceRole, connection: connection, repository: repository,
                commit: commit.lowercased(),
                context: context ?? "AWS CodeBuild \(subject.owner.region) (\(subject.name))",
                target: target ?? "\(endpoint)/_slipway/console/builds/\(subject.id)", arn: subject.arn,
                number: subject.number))
        if try runner.send(.wanted(state), to: subject.key, in: transaction) == nil {
            try runner.begin(subject.key, report, with: .wanted(state), in: transaction)
        }
    }

    /// The connection that a source is read through: what its project names, else what was imported for its host.
    static func connection(of source: SourceSettings, imported: SourceCredential?) -> String? {
        if let auth = source.auth, auth.resource != nil {
            return auth.type == "CODECONNECTIONS" ? auth.resource : nil
        }
        return imported?.authType == "CODECONNECTIONS" ? imported?.token : nil
    }

    /// `owner/name` in the address of a source.
    static func repository(_ source: SourceSettings) -> String? {
        let path = (source.location ?? "").drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }.dropFirst()
        let name = path.hasSuffix(".git") ? path.dropLast(4) : path
        return name.contains("/") ? String(name) : nil
    }
}

/// Hands messages to the connection's host, as the build's role. Told twice, a host shows the same.
struct CommitReporter: Performer {
    typealias Engine = CommitReport
    let cloud: Cloud
    let runner: MachineRunner<CommitReport>

    func perform(
        _ command: CommitReport.Command, of id: String, key: String
    ) async throws -> CommitReport.Event? {
        guard let subject = try await runner.machine(id)?.subject else { return nil }
        do {
            let role = try await cloud.assume(
                subject.role, session: "AWSCodeBuild-status", for: "codebuild.amazonaws.com", as: subject.owner)
            var input: JSON = [
                "connectionArn": .string(subject.connection), "fullRepositoryId": .string(subject.repository),
                "commitId": .string(subject.commit), "state": .string(command.state.rawValue),
                "context": .string(subject.context), "description": .string(Self.words(command.state, subject)),
            ]
            input["targetUrl"] = subject.target.map(JSON.string)
            try await cloud.call("slipway-codeconnections", "PutCommitStatus", input, as: role.caller)
            return .told(command.state)
        } catch let error as AWSError {
            try Task.checkCancellation()
            let mayPass = error.status == 429 || (error.status >= 500 && error.status != 501)
            return .failed(command.state, message: error.description, mayPass: mayPass)
        }
    }

    private static func words(_ state: CommitReport.State, _ subject: CommitReport.Subject) -> String {
        let kind = subject.arn.contains(":build-batch/") ? "Batch" : "Build"
        return switch state {
        case .pending: "\(kind) \(subject.number) is running"
        case .success: "\(kind) \(subject.number) succeeded"
        case .failure: "\(kind) \(subject.number) failed"
        case .error: "\(kind) \(subject.number) was not finished"
        }
    }
}
