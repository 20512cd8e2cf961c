internal import Cloud
internal import Notation

/// One stack: its resources, outputs, events and template.
struct StackPage: Sendable {
    let name: String
    let stack: JSON
    let desk: Desk

    static func page(_ name: String, _ desk: Desk) async throws(AWSError) -> Page {
        let found = try await desk.call("cloudformation", "DescribeStacks", ["StackName": .string(name)])
        guard let stack = found.list("Stacks").first else {
            throw AWSError("ValidationError", "Stack with id \(name) does not exist")
        }
        let page = StackPage(name: name, stack: stack, desk: desk)
        let resources = await Parts.attempt { () throws(AWSError) in try await page.resources() }
        let events = await Parts.attempt { () throws(AWSError) in try await page.events() }
        let template = await Parts.attempt { () throws(AWSError) in try await page.template() }
        let graph = await Parts.attempt { () throws(AWSError) in try await page.graph() }
        let drift = await Parts.attempt { () throws(AWSError) in try await page.drift() }
        let sets = await Parts.attempt { () throws(AWSError) in try await page.changeSets() }
        return page.page(Content(resources, events, template, graph, drift, sets))
    }

    /// What was asked for, ready to be shown.
    private struct Content {
        let resources, events, template, graph, drift, changeSets: HTML

        init(_ resources: HTML, _ events: HTML, _ template: HTML, _ graph: HTML, _ drift: HTML, _ changeSets: HTML) {
            self.resources = resources
            self.events = events
            self.template = template
            self.graph = graph
            self.drift = drift
            self.changeSets = changeSets
        }
    }

    private func page(_ content: Content) -> Page {
        let status = stack.text("StackStatus")
        return Page(
            stack.text("StackName"), place: "stacks", refresh: Mood(status: status) == .busy ? 1 : nil, desk: desk
        ) {
            tag("h1") {
                stack.text("StackName")
                " "
                Parts.badge(status)
            }
            if let reason = stack["StackStatusReason"]?.string, !reason.isEmpty {
                tag("p", .class("verdict \(Mood(status: status).rawValue)"), text: reason)
            }
            if let text = stack["Description"]?.string { tag("p", .class("dim"), text: text) }
            Parts.section("Outputs") { outputs }
            content.changeSets
            Parts.section("Resources") {
                content.graph
                content.resources
            }
            Parts.section("Events") { content.events }
            Parts.section("Drift") { content.drift }
            if !stack.list("Parameters").isEmpty { Parts.section("Parameters") { parameters } }
            tag("details", .id("template")) {
                tag("summary", text: "Template")
                content.template
            }
            Parts.command("aws cloudformation describe-stack-events --stack-name \(stack.text("StackName"))")
        }
    }

    private var outputs: HTML {
        Parts.table(
            ["Output", "Value", "Description"], empty: "It has no outputs.",
            rows: stack.list("Outputs").map { output in
                [
                    .text(output.text("OutputKey")), Parts.value(output.text("OutputValue")),
                    .text(output.text("Description")),
                ]
            })
    }

    private var parameters: HTML {
        Parts.table(
            ["Parameter", "Value"], empty: "",
            rows: stack.list("Parameters").map { parameter in
                let value = parameter["ResolvedValue"]?.string ?? parameter.text("ParameterValue")
                return [.text(parameter.text("ParameterKey")), .text(value)]
            })
    }

    private func resources() async throws(AWSError) -> HTML {
        let found = try await desk.call("cloudformation", "DescribeStackResources", ["StackName": .string(name)])
        return Parts.table(
            ["Logical ID", "Status", "Type", "Physical ID", "Changed"], empty: "It has no resources.",
            rows: found.list("StackResources").map { resource in
                [
                    .text(resource.text("LogicalResourceId")), status(resource),
                    Parts.type(resource.text("ResourceType")),
                    physical(resource), Moments.ago(resource.moment("Timestamp"), now: desk.now),
                ]
            })
    }

    /// The physical id, linked to its own page where the console has one.
    private func physical(_ resource: JSON) -> HTML {
        let id = resource.text("PhysicalResourceId")
        switch resource.text("ResourceType") {
        case "AWS::Lambda::Function" where !id.isEmpty: return Parts.link(id, .page("functions", id))
        case "AWS::CloudFormation::Stack":
            guard let nested = StackName(arn: id) else { return .text(id) }
            return Parts.link(nested.name, .page("stacks", nested.name))
        case "AWS::CloudWatch::Alarm" where !id.isEmpty: return Parts.link(id, .page("alarms"))
        default: return tag("span", .class("long"), text: id)
        }
    }

    private func status(_ resource: JSON) -> HTML {
        let reason = resource["ResourceStatusReason"]?.string ?? ""
        return .several([
            Parts.badge(resource.text("ResourceStatus")),
            reason.isEmpty ? .none : tag("p", .class("dim long"), text: reason),
        ])
    }

    /// The newest page of events.
    private func events() async throws(AWSError) -> HTML {
        let found = try await desk.call("cloudformation", "DescribeStackEvents", ["StackName": .string(name)])
        return Parts.table(
            ["Time", "Resource", "Status", "Type"], empty: "Nothing has happened yet.",
            rows: found.list("StackEvents").prefix(40).map { event in
                [
                    Moments.ago(event.moment("Timestamp"), now: desk.now), .text(event.text("LogicalResourceId")),
                    status(event), Parts.type(event.text("ResourceType")),
                ]
            })
    }

    /// The template as it was written.
    private func template() async throws(AWSError) -> HTML {
        let input: JSON = ["StackName": .string(name), "TemplateStage": "Original"]
        let body = try await desk.call("cloudformation", "GetTemplate", input)["TemplateBody"]
        return Parts.lines(body?.string ?? body?.text(.pretty) ?? "")
    }
}
