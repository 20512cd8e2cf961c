import CloudFormationTemplate
import Ledger
import LedgerTesting
import Notation

@testable import CloudFormation

/// What the machine's commands do in the tests: things that stand, by physical id. Failures come from a seed.
final class OutsideWorld {
    /// What stands.
    var things: [String: JSON] = [:]
    /// How likely each kind of action fails.
    var failures: [StackOperation.Action.Kind: Double] = [:]
    /// Logical ids that cannot be created or changed.
    var broken: Set<String> = []
    /// Logical ids that cannot be deleted.
    var clinging: Set<String> = []
    /// How likely a hook for stacks objects.
    var objection = 0.0
    /// Names of exports that others have, with those others.
    var exported: [String: String] = [:]
    /// What was carried out, in order, repeats left out.
    private(set) var log: [String] = []
    private var verdicts: [String: Bool] = [:]
    private let chance: SeededChance

    init(seed: UInt64 = 0) { chance = SeededChance(seed: seed) }

    func perform(_ command: StackOperation.Command, _ key: String, _ now: Timestamp) throws -> StackOperation.Event? {
        if case .claim(let names) = command {
            let others = names.filter { exported[$0] != nil }.map { ($0, exported[$0] ?? "") }
            return .claimed(taken: Dictionary(others) { first, _ in first })
        }
        if case .judge(let token) = command {
            let fails = verdicts[token] ?? (chance.fraction() < objection)
            verdicts[token] = fails
            return .judged(problem: fails ? "The following hook(s) failed: [A::B::C]" : nil)
        }
        guard case .act(let action) = command else { return nil }
        let verdict = verdicts[action.token]
        let isHopeless = (action.kind == .delete ? clinging : broken).contains(action.logicalID)
        let fails = verdict ?? (isHopeless || chance.fraction() < failures[action.kind] ?? 0)
        if verdict == nil { log.append("\(action.kind.rawValue) \(action.logicalID)") }
        verdicts[action.token] = fails
        if fails {
            // Half of what fails to be created stands nevertheless.
            guard action.kind == .create, action.suffix.first ?? "A" < "K" else {
                return .failed(token: action.token, reason: "no luck", physicalID: nil, isCancelled: false)
            }
            let id = "\(action.logicalID)-\(action.suffix)"
            things[id] = action.properties
            return .failed(token: action.token, reason: "no luck", physicalID: id, isCancelled: false)
        }
        let id = action.physicalID ?? "\(action.logicalID)-\(action.suffix)"
        if action.kind == .delete { things.removeValue(forKey: id) } else { things[id] = action.properties }
        return .succeeded(token: action.token, physicalID: id, attributes: ["Arn": .string("arn:\(id)")])
    }
}

/// A stack under test: its resources, and the operations on it.
struct TestStack {
    var resources: [StackResource] = []
    var status = StackStatus.reviewInProgress
    var events: [LedgerEvent] = []
    var outputs: [StackOperation.OutputValue]?
    private var count = 0

    static let types: [String: StackOperation.TypeFacts] = [
        "T": .init(replacing: ["Name"], nameProperty: nil, canUpdate: true, isTaggable: false),
        "Fixed": .init(replacing: [], nameProperty: nil, canUpdate: false, isTaggable: false),
        "Named": .init(replacing: ["Kind"], nameProperty: "Name", canUpdate: true, isTaggable: false),
    ]

    /// An operation on this stack, not begun.
    mutating func operation(
        _ intent: StackOperation.Intent, _ yaml: String? = nil, _ change: (inout OperationSubject) -> Void = { _ in }
    ) throws -> StackOperation {
        count += 1
        var subject = OperationSubject(
            operationID: "op-\(count)", stackID: "arn:stack", stackName: "stack", account: "1", region: "r",
            principal: "p")
        subject.hasGoodState = intent != .create && status != .rollbackFailed && status != .createFailed
        change(&subject)
        return StackOperation(
            intent, subject, status: status,
            plan: try yaml.map { OperationPlan(try Self.resolve($0), types: Self.types) } ?? OperationPlan(),
            resources: resources,
            eventCount: events.count)
    }

    static func resolve(_ yaml: String) throws -> ResolvedTemplate {
        let (template, report) = Template.read(try TemplateText(parsing: yaml).body)
        guard report.isValid else { throw TemplateError(report) }
        return try template.resolve(StackContext(accountID: "1", region: "r"))
    }

    /// Takes the operation to its end.
    mutating func run(
        _ operation: StackOperation, in world: OutsideWorld, seed: UInt64 = 0,
        roughness: MachineSimulation<StackOperation>.Roughness = .smooth
    ) throws {
        var simulation = MachineSimulation(operation, seed: seed, roughness: roughness)
        try simulation.send(.start)
        try simulation.run(world: world.perform)
        guard simulation.isFinished else {
            throw Stuck(description: "seed \(seed): stuck in \(simulation.engine.phase)")
        }
        take(simulation)
    }

    /// Takes over what an operation led to.
    mutating func take(_ simulation: MachineSimulation<StackOperation>) {
        status = simulation.engine.status
        resources = simulation.engine.resources.values.filter {
            $0.current != nil || !$0.leaving.isEmpty || $0.original != nil
        }
        events += simulation.log
        outputs = simulation.engine.outputs ?? outputs
    }

    /// What stands by the stack's own account: physical id and properties.
    var standing: [String: JSON] {
        var all: [String: JSON] = [:]
        for resource in resources { if let current = resource.current { all[current.physicalID] = current.properties } }
        return all
    }

    /// Physical ids that the stack knows to be left over.
    var leftOver: Set<String> { Set(resources.flatMap { $0.leaving.map(\.deployed.physicalID) }) }

    func current(_ logicalID: String) -> DeployedResource? {
        resources.first { $0.logicalID == logicalID }?.current
    }

    /// The statuses told of, `LogicalId STATUS`.
    var story: [String] {
        events.map { event in
            let name = event.detail["logical-resource-id"]?.string ?? "stack"
            return "\(name) \(event.detail["status-details"]?["status"]?.string ?? "")"
        }
    }
}

/// An operation that came to no end.
struct Stuck: Error { let description: String }
