internal import Cloud
internal import Notation

/// All stacks.
enum StacksPage {
    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let stacks = try await stacks(desk)
        let isBusy = stacks.contains { Mood(status: $0.text("StackStatus")) == .busy }
        return Page("Stacks", place: "stacks", refresh: isBusy ? 1 : nil, desk: desk) {
            tag("h1", text: "Stacks")
            table(stacks, desk)
            Parts.command("aws cloudformation describe-stacks")
        }
    }

    /// All stacks that are not deleted, the one that changed last first.
    static func stacks(_ desk: Desk) async throws(AWSError) -> [JSON] {
        let found = try await desk.all(
            "cloudformation", "DescribeStacks", list: "Stacks", token: ("NextToken", "NextToken"))
        return found.sorted { changed($0) > changed($1) }
    }

    private static func changed(_ stack: JSON) -> Timestamp {
        stack.moment("LastUpdatedTime") ?? stack.moment("CreationTime") ?? Timestamp(seconds: 0)
    }

    static func table(_ stacks: [JSON], _ desk: Desk) -> HTML {
        Parts.table(
            ["Stack", "Status", "Changed", "Description"], empty: "There is no stack in this region yet.",
            rows: stacks.map { stack in
                let name = stack.text("StackName")
                return [
                    Parts.link(name, .page("stacks", name)), Parts.badge(stack.text("StackStatus")),
                    Moments.ago(changed(stack), now: desk.now), .text(stack.text("Description")),
                ]
            })
    }
}
