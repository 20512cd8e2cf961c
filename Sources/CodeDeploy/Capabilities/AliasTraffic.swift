package import Cloud

/// An alias as it stands: which version it points at, and which share another gets.
package struct AliasState: Sendable, Hashable, Codable {
    /// The version that gets what the others do not.
    package var version: String
    /// The share of each additional version, from 0 to 1.
    package var weights: [String: Double]

    /// An alias that stands so.
    package init(version: String, weights: [String: Double] = [:]) {
        self.version = version
        self.weights = weights
    }

    /// How a deployment of that target leaves the alias when the new version has that share, in percent.
    package init(_ target: LambdaTarget, percent: Int) {
        switch percent {
        case 0: self.init(version: target.current)
        case 100: self.init(version: target.target)
        default: self.init(version: target.current, weights: [target.target: Double(percent) / 100])
        }
    }

    /// Every version that gets calls.
    package var versions: Set<String> { Set(weights.keys).union([version]) }
}

/// What a deployment needs of Lambda: to read an alias, and to write it if nobody else has.
package protocol AliasTraffic: Sendable {
    /// The alias as it stands, with the mark that a write must present.
    ///
    /// - Throws: ``TrafficProblem``.
    func read(_ target: LambdaTarget, as caller: Caller) async throws -> (state: AliasState, revision: String)

    /// Writes the alias, unless its mark has changed since it was read.
    ///
    /// - Throws: ``TrafficProblem``; `.conflict` when somebody else was faster.
    func write(_ state: AliasState, to target: LambdaTarget, revision: String, as caller: Caller) async throws

    /// Returns when the function has that published version.
    ///
    /// - Throws: ``TrafficProblem``, `.missing` when it has not.
    func checkVersion(_ version: String, of target: LambdaTarget, as caller: Caller) async throws
}

/// Why an alias could not be read or written.
package struct TrafficProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem.
    package enum Kind: String, Sendable, Codable {
        /// Function, alias or version are not there.
        case missing
        /// Somebody else changed the alias.
        case conflict
        /// Whoever deploys may not do that.
        case denied
        /// Refused for good, for the reason in the message.
        case refused
        /// Failed for now; worth another try.
        case transient
    }

    /// The kind.
    package let kind: Kind
    /// What happened, in words.
    package let message: String

    /// A problem.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    package var description: String { message }

    /// What CodeDeploy calls it when a deployment fails of it.
    var code: String {
        switch kind {
        case .missing: "INVALID_LAMBDA_FUNCTION"
        case .denied: "IAM_ROLE_PERMISSIONS"
        case .conflict, .refused, .transient: "INVALID_LAMBDA_CONFIGURATION"
        }
    }

    /// Whether another try may help.
    var isPassing: Bool { kind == .transient || kind == .conflict }
}
