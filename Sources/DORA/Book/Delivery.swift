internal import Notation

/// One attempt to bring a change to the users of a service: what the figures count.
///
/// It is a stack's update with all the traffic shifts it makes, a deployment that no stack asked for, or a pipeline's
/// deploy action of another kind. Whether it counts, and as what, is not said here: see ``Judge``.
struct Delivery: Codable, Sendable, Hashable {
    /// What carried it out.
    enum Kind: String, Codable, Sendable {
        case stack, deployment, pipeline
    }

    /// How it stands.
    enum State: String, Codable, Sendable {
        case underWay, succeeded, failed
    }

    /// Its id: the deployment's own, or one made of the event that began it.
    var id: String
    var account: String
    var region: String
    /// The stack's name, the application's where there is no stack, the pipeline's where there is neither.
    var service: String
    var kind: Kind
    var started: Timestamp
    var state = State.underWay
    /// When it was over: all traffic moved, or back again.
    var ended: Timestamp?
    /// The stack it changed.
    var stackID: String?
    /// Why it failed, in the words of whoever said so first.
    var cause: String?
    /// How traffic moved, one entry for each alias.
    var shifts: [Shift] = []
    /// When it changed something that answers requests at once, without a shift.
    var exposed: Timestamp?
    /// When everything stood again as before.
    var restored: Timestamp?
    /// The pipeline that made it.
    var link: PipelineLink?
    /// The stack's tags that begin with `slipway:`.
    var tags: [String: String] = [:]
    /// Set when it was taken back after it had succeeded.
    var takenBack: TakenBack?
    /// Whether it only brings an earlier version back: a recovery, not a deployment.
    var isRollback = false
    /// Whether its stack holds the tools of delivery (pipelines, builds, repositories) and not what they deliver.
    var isTooling: Bool?

    /// `account/region`.
    var scope: String { "\(account)/\(region)" }

    /// When all users had it; nil before, and when it never came so far.
    var reachedAll: Timestamp? {
        let full = shifts.map { $0.points.first { $0.weight >= 100 }?.time }
        if !full.isEmpty { return full.contains(nil) ? nil : full.compactMap(\.self).max() }
        return state == .succeeded ? ended : nil
    }

    /// When the first user had it; nil when none had.
    var reachedUsers: Timestamp? {
        let first = shifts.compactMap { $0.points.first { $0.weight > 0 }?.time } + [exposed].compactMap(\.self)
        if let first = first.min() { return first }
        return state == .succeeded ? ended : nil
    }
}

/// How an alias moved from one version to another.
struct Shift: Codable, Sendable, Hashable {
    /// A moment at which the new version's share changed.
    struct Point: Codable, Sendable, Hashable {
        var time: Timestamp
        /// In percent, from then on.
        var weight: Int
    }

    /// The deployment's id in CodeDeploy.
    var deployment: String
    var function: String
    var alias: String
    var oldVersion: String
    var newVersion: String
    var points: [Point] = []
    var state = Delivery.State.underWay
    var ended: Timestamp?
}

/// Which part of which pipeline made a delivery.
struct PipelineLink: Codable, Sendable, Hashable {
    var pipeline: String
    var execution: String
    /// The pipeline's version, as the action's event says it.
    var version: String
    var stage: String
    var action: String
}

/// Who took a delivery back, and when all users had the earlier version again.
struct TakenBack: Codable, Sendable, Hashable {
    var time: Timestamp
    /// A deployment's id, or what was done by hand.
    var by: String
}
