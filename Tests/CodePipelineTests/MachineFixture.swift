@testable import CodePipeline
import Ledger
import LedgerTesting
import Notation

/// A pipeline's machine with the outside world in the test's hands.
struct MachineFixture {
    private(set) var machine: PipelineMachine
    private(set) var now = Timestamp(seconds: 1_750_000_000)
    private(set) var commands: [PipelineMachine.Command] = []
    private(set) var events: [LedgerEvent] = []
    private(set) var ended: [Execution] = []
    private(set) var wake: Timestamp?
    private var starts = 0

    init(_ definition: PipelineDefinition) {
        machine = PipelineMachine(.init(name: "orders", account: "123456789012", region: "eu-west-1", machine: "m"))
        send(.defined(definition, version: 1))
    }

    mutating func send(_ event: PipelineMachine.Event) {
        let reaction = machine.advance(event, now: now)
        commands += reaction.commands
        events += reaction.events
        if case .at(let moment) = reaction.wake { wake = moment }
        for execution in machine.ended {
            ended.removeAll { $0.id == execution.id }
            ended.append(execution)
        }
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        if let wake, wake <= now { send(.woken) }
    }

    /// Starts an execution; its id is `e1`, `e2` and so on.
    @discardableResult
    mutating func start(_ edit: (inout PipelineMachine.Order) -> Void = { _ in }) -> String {
        starts += 1
        var order = PipelineMachine.Order(
            execution: "e\(starts)", seed: "seed\(starts)",
            trigger: .init(type: "StartPipelineExecution", detail: "somebody"))
        edit(&order)
        send(.start(order))
        return order.execution
    }

    func run(_ action: String, of execution: String) -> Run? {
        machine.execution(execution)?.stages.flatMap(\.runs).last { $0.name == action && $0.status == .inProgress }
    }

    /// Ends the run that is in progress. Says whether there was one.
    @discardableResult
    mutating func end(_ action: String, of execution: String, _ outcome: PipelineMachine.Outcome = .init()) -> Bool {
        guard let run = run(action, of: execution) else { return false }
        send(.ended(run: run.id, outcome))
        return true
    }

    mutating func fail(_ action: String, of execution: String) {
        end(action, of: execution, .failed(RunError("JobFailed", "it broke")))
    }

    func status(_ execution: String) -> Execution.Status? {
        machine.execution(execution)?.status ?? ended.last { $0.id == execution }?.status
    }

    func stage(_ stage: String, of execution: String) -> StageRun? {
        (machine.execution(execution) ?? ended.last { $0.id == execution })?.stageRun(stage)
    }

    func place(_ execution: String) -> String? {
        machine.execution(execution).flatMap { $0.inside.map { "in \($0)" } ?? $0.waitingFor.map { "before \($0)" } }
    }

    func retry(_ execution: String, _ stage: String, _ mode: PipelineDefinition.RetryMode) -> PipelineMachine.Event? {
        guard let old = ended.last(where: { $0.id == execution }), let definition = machine.current else { return nil }
        return .retry(old, stage: stage, mode: mode, definition: definition)
    }

    var states: [String] {
        events.compactMap { event in
            event.detail["state"]?.string.map { "\(event.detailType.split(separator: " ")[1]) \($0)" }
        }
    }
}
