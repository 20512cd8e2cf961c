internal import Cloud
internal import Notation

/// All alarms, those that fire first, each with its metric of the last half hour.
enum AlarmsPage {
    /// The most that are drawn; the rest is named only.
    static let limit = 20

    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let answer = try await desk.call("cloudwatch", "DescribeAlarms", ["MaxRecords": 100])
        let found = answer.list("MetricAlarms") + answer.list("CompositeAlarms")
        let alarms = found.map(AlarmDrawing.init(alarm:)).sorted { rank($0) < rank($1) }
        var drawn: [HTML] = []
        for (place, alarm) in alarms.enumerated() {
            let span = Duration.seconds(max(1800, 30 * (alarm.metric?.period ?? 60)))
            let chart =
                place >= limit
                ? .none
                : await Parts.attempt { () throws(AWSError) in
                    try await alarm.chart(desk, from: desk.now - span, to: desk.now) ?? .none
                }
            drawn.append(article(alarm, chart))
        }
        return Page("Alarms", place: "alarms", refresh: 5, desk: desk) {
            tag("h1", text: "Alarms")
            if alarms.isEmpty { tag("p", .class("dim"), text: "There is no alarm in this region yet.") }
            drawn
            Parts.command("aws cloudwatch describe-alarms")
        }
    }

    private static func rank(_ alarm: AlarmDrawing) -> String {
        (["ALARM": "0", "INSUFFICIENT_DATA": "1"][alarm.state] ?? "2") + alarm.name
    }

    private static func article(_ alarm: AlarmDrawing, _ chart: HTML) -> HTML {
        tag("article", .class("card")) {
            tag("h2") {
                alarm.name
                " "
                Parts.badge(alarm.state)
            }
            tag("p", text: alarm.rule)
            chart
            tag("p", .class("dim"), text: alarm.reason)
        }
    }
}
