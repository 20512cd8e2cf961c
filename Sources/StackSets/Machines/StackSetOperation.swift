internal import CloudFormation
package import Ledger
package import Notation

/// One operation on a stack set as a machine: works through accounts and regions, so many at once, until it is done or
/// too much has failed.
///
/// A region that has had more failures than are borne is given up; where regions come one after the other, so are those
/// after it. Source: "Stack set operation options" in the User Guide.
package struct StackSetOperation: Machine {
    /// The name under which operations are stored.
    package static let kind = "stack set operation"
    /// What the alarm clock feeds in; it is never set.
    package static var woken: Event { .woken }

    /// What is done to each stack.
    package enum Action: String, Codable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case detectDrift = "DETECT_DRIFT"
        /// Takes a stack that stands into the set.
        case adopt = "IMPORT"
    }

    /// Where a stack of the set is.
    package struct Target: Codable, Sendable, Hashable {
        /// The account.
        package var account: String
        /// The region.
        package var region: String
    }

    /// How one target went.
    package struct Result: Codable, Sendable, Hashable {
        /// `PENDING`, `RUNNING`, `SUCCEEDED`, `FAILED` or `CANCELLED`.
        package var status: String
        /// Why.
        package var reason: String?
        /// The stack.
        package var stackID: String?
        /// What a look for drift found.
        package var drift: String?
    }

    /// What it is about.
    struct Subject: Codable, Sendable {
        var operationID: String
        var setID: String
        var setName: String
        var setARN: String
        /// The account and region that it is administered from.
        var account: String
        var region: String
        /// Who asked for it.
        var principal: String
        var action: Action
        var preferences = StackSetPreferences()
        /// Whether stacks stay when they leave the set.
        var retainsStacks = false
        var administrationRoleARN: String?
        var executionRoleName: String?
        /// What the stacks shall be.
        var revision: StackSet.Revision
        /// The stacks to be taken in, by target.
        var adopted: [String: String] = [:]
    }

    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// It has to wait for others.
        case queue
        /// It begins.
        case start
        /// A target has come to its end.
        case ended(Target, Result)
        /// The user stops it.
        case stop
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// Do what the operation is for at that target.
        case act(Target)
    }

    /// What it is about.
    let subject: Subject
    /// Its targets, in order.
    let targets: [Target]
    /// How each went, by account and region.
    private(set) var results: [String: Result]
    /// `QUEUED`, `RUNNING`, `STOPPING`, and at its end `SUCCEEDED`, `FAILED` or `STOPPED`.
    private(set) var status = "QUEUED"
    private(set) var created = Timestamp(microseconds: 0)
    private(set) var ended: Timestamp?
    /// The targets that the last step touched: for the documents, not stored.
    private(set) var touched = Touched()

    /// An operation that has not begun.
    init(_ subject: Subject, targets: [Target]) {
        self.subject = subject
        let regions = subject.preferences.ordered(
            targets.map(\.region).reduce(into: []) { all, region in
                if !all.contains(region) { all.append(region) }
            })
        self.targets = regions.flatMap { region in targets.filter { $0.region == region } }
        results = Dictionary(targets.map { (Self.key($0), Result(status: "PENDING")) }) { first, _ in first }
    }

    static func key(_ target: Target) -> String { "\(target.account)/\(target.region)" }

    /// Whether it has come to its end.
    var isOver: Bool { ended != nil }

    /// What the last step touched. It belongs to one step only.
    struct Touched: Codable, Sendable {
        var targets: [Target] = []
        init() {}
        init(from decoder: any Decoder) throws {}
        func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: CodingKeys.self) }
        private enum CodingKeys: CodingKey {}
    }
}

