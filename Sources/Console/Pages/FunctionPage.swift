internal import Cloud
internal import Notation

/// One function: its aliases with their traffic, its versions, its figures of the last hour and its last log lines.
struct FunctionPage: Sendable {
    /// How many log lines are shown.
    static let lineLimit = 60

    let name: String
    let configuration: JSON
    let desk: Desk

    static func page(_ name: String, _ desk: Desk) async throws(AWSError) -> Page {
        let found = try await desk.call("lambda", "GetFunction", ["FunctionName": .string(name)])
        let page = FunctionPage(name: name, configuration: found["Configuration"] ?? [:], desk: desk)
        let aliases = await Parts.attempt { () throws(AWSError) in try await page.aliases() }
        let versions = await Parts.attempt { () throws(AWSError) in try await page.versions() }
        let figures = await Parts.attempt { () throws(AWSError) in try await page.figures() }
        let lines = await Parts.attempt { () throws(AWSError) in try await page.lines() }
        // Calls leave no event behind, so the figures and lines are looked at again by themselves.
        return Page(name, place: "functions", refresh: 5, desk: desk) {
            tag("h1") {
                name
                " "
                Parts.badge(page.configuration.text("State"))
            }
            page.facts
            Parts.section("Traffic") { aliases }
            Parts.section("Last hour") { figures }
            Parts.section("Last log lines") { lines }
            Parts.section("Versions") { versions }
            tag("div", .class("commands")) {
                Parts.command("slipway invoke \(name) --payload '{}'")
                Parts.command("slipway logs \(name) --follow")
                Parts.command("slipway rollback \(name)")
            }
        }
    }

    private var facts: HTML {
        let reason = configuration["StateReason"]?.string ?? configuration["LastUpdateStatusReason"]?.string
        return Parts.facts([
            ("Runtime", .text(configuration["Runtime"]?.string ?? configuration.text("PackageType"))),
            ("Handler", configuration["Handler"]?.string.map(HTML.text)),
            ("Memory", .text("\(configuration["MemorySize"]?.int ?? 128) MB")),
            ("Timeout", .text("\(configuration["Timeout"]?.int ?? 3) s")),
            ("Code", .text(FunctionsPage.size(configuration["CodeSize"]?.int ?? 0))),
            ("Changed", Moments.ago(FunctionsPage.changed(configuration), now: desk.now)),
            ("Description", configuration["Description"]?.string.flatMap { $0.isEmpty ? nil : .text($0) }),
            ("Reason", reason.map(HTML.text)),
        ])
    }

    private func aliases() async throws(AWSError) -> HTML {
        let found = try await desk.all(
            "lambda", "ListAliases", ["FunctionName": .string(name)], list: "Aliases", token: ("Marker", "NextMarker"))
        guard !found.isEmpty else { return tag("p", .class("dim"), text: "It has no aliases.") }
        return .several(
            found.map { alias in
                tag("article", .class("card")) {
                    tag("h3", text: alias.text("Name"))
                    Self.bar(alias)
                }
            })
    }

    /// How an alias shares its traffic between its version and the one that has a weight.
    static func bar(_ alias: JSON) -> HTML {
        let version = "version \(alias.text("FunctionVersion"))"
        let weights = alias["RoutingConfig"]?["AdditionalVersionWeights"]?.object
        guard let weights, let other = weights.keys.first, let weight = weights[other]?.double else {
            return tag("p", text: "All traffic goes to \(version).")
        }
        return TrafficBar(old: version, new: "version \(other)", share: weight * 100).html
    }

    private func versions() async throws(AWSError) -> HTML {
        let found = try await desk.all(
            "lambda", "ListVersionsByFunction", ["FunctionName": .string(name)], list: "Versions",
            token: ("Marker", "NextMarker"))
        return Parts.table(
            ["Version", "Published", "Code", "SHA-256", "Description"], empty: "It has no versions.",
            rows: found.reversed().map { version in
                [
                    .text(version.text("Version")), Moments.ago(FunctionsPage.changed(version), now: desk.now),
                    .text(FunctionsPage.size(version["CodeSize"]?.int ?? 0)),
                    tag("code", text: String(version.text("CodeSha256").prefix(12))),
                    .text(version.text("Description")),
                ]
            })
    }

    private func figures() async throws(AWSError) -> HTML {
        let wanted = [("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p90")]
        let metrics = wanted.map { Metric.lambda($0.0, $0.1, [("FunctionName", name)], period: 60) }
        let end = desk.now
        let start = end - .seconds(3600)
        let points = try await desk.points(metrics, from: start, to: end)
        return tag("div", .class("sparks")) {
            for ((metric, statistic), points) in zip(wanted, points) {
                let isSum = statistic == "Sum"
                let drawn = isSum ? Chart.filled(points, from: start, to: end, period: 60) : points
                let figure = isSum ? points.map(\.value).reduce(0, +) : points.last?.value
                let shown = figure.map { Moments.number($0) + (isSum ? "" : " ms") } ?? "-"
                tag("article", .class("spark")) {
                    tag("h3", text: isSum ? metric : "\(metric) \(statistic), last minute")
                    tag("b", text: shown)
                    Chart(
                        label: "\(metric) over the last hour: \(shown)", points: drawn, start: start, end: end,
                        period: 60,
                        isSmall: true
                    ).html
                }
            }
        }
    }

    /// The newest lines of the newest streams.
    private func lines() async throws(AWSError) -> HTML {
        let group = configuration["LoggingConfig"]?["LogGroup"]?.string ?? "/aws/lambda/\(name)"
        let streams: [JSON]
        do {
            streams = try await desk.call(
                "logs", "DescribeLogStreams",
                ["logGroupName": .string(group), "orderBy": "LastEventTime", "descending": true, "limit": 3]
            ).list("logStreams")
        } catch  where error.code == "ResourceNotFoundException" {
            return tag("p", .class("dim"), text: "It has not logged anything yet.")
        }
        var events: [JSON] = []
        for stream in streams {
            let input: JSON = [
                "logGroupName": .string(group), "logStreamName": stream["logStreamName"] ?? "", "startFromHead": false,
                "limit": .int(Self.lineLimit),
            ]
            events += try await desk.call("logs", "GetLogEvents", input).list("events")
        }
        guard !events.isEmpty else { return tag("p", .class("dim"), text: "It has not logged anything yet.") }
        let newest = events.sorted { ($0["timestamp"]?.int ?? 0) < ($1["timestamp"]?.int ?? 0) }.suffix(Self.lineLimit)
        return Parts.tail(
            newest.map { event in
                let time = Timestamp(microseconds: Int64(event["timestamp"]?.int ?? 0) * 1000)
                return "\(Moments.clockText(time)) \(event.text("message").trimmingNewlines)"
            }.joined(separator: "\n"))
    }
}
