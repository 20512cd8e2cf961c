internal import Notation

/// Figures as the answer of GetFigures has them. Times are seconds since 1970, durations seconds, shares 0 to 1.
struct FiguresView: Sendable {
    let figures: Figures
    let scale: Scale
    let now: Timestamp
    /// Whether a tier is worth saying: not of several services together.
    var hasTiers = true

    /// The five metrics, each with what it was counted from.
    var view: JSON {
        let tiers = hasTiers ? figures.tiers(scale) : []
        func tier(_ name: String) -> JSON? { tiers.first { $0.name == name }.map { .string($0.tier.name) } }
        var view: JSON = [
            "deployments": .int(figures.deployments.count), "failed": .int(figures.failed.count),
            "caught": .int(figures.caught.count), "rollbacks": .int(figures.rollbacks.count),
            "rework": .int(figures.rework.count), "underWay": .int(figures.underWay),
            "isEnough": .bool(figures.isEnough), "from": .double(figures.from.seconds),
            "exposureMinutes": .double(figures.exposure(now: now)),
            "deploymentFrequency": frequency(tier("deploymentFrequency")), "leadTime": leadTime(tier("leadTime")),
            "changeFailRate": failRate(tier("changeFailRate")), "recoveryTime": recovery(tier("recoveryTime")),
            "reworkRate": rework,
        ]
        if hasTiers { view["tier"] = figures.tier(scale).map { .string($0.name) } }
        return view
    }

    private func frequency(_ tier: JSON?) -> JSON {
        var view: JSON = [
            "perDay": .double(figures.perDay), "days": .int(figures.daysWithDeployment),
            "ofDays": .double(figures.days),
        ]
        view["tier"] = tier
        return view
    }

    private func leadTime(_ tier: JSON?) -> JSON {
        let times = figures.leadTimes
        var view: JSON = ["commits": .int(times.count), "withoutCommits": .int(figures.withoutCommits)]
        view["median"] = Figures.median(times).map(JSON.double)
        view["p90"] = Figures.percentile(0.9, times).map(JSON.double)
        view["tier"] = tier
        return view
    }

    private func failRate(_ tier: JSON?) -> JSON {
        var view: JSON = ["failed": .array(figures.failed.map { .string($0.delivery.id) })]
        view["rate"] = figures.changeFailRate.map(JSON.double)
        view["tier"] = tier
        return view
    }

    private func recovery(_ tier: JSON?) -> JSON {
        let times = figures.recoveryTimes
        var view: JSON = ["recovered": .int(times.count), "open": .int(figures.failed.count - times.count)]
        view["median"] = Figures.median(times).map(JSON.double)
        view["p90"] = Figures.percentile(0.9, times).map(JSON.double)
        view["tier"] = tier
        return view
    }

    private var rework: JSON {
        var view: JSON = ["rework": .array(figures.rework.map { .string($0.delivery.id) })]
        view["rate"] = figures.reworkRate.map(JSON.double)
        return view
    }
}

/// How the figures went over the time asked for, in equal pieces.
enum Trend {
    /// As many points as a small drawing has room for.
    static let points = 30

    /// The pieces, the oldest first: whole days, at most ``points`` of them.
    static func view(_ histories: [History], since: Timestamp, until: Timestamp) -> JSON {
        let days = max(1, Int(((until - since).inSeconds / 86_400).rounded(.up)))
        let width = Duration.seconds(86_400 * ((days + points - 1) / points))
        var pieces: [JSON] = []
        var start = since
        while start < until {
            let end = min(start + width, until)
            pieces.append(piece(Figures(histories, since: start, until: end), start, end))
            start = end
        }
        return .array(pieces)
    }

    private static func piece(_ figures: Figures, _ start: Timestamp, _ end: Timestamp) -> JSON {
        var piece: JSON = [
            "start": .double(start.seconds), "end": .double(end.seconds),
            "deployments": .int(figures.deployments.count), "failed": .int(figures.failed.count),
            "rework": .int(figures.rework.count), "caught": .int(figures.caught.count),
        ]
        piece["leadTime"] = Figures.median(figures.leadTimes).map(JSON.double)
        piece["recoveryTime"] = Figures.median(figures.recoveryTimes).map(JSON.double)
        return piece
    }
}

extension Scale {
    /// As answers carry it: always with its year, so that no tier stands without one.
    var view: JSON {
        var view: JSON = ["name": .string(name), "note": .string(note)]
        view["year"] = year.map(JSON.int)
        return view
    }
}

extension Rules {
    /// The rules in words, as answers carry them.
    static var view: JSON {
        [
            "version": .string(version), "enough": .int(enough),
            "definitions": .object(JSONObject(words.map { ($0.name, JSON.string($0.text)) })),
        ]
    }
}
