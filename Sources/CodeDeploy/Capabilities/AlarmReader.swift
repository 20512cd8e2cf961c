package import Cloud
package import Notation

/// An alarm as it stands.
package struct AlarmReading: Codable, Sendable, Hashable {
    /// The alarm's name.
    package var name: String
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`, or `MISSING` when there is no such alarm.
    package var state: String
    /// Why it is in that state, in CloudWatch's words.
    package var reason = ""
    /// When it came into that state.
    package var transitioned: Timestamp?
    /// What it watches.
    package var definition: Definition?

    /// What an alarm watches, and the last value it saw. All that a person needs to draw it.
    package struct Definition: Codable, Sendable, Hashable {
        /// The metric's namespace; nil for metric math and composite alarms.
        package var namespace: String?
        /// The metric's name.
        package var metric: String?
        /// How its values are summed up, such as `Sum` or `p99`.
        package var statistic: String?
        /// Name and value.
        package var dimensions: [String: String]?
        /// Such as `GreaterThanThreshold`.
        package var comparison: String?
        /// What the value is compared with.
        package var threshold: Double?
        /// In seconds.
        package var period: Int?
        /// How many periods are judged together.
        package var evaluationPeriods: Int?
        /// The newest datapoint the alarm has judged.
        package var value: Double?

        /// Nothing known yet.
        package init() {}
    }

    /// A reading of these parts.
    package init(
        name: String, state: String, reason: String = "", transitioned: Timestamp? = nil, definition: Definition? = nil
    ) {
        self.name = name
        self.state = state
        self.reason = reason
        self.transitioned = transitioned
        self.definition = definition
    }

    /// The state in which there is no such alarm.
    package static let missing = "MISSING"
    var isFiring: Bool { state == "ALARM" }
    var isMissing: Bool { state == Self.missing }

    /// Whether the other reading tells a deployment nothing new.
    func says(theSameAs other: AlarmReading) -> Bool {
        name == other.name && state == other.state && transitioned == other.transitioned
    }
}

/// What a deployment needs of CloudWatch.
package protocol AlarmReader: Sendable {
    /// The alarms of those names as they stand now, in that order, those that are not there with state `MISSING`.
    ///
    /// - Throws: When they cannot be read.
    func read(_ names: [String], as caller: Caller) async throws -> [AlarmReading]
}
