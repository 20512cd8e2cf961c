import Notation

/// The answer of `GetFigures` for people.
struct DoraReport {
    let answer: JSON
    let terminal: Terminal

    private var scale: String { answer["scale"]?["name"]?.string ?? "" }

    /// Its lines: a block for each service, the sum of all, and what the tiers are taken from.
    func lines(withDefinitions: Bool) -> [String] {
        let services = answer["services"]?.array ?? []
        var lines: [String] = []
        for service in services { lines += block(service["service"]?.string ?? "", service) + [""] }
        if services.count > 1, let all = answer["all"] { lines += block("All together", all) + [""] }
        if services.isEmpty { lines += ["Nothing was deployed to production in that time.", ""] }
        if withDefinitions { lines += definitions + [""] }
        let rules = answer["rules"]?["version"]?.string ?? ""
        lines.append(terminal.styled("Rules \(rules), scale \(scale). \(answer["scale"]?["note"]?.string ?? "")", .dim))
        if !withDefinitions {
            lines.append(terminal.styled("What each number means: slipway dora --definitions", .dim))
        }
        return lines
    }

    private func block(_ name: String, _ view: JSON) -> [String] {
        let count = view["deployments"]?.int ?? 0
        var lines = [terminal.styled(name, .bold) + tierText(view)]
        lines += table(view, count)
        var more: [String] = []
        if let caught = view["caught"]?.int, caught > 0 { more.append("\(caught) caught before any user") }
        if let back = view["rollbacks"]?.int, back > 0 { more.append("\(back) taken back") }
        if let exposure = view["exposureMinutes"]?.double, exposure > 0 {
            more.append("failures exposed everybody for \(TimeSpan.words(exposure * 60))")
        }
        if let running = view["underWay"]?.int, running > 0 { more.append("\(running) under way") }
        if !more.isEmpty { lines.append("  " + terminal.styled(more.joined(separator: " · "), .dim)) }
        for id in view["changeFailRate"]?["failed"]?.array?.compactMap(\.string).prefix(5) ?? [] {
            lines.append(
                "  " + terminal.styled("failed", .red) + "  \(id)  " + terminal.styled("slipway dora show \(id)", .dim))
        }
        return lines
    }

    private func tierText(_ view: JSON) -> String {
        if let tier = view["tier"]?.string {
            return "  \(coloured(tier)) " + terminal.styled("(lowest, \(scale))", .dim)
        }
        guard view["isEnough"]?.bool == false else { return "" }
        let needed = answer["rules"]?["enough"]?.int ?? 5
        return terminal.styled("  not enough data for a tier: fewer than \(needed) deployments", .dim)
    }

    private func table(_ view: JSON, _ count: Int) -> [String] {
        let frequency = view["deploymentFrequency"] ?? [:]
        let days = Int((frequency["ofDays"]?.double ?? 0).rounded(.up))
        let rows: [(String, String, String?)] = [
            (
                "deployment frequency",
                "\(count) (\(Self.rate(frequency["perDay"]?.double ?? 0))), on \(frequency["days"]?.int ?? 0) of "
                    + (days == 1 ? "1 day" : "\(days) days"),
                frequency["tier"]?.string
            ),
            ("lead time for changes", leadTime(view["leadTime"] ?? [:]), view["leadTime"]?["tier"]?.string),
            (
                "change fail rate", share(view["changeFailRate"], view["failed"]?.int ?? 0, count),
                view["changeFailRate"]?["tier"]?.string
            ),
            ("recovery time", recovery(view["recoveryTime"] ?? [:]), view["recoveryTime"]?["tier"]?.string),
            ("rework rate", share(view["reworkRate"], view["rework"]?.int ?? 0, count), nil),
        ]
        return rows.map { name, text, tier in
            let gap = String(repeating: " ", count: max(1, 24 - name.count))
            let tierGap = String(repeating: " ", count: max(2, 46 - text.count))
            return "  \(name)\(gap)\(text)\(tier.map { tierGap + coloured($0) } ?? "")"
        }
    }

