package import Cloud
internal import Ledger
internal import Notation

extension DORAService {
    /// The figures, the deployments they were made of, and the services there are.
    package var operations: [Operation] {
        [
            Operation("GetFigures", enforces: "since until service scale") { (input: FiguresRequest, call) in
                try await figures(input, call)
            },
            Operation("ListDeployments", enforces: "service since until outcome maxResults nextToken") {
                (input: ListRequest, call) in try await list(input, call)
            },
            Operation("GetDeployment", enforces: "id") { (input: DeploymentRequest, call) in
                guard let (delivery, history) = try await histories(call).find(input.id) else {
                    throw AWSError(
                        "DeploymentDoesNotExistException", "No deployment to production has the id '\(input.id)'.",
                        status: 404)
                }
                return DeliveryView(delivery: delivery, history: history, now: call.time).whole
            },
            Operation("ListServices") { (_: Nothing, call) in try await services(call) },
        ]
    }

    /// All that the caller's account has in the region, up to the newest event.
    private func histories(_ call: Call) async throws -> Histories {
        Histories(try await reader.book(), scope: "\(call.caller.account)/\(call.caller.region)")
    }

    private func figures(_ input: FiguresRequest, _ call: Call) async throws -> JSON {
        let (since, until) = try input.time(call.time)
        guard let scale = Scale.named(input.scale) else {
            let names = Scale.all.map(\.name).joined(separator: ", ")
            throw AWSError("ValidationException", "There is no scale '\(input.scale ?? "")'. There are: \(names).")
        }
        let histories = try await histories(call)
        let wanted = histories.sorted.filter { input.service == nil || $0.service.name == input.service }
        if let name = input.service, wanted.isEmpty { throw unknown(name, histories) }
        var view: JSON = [
            "rules": Rules.view, "scale": scale.view, "since": .double(since.seconds), "until": .double(until.seconds),
            "now": .double(call.time.seconds),
            "services": .array(
                wanted.map { history in
                    var one = FiguresView(
                        figures: Figures([history], since: since, until: until), scale: scale, now: call.time
                    ).view
                    let before = Figures([history], since: since - (until - since), until: since)
                    one["service"] = .string(history.service.name)
                    one["trend"] = Trend.view([history], since: since, until: until)
                    one["before"] = FiguresView(figures: before, scale: scale, now: call.time).view
                    return one
                }),
        ]
        if input.service == nil {
            let all = Figures(wanted, since: since, until: until)
            var together = FiguresView(figures: all, scale: scale, now: call.time, hasTiers: false).view
            together["trend"] = Trend.view(wanted, since: since, until: until)
            view["all"] = together
        }
        return view
    }

    private func unknown(_ name: String, _ histories: Histories) -> AWSError {
        if let reason = histories.leftOut.first(where: { $0.key.name == name })?.value {
            return AWSError(
                "ServiceNotFoundException", "'\(name)' is not counted as production. \(reason)", status: 404)
        }
        let known = histories.sorted.map(\.service.name)
        let hint = known.isEmpty ? "Nothing was deployed yet." : "There are: \(known.joined(separator: ", "))."
        return AWSError("ServiceNotFoundException", "There is no service '\(name)'. \(hint)", status: 404)
    }

    /// The newest first.
    private func list(_ input: ListRequest, _ call: Call) async throws -> JSON {
        if let outcome = input.outcome, !ListRequest.outcomes.contains(outcome) {
            let names = ListRequest.outcomes.joined(separator: ", ")
            throw AWSError("ValidationException", "There is no outcome '\(outcome)'. There are: \(names).")
        }
        let size = max(1, min(input.maxResults ?? 50, 200))
        let histories = try await histories(call).sorted.filter {
            input.service == nil || $0.service.name == input.service
        }
        let found = histories.flatMap { history in history.deliveries.map { ($0, history) } }
            .filter { delivery, history in
                let moment = (delivery.ended ?? call.time).seconds
                guard let verdict = history.verdicts[delivery.id], input.wants(verdict) else { return false }
                return moment >= input.since ?? -.infinity && moment < input.until ?? .infinity
            }
            .sorted { ($0.0.ended ?? call.time, $0.0.id) > ($1.0.ended ?? call.time, $1.0.id) }
        var rest = found[...]
        if let token = input.nextToken {
            guard let place = found.firstIndex(where: { $0.0.id == token }) else {
                throw AWSError("InvalidNextTokenException", "The token '\(token)' belongs to no page.")
            }
            rest = found[(place + 1)...]
        }
        let page = rest.prefix(size)
        var view: JSON = [
            "deployments": .array(
                page.map { DeliveryView(delivery: $0.0, history: $0.1, now: call.time).summary })
        ]
        if rest.count > size { view["nextToken"] = page.last.map { .string($0.0.id) } }
        return view
    }

    private func services(_ call: Call) async throws -> JSON {
        let histories = try await histories(call)
        return [
            "services": .array(
                histories.sorted.map { history in
                    var one: JSON = [
                        "service": .string(history.service.name), "deliveries": .int(history.deliveries.count),
                    ]
                    one["first"] = history.began.map { .double($0.seconds) }
                    one["last"] = history.deliveries.compactMap(\.ended).max().map { .double($0.seconds) }
                    return one
                }),
            "leftOut": .array(
                histories.leftOut.sorted { $0.key < $1.key }.map { name, reason in
                    ["service": .string(name.name), "reason": .string(reason)] as JSON
                }),
        ]
    }
}
