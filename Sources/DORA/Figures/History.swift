internal import Notation

/// Which service.
struct ServiceName: Hashable, Comparable, Sendable {
    let account: String
    let region: String
    let name: String

    static func < (left: ServiceName, right: ServiceName) -> Bool {
        (left.account, left.region, left.name) < (right.account, right.region, right.name)
    }
}

/// All that was delivered to one service's users, judged.
struct History: Sendable {
    let service: ServiceName
    /// In the order they ended, those under way last.
    let deliveries: [Delivery]
    let commits: [String: [Changes.Change]]
    let verdicts: [String: Verdict]

    init(_ service: ServiceName, _ deliveries: [Delivery], _ changes: Changes, _ book: Book) {
        self.service = service
        self.deliveries = deliveries.sorted { Self.order($0) < Self.order($1) }
        commits = changes.commits(of: self.deliveries) { book.sources(of: $0) }
        verdicts = Judge(deliveries: self.deliveries, commits: commits).verdicts()
    }

    private static func order(_ delivery: Delivery) -> (Int64, Int64, String) {
        (delivery.ended?.microseconds ?? .max, delivery.started.microseconds, delivery.id)
    }

    /// When Slipway first saw the service.
    var began: Timestamp? { deliveries.map(\.started).min() }
}

/// The histories of all services, and what was left out of them.
struct Histories: Sendable {
    private(set) var histories: [ServiceName: History] = [:]
    /// Why services are not counted, by their name.
    private(set) var leftOut: [ServiceName: String] = [:]

    /// Those of one account and region, or of all.
    init(_ book: Book, scope: String? = nil) {
        let changes = Changes(book)
        var found: [ServiceName: [Delivery]] = [:]
        for delivery in book.deliveries.values where scope == nil || delivery.scope == scope {
            let name = ServiceName(account: delivery.account, region: delivery.region, name: delivery.service)
            if let reason = book.reasonToLeaveOut(delivery) {
                leftOut[name] = reason
            } else {
                found[name, default: []].append(delivery)
            }
        }
        for (name, deliveries) in found { histories[name] = History(name, deliveries, changes, book) }
        leftOut = leftOut.filter { histories[$0.key] == nil }
    }

    /// In the order of names.
    var sorted: [History] { histories.values.sorted { $0.service < $1.service } }

    /// The delivery of that id, which may be a deployment's of CodeDeploy, with the history it stands in.
    func find(_ id: String) -> (Delivery, History)? {
        for history in histories.values {
            if let found = history.deliveries.first(where: { one in
                one.id == id || one.shifts.contains { $0.deployment == id }
            }) {
                return (found, history)
            }
        }
        return nil
    }
}

extension Book {
    /// The commits a delivery was made of: those of its pipeline's run, or what its stack's tags say.
    func sources(of delivery: Delivery) -> [SourceRevision] {
        if let link = delivery.link { return executions[link.execution]?.sources ?? [] }
        guard let commit = delivery.tags["slipway:commit"], !commit.isEmpty else { return [] }
        return [SourceRevision(action: "", commit: commit, repository: delivery.tags["slipway:repository"])]
    }

    /// Why a delivery is not one to production; nil when it is.
    func reasonToLeaveOut(_ delivery: Delivery) -> String? {
        if let environment = delivery.tags["slipway:environment"] {
            return ["production", "prod", "live"].contains(environment.lowercased())
                ? nil : "Its tag slipway:environment is '\(environment)'."
        }
        if delivery.isTooling == true { return "It holds pipelines, builds or repositories, not what they deliver." }
        if delivery.service.hasPrefix("aws-sam-cli-managed") { return "It is the SAM CLI's own stack." }
        if let link = delivery.link {
            let stages = pipelines["\(delivery.scope)/\(link.pipeline)/\(link.version)"]?.stages ?? []
            if let last = stages.last, last != link.stage {
                return "The stage '\(link.stage)' is not the last of '\(link.pipeline)' that deploys; '\(last)' is."
            }
            if Rules.isRehearsal(link.stage) { return "The stage '\(link.stage)' is named like a rehearsal." }
        }
        return Rules.isRehearsal(delivery.service) ? "'\(delivery.service)' is named like a rehearsal." : nil
    }
}
