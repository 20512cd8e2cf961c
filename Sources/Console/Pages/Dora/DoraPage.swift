internal import Cloud
internal import Notation

/// The DORA metrics of every service, and of all together.
enum DoraPage {
    static func page(_ desk: Desk, _ query: FormFields) async throws(AWSError) -> Page {
        let question = DoraQuestion(query)
        let answer = try await desk.call("slipway-dora", "GetFigures", question.input(desk.now))
        let leftOut = await Parts.attempt { () throws(AWSError) in try await self.leftOut(desk) }
        let services = answer.list("services")
        return Page("DORA metrics", place: "dora", refresh: nil, desk: desk) {
            tag("h1", text: "DORA metrics")
            question.choices(.page("dora"))
            if services.isEmpty {
                tag("p", .class("dim"), text: "Nothing was deployed to production in this region yet.")
            }
            for service in services {
                let page = Address.page("dora", service.text("service"))
                tag("section") {
                    tag("h2") { Parts.link(service.text("service"), question.address(page)) }
                    let cards = DoraCards(view: service, answer: answer, page: page, question: question)
                    cards.summary
                    cards.html
                }
            }
            if services.count > 1, let all = answer["all"] {
                Parts.section("All services together") {
                    tag(
                        "p", .class("dim"),
                        text: "Counted together, without a tier: services are not compared with each other.")
                    DoraCards(view: all, answer: answer, page: nil, question: question).html
                }
            }
            leftOut
            footer(answer)
            Parts.command("slipway dora --since \(question.days)d --scale \(question.scale)")
        }
    }

    /// What the numbers rest on.
    static func footer(_ answer: JSON) -> HTML {
        let scale = answer["scale"] ?? [:]
        return tag("section") {
            tag("h2", text: "What the numbers mean")
            tag("p", .class("dim"), text: "Scale \(scale.text("name")): \(scale.text("note"))")
            tag("details", .id("definitions")) {
                tag("summary", text: "Definitions, version \(answer["rules"]?.text("version") ?? "")")
                tag("dl", .class("definitions")) {
                    for (name, text) in answer["rules"]?["definitions"]?.object ?? [:] {
                        tag("div") {
                            tag("dt", text: words(name))
                            tag("dd", text: text.string ?? "")
                        }
                    }
                }
            }
        }
    }

    /// `leadTime` as a person would write it.
    private static func words(_ name: String) -> String {
        var text = ""
        for character in name { text += character.isUppercase ? " " + character.lowercased() : String(character) }
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    private static func leftOut(_ desk: Desk) async throws(AWSError) -> HTML {
        let found = try await desk.call("slipway-dora", "ListServices").list("leftOut")
        guard !found.isEmpty else { return .none }
        return tag("details", .id("left-out")) {
            tag("summary", text: "Not counted as production (\(found.count))")
            Parts.table(
                ["Service", "Why"], empty: "",
                rows: found.map { [.text($0.text("service")), .text($0.text("reason"))] })
        }
    }
}

/// The metrics of one service, each with what it means, and the deployments they were made of.
enum DoraServicePage {
    static func page(_ name: String, _ desk: Desk, _ query: FormFields) async throws(AWSError) -> Page {
        let question = DoraQuestion(query)
        var input = question.input(desk.now)
        input["service"] = .string(name)
        let answer = try await desk.call("slipway-dora", "GetFigures", input)
        let page = Address.page("dora", name)
        let list = await Parts.attempt { () throws(AWSError) in try await deployments(name, question, desk) }
        return Page("DORA metrics of \(name)", place: "dora", desk: desk) {
            tag("h1") {
                Parts.link("DORA metrics", question.address(.page("dora")))
                " / \(name)"
            }
            question.choices(page)
            for service in answer.list("services") {
                let cards = DoraCards(view: service, answer: answer, page: page, question: question, isExplained: true)
                cards.summary
                cards.html
                if let before = service["before"] { previous(before, question) }
            }
            Parts.section(
                question.outcome.isEmpty ? "Deployments" : "Deployments: \(Parts.words(question.outcome).lowercased())",
                .id("deployments")
            ) {
                if !question.outcome.isEmpty { tag("p") { Parts.link("All deployments", question.address(page)) } }
                list
            }
            DoraPage.footer(answer)
            Parts.command("slipway dora list --service \(name) --since \(question.days)d")
        }
    }

    private static func previous(_ before: JSON, _ question: DoraQuestion) -> HTML {
        let count = before["deployments"]?.int ?? 0
        let lead = before["leadTime"]?["median"]?.double.map(DoraCards.span) ?? "-"
        let rate =
            before["changeFailRate"]?["rate"]?.double.map { "\(DoraCards.decimal($0 * 100)) %" } ?? "-"
        return tag(
            "p", .class("dim"),
            text: "The \(question.days) days before: \(Parts.count(count, "deployment")), lead time \(lead), change fail rate \(rate)."
        )
    }

    private static func deployments(_ name: String, _ question: DoraQuestion, _ desk: Desk) async throws(AWSError)
        -> HTML
    {
        var input: JSON = [
            "service": .string(name), "since": .double((desk.now - .seconds(question.days * 86_400)).seconds),
        ]
        if !question.outcome.isEmpty { input["outcome"] = .string(question.outcome) }
        let found = try await desk.call("slipway-dora", "ListDeployments", input).list("deployments")
        return Parts.table(
            ["Deployment", "Outcome", "Over", "Lead time", "Reached", "What"], empty: "There is none in that time.",
            rows: found.map { one in
                let id = one.text("id")
                let what = one["reason"]?.string ?? one["title"]?.string ?? ""
                return [
                    Parts.link(id, .page("dora", name, id)), Parts.badge(one.text("outcome")),
                    Moments.ago(one.moment("ended"), now: desk.now),
                    .text(one["leadTime"]?.double.map(DoraCards.span) ?? "-"), .text("\(one["peak"]?.int ?? 0) %"),
                    tag("span", .class("long"), text: what),
                ]
            })
    }
}
