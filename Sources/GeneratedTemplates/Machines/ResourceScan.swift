internal import CloudFormation
package import Ledger
package import Notation

/// A look at everything that stands in an account and region, type by type, as a machine.
///
/// Source: "Generate templates from existing resources" in the User Guide.
package struct ResourceScan: Machine {
    /// The name under which scans are stored.
    package static let kind = "cloudformation resource scan"
    /// What the alarm clock feeds in; it is never set.
    package static var woken: Event { .woken }

    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// It begins.
        case start
        /// A type has been listed; or could not be.
        case scanned(type: String, count: Int, trouble: String?)
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// List the resources of that type and keep what is found.
        case scan(type: String)
    }

    /// Its ARN.
    package let id: String
    /// Where it looks.
    package let account: String
    /// Where it looks.
    package let region: String
    /// Who asked.
    package let principal: String
    /// The types that are listed.
    package let types: [String]
    /// As they were given.
    package let filters: JSON?
    /// When it began.
    package private(set) var started = Timestamp(microseconds: 0)
    /// When it ended.
    package private(set) var ended: Timestamp?
    /// The types that have been listed, with how many there are.
    package private(set) var counts: [String: Int] = [:]
    /// What could not be listed.
    package private(set) var troubles: [String] = []

    init(id: String, account: String, region: String, principal: String, types: [String], filters: JSON?) {
        self.id = id
        self.account = account
        self.region = region
        self.principal = principal
        self.types = types
        self.filters = filters
    }

    /// Takes one step. Repeats change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        guard ended == nil else { return Reaction() }
        var reaction = Reaction<Command>()
        switch event {
        case .start:
            guard started.microseconds == 0 else { return reaction }
            started = now
            reaction.commands = types.map { .scan(type: $0) }
        case .scanned(let type, let count, let trouble):
            guard types.contains(type), counts[type] == nil else { return reaction }
            counts[type] = count
            if let trouble { troubles.append("\(type): \(trouble)") }
        case .woken: return reaction
        }
        guard counts.count == types.count else { return reaction }
        ended = now
        reaction.isFinished = true
        reaction.events = [
            LedgerEvent(
                id: StableID.uuid(id, status), time: now, source: "aws.cloudformation",
                detailType: "CloudFormation Resource Scan Status Change", account: account, region: region,
                resources: [id], detail: ["resource-scan-id": .string(id), "status": .string(status)])
        ]
        return reaction
    }

    /// Its status in CloudFormation's words: failed only when nothing at all could be listed.
    var status: String {
        guard ended != nil else { return "IN_PROGRESS" }
        return !troubles.isEmpty && troubles.count == types.count ? "FAILED" : "COMPLETE"
    }

    /// The scan as the API answers with it.
    var view: JSON {
        var view: JSON = [
            "ResourceScanId": .string(id), "Status": .string(status), "StartTime": .double(started.seconds),
            "PercentageCompleted": .double(types.isEmpty ? 100 : Double(counts.count * 100 / types.count)),
        ]
        view["EndTime"] = ended.map { .double($0.seconds) }
        if !troubles.isEmpty { view["StatusReason"] = .string(troubles.sorted().joined(separator: "; ")) }
        return view
    }
}

/// A resource that a scan found.
struct ScannedResource: Codable, Sendable {
    var type: String
    var identifier: String
    var physicalID: String
    /// By scan, type and identifier.
    static let collection = Collection<ScannedResource>("cloudformation scanned resource")
}
