import Notation

/// One push on its way through the pipeline, told a line at a time.
struct DemoRelease {
    private let desk: PipelineDesk
    private let narrator: Narrator
    private let pipeline: String
    /// The pipeline's execution.
    let execution: String
    private var told: Set<String> = []

    /// Waits for the execution that the commit started.
    ///
    /// - Throws: ``CommandFailure`` when none begins within a minute.
    init(of commit: String, pipeline: String, client: SlipwayClient, narrator: Narrator) async throws {
        desk = PipelineDesk(client: client)
        self.narrator = narrator
        self.pipeline = pipeline
        execution = try await desk.execution(ofCommit: commit, of: pipeline, say: { narrator.quote([$0]) })
    }

    /// Tells what happens until the execution has ended, or until `isEnough` says so. Asked again, it goes on from there.
    ///
    /// - Returns: The execution as last seen.
    mutating func follow(until isEnough: (JSON) async throws -> Bool = { _ in false }) async throws -> JSON {
        while true {
            let view = try await desk.execution(execution, of: pipeline)
            tell(view)
            if view["status"] != "InProgress" { return view }
            if try await isEnough(view) { return view }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// A line for every action that has begun or ended since the last look.
    private mutating func tell(_ view: JSON) {
        for stage in view["stages"]?.array ?? [] {
            for action in stage["actions"]?.array ?? [] where action["executionId"]?.string == execution {
                guard let status = action["status"]?.string, status != "InProgress" else { continue }
                let name = "\(stage["name"]?.string ?? "")/\(action["name"]?.string ?? "")"
                guard told.insert(name).inserted else { continue }
                let seconds = (action["ended"]?.double ?? 0) - (action["started"]?.double ?? 0)
                let line = "\(name): \(status), \(DeploymentTree.span(max(0, seconds)))"
                narrator.quote([line + (action["error"]?["message"]?.string.map { ": \($0)" } ?? "")])
            }
        }
    }
}