    private func leadTime(_ view: JSON) -> String {
        guard let median = view["median"]?.double, let most = view["p90"]?.double else {
            return "no commits are known"
        }
        let commits = view["commits"]?.int ?? 0
        return "median \(TimeSpan.words(median)), p90 \(TimeSpan.words(most)), "
            + (commits == 1 ? "1 commit" : "\(commits) commits")
    }

    private func recovery(_ view: JSON) -> String {
        let open = view["open"]?.int ?? 0
        let still = open > 0 ? "\(open) not recovered yet" : nil
        guard let median = view["median"]?.double else { return still ?? "nothing failed" }
        return (["median \(TimeSpan.words(median))"] + [still].compactMap(\.self)).joined(separator: ", ")
    }

    private func share(_ view: JSON?, _ part: Int, _ count: Int) -> String {
        guard let rate = view?["rate"]?.double else { return "no deployments" }
        return "\(Self.percent(rate)) (\(part) of \(count))"
    }

    private func coloured(_ tier: String) -> String {
        switch tier {
        case "elite", "high": terminal.styled(tier, .green)
        case "medium": terminal.styled(tier, .yellow)
        default: terminal.styled(tier, .red)
        }
    }

    /// `3.2 a day`, `1.5 a week`, `2 a month`.
    static func rate(_ perDay: Double) -> String {
        if perDay >= 1 { return "\(decimal(perDay)) a day" }
        return perDay * 7 >= 1 ? "\(decimal(perDay * 7)) a week" : "\(decimal(perDay * 30)) a month"
    }

    static func percent(_ share: Double) -> String { "\(decimal(share * 100)) %" }

    /// With one decimal, unless that is zero.
    static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private var definitions: [String] {
        (answer["rules"]?["definitions"]?.object ?? [:]).map { name, text in
            terminal.styled(name, .bold) + "  " + (text.string ?? "")
        }
    }
}

/// The answer of `GetDeployment` for people.
struct DoraDeployment {
    let view: JSON
    let terminal: Terminal

    /// Its lines.
    var lines: [String] {
        let outcome = view["outcome"]?.string ?? ""
        var lines = [
            terminal.styled(view["id"]?.string ?? "", .bold) + "  \(view["service"]?.string ?? "")  "
                + terminal.coloured(outcome)
        ]
        func add(_ name: String, _ text: String?) { if let text { lines.append("  \(name)  \(text)") } }
        add("why        ", view["reason"]?.string)
        add("started    ", moment("started"))
        add("first user ", moment("reachedUsers"))
        add("all users  ", moment("reachedAll"))
        add("over       ", moment("ended"))
        add("recovered  ", moment("recovered").map { "\($0) by \(view["recoveredBy"]?.string ?? "")" })
        add("exposure   ", view["exposureMinutes"]?.double.map { "everybody for \(TimeSpan.words($0 * 60))" })
        add("rework of  ", view["reworkOf"]?.string)
        add(
            "pipeline   ",
            view["pipeline"]?.string.map {
                "\($0), stage \(view["stage"]?.string ?? ""), \(view["executionId"]?.string ?? "")"
            })
        for shift in view["shifts"]?.array ?? [] { lines.append("  traffic      \(traffic(shift))") }
        for change in view["changes"]?.array ?? [] { lines.append("  commit       \(commit(change))") }
        return lines
    }

    private func moment(_ name: String) -> String? { view[name]?.double.map { Timestamp(seconds: $0).iso8601() } }

    private func traffic(_ shift: JSON) -> String {
        let weights = (shift["weights"]?.array ?? []).map { "\($0["weight"]?.int ?? 0) %" }.joined(separator: " → ")
        let alias = "\(shift["functionName"]?.string ?? ""):\(shift["alias"]?.string ?? "")"
        return "\(shift["deploymentId"]?.string ?? "")  \(alias)  version \(shift["oldVersion"]?.string ?? "") to "
            + "\(shift["newVersion"]?.string ?? "")  \(weights)"
    }

    private func commit(_ change: JSON) -> String {
        let lead = change["leadTime"]?.double.map { "  " + TimeSpan.words($0) } ?? ""
        return "\((change["commitId"]?.string ?? "").prefix(10))  \(change["title"]?.string ?? "")\(lead)"
    }
}