extension StackSetOperation {
    /// Takes one step. Repeats, and what comes after the end, change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        touched = Touched()
        guard !isOver else { return Reaction() }
        let before = status
        switch event {
        case .queue: created = now
        case .start:
            guard status == "QUEUED" else { return Reaction() }
            if created.microseconds == 0 { created = now }
            status = "RUNNING"
        case .ended(let target, let result):
            guard results[Self.key(target)]?.status == "RUNNING" else { return Reaction() }
            set(target, result)
        case .stop:
            guard status == "RUNNING" || status == "QUEUED" else { return Reaction() }
            status = "STOPPING"
        case .woken: return Reaction()
        }
        var reaction = Reaction(status == "QUEUED" ? [] : pump())
        if status != "QUEUED", !results.values.contains(where: { $0.status == "PENDING" || $0.status == "RUNNING" }) {
            status = status == "STOPPING" ? "STOPPED" : hasFailed ? "FAILED" : "SUCCEEDED"
            ended = now
            reaction.isFinished = true
        }
        reaction.events = touched.targets.map { news(of: $0, now) }
        if status != before || event.isBeginning { reaction.events.append(news(now)) }
        return reaction
    }

    private mutating func set(_ target: Target, _ result: Result) {
        results[Self.key(target)] = result
        touched.targets.append(target)
    }

    private func count(_ status: String, in region: String) -> Int {
        targets.count { $0.region == region && results[Self.key($0)]?.status == status }
    }

    /// The regions in their order.
    private var regions: [String] {
        targets.map(\.region).reduce(into: []) { all, region in if all.last != region { all.append(region) } }
    }

    private func isGivenUp(_ region: String) -> Bool {
        let accounts = targets.count { $0.region == region }
        return count("FAILED", in: region) > subject.preferences.tolerance(accounts: accounts)
    }

    /// Whether more has failed somewhere than is borne.
    private var hasFailed: Bool { regions.contains { isGivenUp($0) } }

    /// Begins what may be begun, and gives up what may not.
    private mutating func pump() -> [Command] {
        var commands: [Command] = []
        var isGivenUp = status == "STOPPING"
        for region in regions {
            isGivenUp = isGivenUp || self.isGivenUp(region)
            let pending = targets.filter { $0.region == region && results[Self.key($0)]?.status == "PENDING" }
            let running = count("RUNNING", in: region)
            if isGivenUp {
                for target in pending { set(target, Result(status: "CANCELLED", reason: cancelledBecause)) }
            } else {
                let accounts = targets.count { $0.region == region }
                let limit = subject.preferences.concurrency(accounts: accounts, failed: count("FAILED", in: region))
                for target in pending.prefix(max(limit - running, 0)) {
                    set(target, Result(status: "RUNNING"))
                    commands.append(.act(target))
                }
                if !subject.preferences.isParallel, !pending.isEmpty || running > 0 { break }
            }
            if subject.preferences.isParallel, status != "STOPPING" { isGivenUp = false }
        }
        return commands
    }

    private var cancelledBecause: String {
        status == "STOPPING" ? "Cancelled by the user" : "Cancelled since failure tolerance has exceeded"
    }

    private func news(_ now: Timestamp) -> LedgerEvent {
        told(
            "CloudFormation StackSet Operation Status Change", now, status,
            ["action": .string(subject.action.rawValue), "status-details": ["status": .string(status)]])
    }

    private func news(of target: Target, _ now: Timestamp) -> LedgerEvent {
        let result = results[Self.key(target)]
        let details: JSON = [
            "status": .string(result?.status ?? ""), "status-reason": .string(result?.reason ?? ""),
        ]
        return told(
            "CloudFormation StackSet StackInstance Status Change", now, Self.key(target) + (result?.status ?? ""),
            [
                "stack-id": .string(result?.stackID ?? ""), "account": .string(target.account),
                "region": .string(target.region), "status-details": details,
            ])
    }

    private func told(_ type: String, _ now: Timestamp, _ mark: String, _ more: JSON) -> LedgerEvent {
        var detail = more
        detail["stack-set-arn"] = .string(subject.setARN)
        detail["operation-id"] = .string(subject.operationID)
        return LedgerEvent(
            id: StableID.uuid(subject.setID, subject.operationID, mark), time: now, source: "aws.cloudformation",
            detailType: type, account: subject.account, region: subject.region, resources: [subject.setARN],
            detail: detail)
    }
}

extension StackSetOperation.Event {
    fileprivate var isBeginning: Bool { if case .queue = self { true } else { false } }
}
