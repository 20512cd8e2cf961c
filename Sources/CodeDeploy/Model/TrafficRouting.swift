internal import Notation

/// How traffic moves to the new version: in which steps, and how long between them.
///
/// Source: CodeDeploy API Reference, TrafficRoutingConfig, TimeBasedCanary, TimeBasedLinear.
package struct TrafficRouting: Sendable, Hashable, Codable {
    /// The ways traffic can move.
    package enum Kind: String, Sendable, Codable {
        case allAtOnce = "AllAtOnce"
        case canary = "TimeBasedCanary"
        case linear = "TimeBasedLinear"
    }

    /// The way.
    package var kind: Kind
    /// The size of the first step (canary) or of every step (linear), in percent.
    package var percentage: Int
    /// The time between steps, in seconds.
    package var intervalSeconds: Int

    /// A routing of these parts.
    package init(_ kind: Kind, percentage: Int = 100, intervalSeconds: Int = 0) {
        self.kind = kind
        self.percentage = percentage
        self.intervalSeconds = intervalSeconds
    }

    /// The new version's share after each step, in percent; the last is 100.
    package var weights: [Int] {
        switch kind {
        case .allAtOnce: [100]
        case .canary: [percentage, 100]
        case .linear: stride(from: percentage, to: 100, by: max(percentage, 1)).map { $0 } + [100]
        }
    }

    /// The time between steps.
    package var interval: Duration { .seconds(intervalSeconds) }

    /// The time from the first step to the last.
    package var span: Duration { interval * (weights.count - 1) }

    /// What AWS's model shows of it. Intervals are whole minutes there; shorter ones show as 0.
    var view: JSON {
        let minutes = JSON.int(intervalSeconds / 60)
        let share = JSON.int(percentage)
        return switch kind {
        case .allAtOnce: ["type": "AllAtOnce"]
        case .canary:
            ["type": "TimeBasedCanary", "timeBasedCanary": ["canaryPercentage": share, "canaryInterval": minutes]]
        case .linear:
            ["type": "TimeBasedLinear", "timeBasedLinear": ["linearPercentage": share, "linearInterval": minutes]]
        }
    }
}

extension TrafficRouting {
    /// The longest a deployment may take from the first step to the last (AWS: 2880 minutes).
    static let longestSpan = Duration.seconds(2880 * 60)

    /// The routing that a name ends in, such as `Canary10Percent20Seconds` or `Linear25PercentEvery5Seconds`, with any
    /// prefix; nil when it ends in none. Seconds are Slipway's; the rest are the words of AWS's own names.
    package init?(named name: String) {
        guard
            let match = name.firstMatch(of: /(Canary|Linear)([0-9]{1,2})Percent(Every)?([0-9]{1,6})(Second|Minute)s?$/)
        else {
            return nil
        }
        let isLinear = match.1 == "Linear"
        guard isLinear == (match.3 != nil), let percentage = Int(match.2), let number = Int(match.4),
            percentage > 0, number > 0
        else { return nil }
        self.init(
            isLinear ? .linear : .canary, percentage: percentage,
            intervalSeconds: number * (match.5 == "Second" ? 1 : 60))
        guard span <= Self.longestSpan else { return nil }
    }
}
