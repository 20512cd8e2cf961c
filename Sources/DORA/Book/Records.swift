internal import Notation

/// What is known of a stack between its events.
struct StackRecord: Codable, Sendable, Hashable {
    /// The delivery under way.
    var open: String?
    /// Whether another stack made it: then what happens to it is a part of that stack's delivery.
    var parent: String?
    /// Whether it has an alias: then its functions' newest code is nothing that users see.
    var hasAlias = false
    /// Whether it holds pipelines, builds or repositories; and whether it holds something that answers requests.
    var hasTools: Bool?
    var serves: Bool?

    /// Whether it is only there to deliver others.
    var isTooling: Bool? { hasTools == true && serves != true ? true : nil }
}

/// What is known of an alias between its events.
struct AliasRecord: Codable, Sendable, Hashable {
    /// How many earlier versions are remembered. A way back further than this is taken for a new version.
    static let memory = 50

    /// The versions that had all its traffic, the present one last.
    var served: [String] = []
    /// Which delivery brought which version.
    var brought: [String: String] = [:]
    /// The stack it belongs to.
    var stackID: String?
    /// The deployment that moves it now, and the delivery that is a part of.
    var active: Active?

    struct Active: Codable, Sendable, Hashable {
        var deployment: String
        /// Nil for a deployment that only carries out a stack's own way back.
        var delivery: String?
    }

    /// Notes that a version has all the traffic.
    mutating func serve(_ version: String) {
        guard served.last != version else { return }
        served.append(version)
        guard served.count > Self.memory else { return }
        served.removeFirst(served.count - Self.memory)
        brought = brought.filter { served.contains($0.key) }
    }

    /// Whether that version had the traffic before, and is older than the present one: versions are numbered in order.
    func isWayBack(to version: String) -> Bool {
        guard let now = served.last.flatMap({ Int($0) }), let number = Int(version) else { return false }
        return number < now && served.contains(version)
    }
}

/// A run of a pipeline, and what it has under way.
struct ExecutionRecord: Codable, Sendable, Hashable {
    var pipeline: String
    var started: Timestamp
    /// Whether it brings back what an earlier run had.
    var isRollback = false
    /// What it was made of.
    var sources: [SourceRevision] = []
    /// The stages that have deployed something, in the order they did.
    var deployed: [String] = []
    /// The deploy actions under way: when each began, by the action execution's name.
    var open: [String: Timestamp] = [:]
}

/// A commit that a pipeline took from a repository.
struct SourceRevision: Codable, Sendable, Hashable {
    var action: String
    var commit: String
    /// Unknown where the event does not say.
    var repository: String?
}

/// The stages of a pipeline that deploy, in order.
struct PipelineRecord: Codable, Sendable, Hashable {
    var stages: [String] = []
    /// Whether the pipeline itself told them: then those seen later change nothing.
    var isDeclared = false
}

/// New commits on a branch.
struct Push: Codable, Sendable, Hashable {
    var repository: String
    var branch: String
    /// The branch's newest commit after it, and before it.
    var head: String
    var old: String?
    var time: Timestamp
    /// What came with it, the newest first; nil until that was looked up.
    var commits: [Commit]?
    /// Whether those are all.
    var isComplete = true
    /// Where it happened.
    var account: String
    var region: String
}

/// A commit, as far as the figures need it.
struct Commit: Codable, Sendable, Hashable {
    var id: String
    /// The first line of its message.
    var title: String
    /// Commits it says it reverts.
    var reverts: [String] = []
    /// Deployments it says it mends.
    var fixes: [String] = []
    /// The incident it says it is for.
    var incident: String?

    /// Reads the message as git and people write it: `This reverts commit SHA.`, and the trailers `Fixes-Deployment:`
    /// and `Incident:`.
    init(id: String, message: String) {
        self.id = id
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        title = String((lines.first ?? "").prefix(200))
        for line in lines {
            if let range = line.firstRange(of: "This reverts commit ") {
                let sha = line[range.upperBound...].prefix { $0.isHexDigit }
                if sha.count >= 7 { reverts.append(String(sha)) }
            }
            if let value = Self.trailer("Fixes-Deployment", in: line) { fixes.append(value) }
            if let value = Self.trailer("Incident", in: line) { incident = value }
        }
    }

    private static func trailer(_ name: String, in line: String) -> String? {
        guard line.lowercased().hasPrefix(name.lowercased() + ":") else { return nil }
        let value = line.dropFirst(name.count + 1).drop { $0 == " " }.prefix(100)
        return value.isEmpty ? nil : String(value)
    }
}
