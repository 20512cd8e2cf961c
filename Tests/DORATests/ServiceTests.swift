import Cloud
import CloudTesting
@testable import DORA
import Ledger
import LedgerTesting
import Notation
import Testing

/// The repositories, as far as the figures ask them.
struct FakeRepositories: CloudService {
    let id = "slipway-codecommit"
    var operations: [Operation] {
        [
            Operation(
                "CommitsBetween", enforces: "repositoryName from to maxResults",
                raw: { call in
                    guard call.input["repositoryName"] == "orders" else {
                        throw AWSError("RepositoryDoesNotExistException", "There is no such repository.")
                    }
                    return Reply([
                        "commits": [
                            ["commitId": call.input["to"] ?? "", "message": "Two\n\nBody"],
                            ["commitId": "c1", "message": "One"],
                        ]
                    ])
                })
        ]
    }
}

@Suite("The service of the figures")
struct ServiceTests {
    /// A service behind a door with that log, and a second one on the same ledger to look into.
    private func withDORA(
        _ story: Story, _ body: (TestCloud, DORAService) async throws -> Void
    ) async throws {
        let time = VirtualTime(now: story.now + .seconds(60))
        let events = story.events
        try await withTestCloud(
            Surroundings(time: time),
            services: { cloud, ledger in [DORAService(cloud: cloud, ledger: ledger), FakeRepositories()] },
            { test in
                try await test.ledger.write { transaction in
                    for event in events { try transaction.append(event) }
                }
                try await body(test, DORAService(cloud: test.cloud, ledger: test.ledger))
            })
    }

    @Test("figures, lists and single deployments come from the log, up to its newest event")
    func asked() async throws {
        var story = Story()
        story.push([("c1", "One")])
        for number in 0..<7 {
            story.update("orders", tags: ["slipway:commit": number == 0 ? "c1" : "other"])
            story.wait(60)
        }
        story.update("orders-staging")
        try await withDORA(story) { test, _ in
            let answer = try await test.call("slipway-dora", "GetFigures")
            let orders = try #require(answer["services"]?[0])
            #expect(orders["deployments"] == 7 && orders["leadTime"]?["commits"] == 1)
            #expect(orders["leadTime"]?["median"]?.double == 60)
            #expect(answer["scale"]?["year"] == 2024 && answer["all"]?["tier"] == nil)
            #expect(answer["rules"]?["version"]?.string == Rules.version)

            let first = try await test.call(
                "slipway-dora", "ListDeployments", ["maxResults": 5, "outcome": "deployment"])
            let token = try #require(first["nextToken"])
            let rest = try await test.call(
                "slipway-dora", "ListDeployments", ["maxResults": 5, "outcome": "deployment", "nextToken": token])
            let ids = [first, rest].flatMap { ($0["deployments"]?.array ?? []).compactMap { $0["id"]?.string } }
            #expect(ids.count == 7 && Set(ids).count == 7 && rest["nextToken"] == nil)
            let oldest = try await test.call("slipway-dora", "GetDeployment", ["id": .string(ids[6])])
            #expect(oldest["changes"]?[0]?["title"] == "One")
            let services = try await test.call("slipway-dora", "ListServices")
            #expect(services["leftOut"]?[0]?["service"] == "orders-staging")
        }
    }

    @Test(
        "what makes no sense is refused with what would",
        arguments: [
            ("GetFigures", ["scale": "x"], "There are: dora-2024, dora-2019, none."),
            ("GetFigures", ["since": 5.0, "until": 4.0], "ends before it begins"),
            ("GetFigures", ["since": 5.0], "at most 400 days"),
            ("GetFigures", ["service": "tea"], "There are: orders."),
            ("GetFigures", ["service": "orders-staging"], "named like a rehearsal"),
            ("ListDeployments", ["outcome": "bad"], "There are: deployment, good"),
            ("ListDeployments", ["nextToken": "u-0"], "belongs to no page"),
            ("GetDeployment", ["id": "d-0"], "No deployment to production"),
        ] as [(String, JSON, String)])
    func refused(operation: String, input: JSON, words: String) async throws {
        var story = Story()
        story.update("orders")
        story.update("orders-staging")
        try await withDORA(story) { test, _ in
            let refusal = try await test.refusal("slipway-dora", operation, input)
            #expect(refusal?.message.contains(words) == true, "\(String(describing: refusal))")
        }
    }

    @Test("the commits of a push are looked up once and kept in the log, also those of a repository that is gone")
    func commits() async throws {
        var story = Story()
        story.push([("c2", "")], looksUp: false)
        story.update("orders", tags: ["slipway:commit": "c2"])
        story.tell(
            "aws.codecommit", "CodeCommit Repository State Change",
            [
                "event": "referenceCreated", "referenceType": "branch", "repositoryName": "gone",
                "referenceName": "main",
                "commitId": "g1",
            ])
        try await withDORA(story) { test, service in
            try await withRunning(service.services) {
                try await eventually("both are explained") {
                    try await service.reader.book().pushes.values.allSatisfy { $0.commits != nil } ? true : nil
                }
                try await eventually("what was read is kept") {
                    let kept = try await Book.load(test.ledger)
                    return try await kept == service.reader.book() ? true : nil
                }
            }
            let facts = try await test.ledger.events(after: 0).filter { $0.event.source == Book.source }
            #expect(facts.count == 2)
            let answer = try await test.call("slipway-dora", "GetFigures", ["service": "orders"])
            #expect(answer["services"]?[0]?["leadTime"]?["commits"] == 2)
            let again = DORAService(cloud: test.cloud, ledger: test.ledger)
            let (made, kept) = (try await again.reader.book(), try await service.reader.book())
            #expect(made == kept)
        }
    }

    @Test("Prometheus's text has every family once, and no sample where there is no data")
    func exposition() async throws {
        var story = Story()
        story.create()
        story.release("d-2", from: 1, to: 2, fails: "no")
        story.update("a\"b\\c")
        try await withDORA(story) { _, service in
            let text = try await service.metrics()
            let heads = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
            #expect(heads.count == Set(heads).count && heads.count >= 8)
            let labels = #"{account="123456789012",region="eu-west-1",service="orders"}"#
            #expect(text.contains("slipway_dora_change_fail_ratio\(labels) 0.5\n"))
            #expect(text.contains("slipway_dora_exposure_minutes\(labels) 0.5\n"))
            #expect(text.contains(#"service="a\"b\\c""#))
            #expect(!text.contains("slipway_dora_lead_time_seconds"))
        }
    }
}
