internal import Notation

/// The figures in Prometheus's text format (version 0.0.4).
struct Exposition: Sendable {
    private var families: [(name: String, type: String, help: String, samples: [String])] = []

    /// Those of the 30 days before now, of every service.
    init(_ histories: Histories, now: Timestamp) {
        let since = now - .seconds(30 * 86_400)
        for history in histories.sorted {
            add(Figures([history], since: since, until: now + .microseconds(1)), Self.labels(history.service), now)
        }
    }

    /// The text, families in the order they were added.
    var text: String {
        families.map { family in
            "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.type)\n"
                + family.samples.map { $0 + "\n" }.joined()
        }.joined()
    }

    private mutating func add(_ figures: Figures, _ labels: String, _ now: Timestamp) {
        let window = "in the last 30 days"
        gauge("slipway_dora_deployments", "Deployments to production \(window).", labels, figures.deployments.count)
        gauge(
            "slipway_dora_failed_deployments", "Deployments that failed after users had them, \(window).", labels,
            figures.failed.count)
        gauge(
            "slipway_dora_caught_changes", "Changes stopped before users had them, \(window).", labels,
            figures.caught.count)
        gauge("slipway_dora_deployments_per_day", "Deployments per day \(window).", labels, figures.perDay)
        gauge(
            "slipway_dora_days_with_deployment", "Days with a deployment \(window).", labels, figures.daysWithDeployment
        )
        for (quantile, value) in quantiles(figures.leadTimes) {
            gauge(
                "slipway_dora_lead_time_seconds", "From a commit's arrival to all users, \(window).",
                labels + ",quantile=\"\(quantile)\"", value)
        }
        for (quantile, value) in quantiles(figures.recoveryTimes) {
            gauge(
                "slipway_dora_recovery_time_seconds",
                "From the first touched user to a good version for all, \(window).",
                labels + ",quantile=\"\(quantile)\"", value)
        }
        if let rate = figures.changeFailRate {
            gauge("slipway_dora_change_fail_ratio", "Share of deployments that failed, \(window).", labels, rate)
        }
        if let rate = figures.reworkRate {
            gauge(
                "slipway_dora_rework_ratio", "Share of deployments made because of an incident, \(window).", labels,
                rate)
        }
        gauge(
            "slipway_dora_exposure_minutes", "Share of traffic times minutes on failed deployments, \(window).", labels,
            figures.exposure(now: now))
    }

    private func quantiles(_ sorted: [Double]) -> [(String, Double)] {
        guard let median = Figures.median(sorted), let most = Figures.percentile(0.9, sorted) else { return [] }
        return [("0.5", median), ("0.9", most)]
    }

    private mutating func gauge(_ name: String, _ help: String, _ labels: String, _ value: some CustomStringConvertible)
    {
        let place: Int
        if let known = families.firstIndex(where: { $0.name == name }) {
            place = known
        } else {
            place = families.count
            families.append((name, "gauge", help, []))
        }
        families[place].samples.append("\(name){\(labels)} \(value)")
    }

    private static func labels(_ service: ServiceName) -> String {
        "account=\"\(escaped(service.account))\",region=\"\(escaped(service.region))\",service=\"\(escaped(service.name))\""
    }

    /// Backslash, quote and line end are escaped, and nothing else.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
