internal import Cloud
internal import Ledger
package import Notation

/// A deployment that does not happen: its own machine under a virtual clock, against traffic that is stated. A canary
/// of thirty minutes takes milliseconds.
///
/// The traffic is what is to be expected, not drawn by chance: the same plan gives the same report.
package struct Rehearsal {
    /// What is rehearsed.
    package struct Plan: Codable, Sendable {
        /// How traffic moves.
        package var routing: TrafficRouting
        /// How many calls come in a second.
        package var requestsPerSecond: Double
        /// Which part of the new version's calls fails, from 0 to 1.
        package var errorRate: Double
        /// Which part of the old version's calls fails.
        package var oldErrorRate: Double?
        /// How long the new version does well before it begins to fail, in seconds.
        package var failsAfter: Double?
        /// The alarm that watches; nil for none.
        package var alarm: Alarm?
        /// How long the hook before traffic takes, in seconds; nil for none.
        package var hookSeconds: Double?
        /// Whether that hook reports failure.
        package var hookFails: Bool?
        /// Whether the deployment is rolled back when it fails or is stopped; yes unless told otherwise.
        package var rollsBack: Bool?

        /// A plan of these parts.
        package init(
            routing: TrafficRouting, requestsPerSecond: Double, errorRate: Double, oldErrorRate: Double? = nil,
            failsAfter: Double? = nil, alarm: Alarm? = nil, hookSeconds: Double? = nil, hookFails: Bool? = nil,
            rollsBack: Bool? = nil
        ) {
            self.routing = routing
            self.requestsPerSecond = requestsPerSecond
            self.errorRate = errorRate
            self.oldErrorRate = oldErrorRate
            self.failsAfter = failsAfter
            self.alarm = alarm
            self.hookSeconds = hookSeconds
            self.hookFails = hookFails
            self.rollsBack = rollsBack
        }
    }

    /// An alarm on the number of errors in a period.
    package struct Alarm: Codable, Sendable {
        /// It fires when there are more errors than this.
        package var threshold: Double
        /// In seconds.
        package var period: Double
        /// Of how many periods.
        package var evaluationPeriods: Int
        /// In how many of them; in all unless told otherwise.
        package var datapointsToAlarm: Int?
        /// How often it is judged, in seconds: 0 is at once, as Slipway does; AWS judges every 60 (10 with short
        /// periods).
        package var judgedEvery: Double?

        /// An alarm of these parts.
        package init(
            threshold: Double, period: Double, evaluationPeriods: Int = 1, datapointsToAlarm: Int? = nil,
            judgedEvery: Double? = nil
        ) {
            self.threshold = threshold
            self.period = period
            self.evaluationPeriods = evaluationPeriods
            self.datapointsToAlarm = datapointsToAlarm
            self.judgedEvery = judgedEvery
        }
    }

    /// One thing that happened.
    package struct Step: Codable, Sendable, Hashable {
        /// Seconds since the start.
        package var at: Double
        /// What kind of thing.
        package var name: String
        /// In words.
        package var text: String
        /// The new version's share from then on, in percent.
        package var weight: Int
    }

    /// How it went.
    package struct Report: Codable, Sendable {
        /// Everything that happened, in order.
        package var steps: [Step]
        /// `Succeeded`, `Failed` or `Stopped`.
        package var status: String
        /// How long it took, in seconds.
        package var seconds: Double
        /// How many calls came in during the deployment.
        package var requests: Double
        /// How many of them failed.
        package var errors: Double
        /// From the new version's first failure to the decision to stop.
        package var secondsToDetect: Double?
        /// From the decision until traffic was restored.
        package var secondsToRestore: Double?

        /// As JSON.
        package var view: JSON { (try? JSON(encoding: self)) ?? .null }
    }

    /// Lets the plan happen.
    ///
    /// - Throws: `ValidationException` when its numbers make no sense.
    package static func run(_ plan: Plan) throws -> Report {
        try check(plan)
        var stage = RehearsalStage(plan)
        return stage.play()
    }

    private static func check(_ plan: Plan) throws {
        let rates = [plan.errorRate, plan.oldErrorRate ?? 0]
        let isSound =
            (0...1_000_000).contains(plan.requestsPerSecond) && rates.allSatisfy((0...1).contains)
            && (0...3600).contains(plan.hookSeconds ?? 0) && (plan.failsAfter ?? 0) >= 0
            && (1...100).contains(plan.routing.percentage) && (0...172_800).contains(plan.routing.intervalSeconds)
            && plan.routing.span <= TrafficRouting.longestSpan
        guard isSound else {
            throw AWSError(
                "ValidationException",
                "The plan makes no sense: rates are 0 to 1, requests at most 1000000 a second, steps at most 2880 "
                    + "minutes in all.")
        }
        guard let alarm = plan.alarm else { return }
        let points = alarm.datapointsToAlarm ?? alarm.evaluationPeriods
        guard (1...86_400).contains(alarm.period), (1...1440).contains(alarm.evaluationPeriods),
            (1...alarm.evaluationPeriods).contains(points)
        else { throw AWSError("ValidationException", "The alarm's period or its numbers of periods make no sense.") }
    }
}
