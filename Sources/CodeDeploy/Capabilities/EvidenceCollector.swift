package import Cloud
package import Notation

/// What is kept with a deployment that went wrong, so that its cause can be seen when everything else is gone.
package struct Evidence: Codable, Sendable, Hashable {
    /// A line that the new version logged.
    package struct LogLine: Codable, Sendable, Hashable {
        /// When.
        package var time: Timestamp
        /// What.
        package var text: String

        /// A line.
        package init(time: Timestamp, text: String) {
            self.time = time
            self.text = text
        }
    }

    /// A figure of both versions since the deployment started.
    package struct Figure: Codable, Sendable, Hashable {
        /// The metric, such as `Errors`.
        package var name: String
        /// Summed over the old version's calls through the alias; nil when nothing was measured.
        package var old: Double?
        /// The same of the new version's.
        package var new: Double?

        /// A figure.
        package init(name: String, old: Double?, new: Double?) {
            self.name = name
            self.old = old
            self.new = new
        }
    }

    /// A setting that differs between the versions. Values of environment variables are never shown, only that they
    /// differ.
    package struct Difference: Codable, Sendable, Hashable {
        /// The setting, such as `MemorySize`.
        package var setting: String
        /// The old version's value.
        package var old: String
        /// The new version's value.
        package var new: String

        /// A difference.
        package init(setting: String, old: String, new: String) {
            self.setting = setting
            self.old = old
            self.new = new
        }
    }

    /// Where the lines come from.
    package var logGroup = ""
    /// The last lines, oldest first.
    package var lines: [LogLine] = []
    /// The figures.
    package var figures: [Figure] = []
    /// The settings that differ.
    package var differences: [Difference] = []
    /// What could not be collected, and why.
    package var gaps: [String] = []

    /// Nothing yet.
    package init() {}
}

/// For what evidence is wanted.
package struct EvidenceRequest: Codable, Sendable, Hashable {
    /// What was deployed.
    package var target: LambdaTarget
    /// Since when.
    package var since: Timestamp
    /// Until when.
    package var until: Timestamp
}

/// What a deployment needs to know about what went wrong.
package protocol EvidenceCollector: Sendable {
    /// Collects what can be had within a moment. What cannot is named in ``Evidence/gaps``; never throws.
    func collect(_ request: EvidenceRequest, as caller: Caller) async -> Evidence
}
