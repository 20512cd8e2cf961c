internal import Cloud
internal import Notation

extension DeploymentPage {
    /// What the alarms see, or, where none is watched, the new version's errors.
    func charts() async -> HTML {
        let alarms = view.list("alarms")
        return await HTML.element(
            "section", [.class("watched")],
            [tag("h2", text: alarms.isEmpty ? "Errors" : "Alarms")] + (alarms.isEmpty ? [errors()] : drawings(alarms)))
    }

    /// From a little before the deployment until a little after it, so that the change can be seen.
    private func window(period: Int) -> (start: Timestamp, end: Timestamp) {
        let begin = view.moment("createTime") ?? desk.now
        let lead = Duration.seconds(max(30, 3 * period))
        let end = view.moment("completeTime").map { min(desk.now, $0 + lead) } ?? desk.now
        return (begin - lead, max(end, begin + .seconds(1)))
    }

    private var marks: [Chart.Mark] {
        view.list("history").compactMap { entry in
            guard let time = entry.moment("time") else { return nil }
            switch entry.text("name") {
            case "TrafficShifted": return Chart.Mark(time: time, text: entry.text("text"), look: "new")
            case "RollbackStarted", "RolledBack", "Ended":
                return view["error"] == nil ? nil : Chart.Mark(time: time, text: entry.text("text"), look: "bad")
            default: return nil
            }
        }
    }

    private func drawings(_ alarms: [JSON]) async -> [HTML] {
        var drawn: [HTML] = []
        for alarm in alarms.prefix(5) {
            let drawing = AlarmDrawing(reading: alarm)
            let (start, end) = window(period: drawing.metric?.period ?? 60)
            let chart = await Parts.attempt { () throws(AWSError) in
                try await drawing.chart(self.desk, from: start, to: end, marks: self.marks) ?? .none
            }
            drawn.append(
                tag("article") {
                    tag("h3") {
                        drawing.name
                        " "
                        Parts.badge(drawing.state)
                    }
                    tag("p", .class("dim"), text: drawing.rule)
                    chart
                    if alarm["counts"]?.bool == false {
                        tag("p", text: "It was firing before the deployment began, so it does not stop it.")
                    } else if !drawing.reason.isEmpty {
                        tag("p", .class("dim"), text: drawing.reason)
                    }
                })
        }
        return drawn
    }

    private func errors() async -> HTML {
        guard let function = view["functionName"]?.string, let version = view["newVersion"]?.string else {
            return tag("p", .class("dim"), text: "No alarm is watched.")
        }
        let dimensions = [
            ("FunctionName", function), ("Resource", "\(function):\(view.text("alias"))"), ("ExecutedVersion", version),
        ]
        let metric = Metric.lambda("Errors", "Sum", dimensions, period: 60)
        let (start, end) = window(period: metric.period)
        return await Parts.attempt { () throws(AWSError) in
            let points = try await self.desk.points([metric], from: start, to: end).first ?? []
            return tag("article") {
                tag("p", .class("dim"), text: "No alarm is watched. Errors of version \(version), a minute:")
                Chart(
                    label: "Errors of version \(version)", points: points, start: start, end: end,
                    period: metric.period,
                    marks: self.marks
                ).html
            }
        }
    }
}
