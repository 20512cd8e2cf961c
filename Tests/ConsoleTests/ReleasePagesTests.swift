@testable import Console
import HTTP
import Cloud
import Notation
import Testing

@Suite("Pipelines, builds, repositories and the DORA metrics")
struct ReleasePagesTests {
    private func services(instead others: [FakeService]) -> [FakeService] {
        Fakes.all.filter { known in !others.contains { $0.id == known.id } } + others
    }

    @Test("an approval of the hundredth pipeline is shown like that of the first", arguments: ["", "/pipelines"])
    func manyPipelines(path: String) async throws {
        let names = (1...100).map { JSON(dictionaryLiteral: ("name", .string("p\($0)"))) }
        let agree: JSON = ["name": "Agree", "status": "InProgress", "token": "t"]
        let listed = FakeService(id: "codepipeline", answers: ["ListPipelines": { _ in ["pipelines": .array(names)] }])
        let views = FakeService(
            id: "slipway-codepipeline",
            answers: [
                "ViewPipeline": { call in
                    [
                        "name": call.input["name"] ?? "", "stages": [["name": "Production", "actions": [agree]]],
                        "executions": [],
                    ]
                }
            ])
        try await withStage(services(instead: [listed, views])) { stage in
            let text = try await stage.get(path)
            #expect(text.contains("/pipelines/p1\"") && text.contains("/pipelines/p100\""))
        }
    }

    @Test("a stack that failed without words of its own is shown with its first cause")
    func stackCause() async throws {
        let stacks = FakeService(
            id: "cloudformation",
            answers: [
                "DescribeStacks": { _ in
                    [
                        "Stacks": [
                            [
                                "StackName": "orders", "StackStatus": "ROLLBACK_COMPLETE",
                                "CreationTime": 1_795_481_900.0,
                            ]
                        ]
                    ]
                }
            ])
        let why = FakeService(
            id: "slipway-cloudformation",
            answers: [
                "WhyStack": { call in ["cause": .string("P (AWS::SSM::Parameter): \(call.input["stackName"] ?? "")")] }
            ])
        try await withStage(services(instead: [stacks, why])) { stage in
            let text = try await stage.get("")
            #expect(text.contains("P (AWS::SSM::Parameter): "))
        }
    }

    @Test(
        "a page says what matters about its subject",
        arguments: [
            (
                "",
                [
                    "Pipelines", "/pipelines/orders", "abcdef01", "Waits for an approval", "Production: Agree",
                    "/pipelines/orders/e-1", "/deployments/d-FAILED", "/builds/orders%3A1", "pytest ended with 1",
                    "/pipelines/orders/e-0", "/stacks/orders", "The alarm fired.",
                ]
            ),
            ("/pipelines", ["In progress", "Build: Failed", "Sells tea"]),
            (
                "/pipelines/orders",
                [
                    "executions wait for each other", "Transition disabled by bob: Freeze", "Waiting: ",
                    "/pipelines/orders/e-2", "1 test failed", "E  assert 1 == 2", "Ship it?",
                    "do-approve-Production-Agree",
                    "slipway pipeline approve orders --stage Production", "do-retry-Build", "do-enable-Build",
                    "do-disable-Production", "StartPipelineExecution by alice", "attempt 2", "class=\"side\"",
                ]
            ),
            (
                "/pipelines/orders/e-1",
                [
                    "Stop", "do-stop", "/builds/orders%3A1", "00:59:59 later", "Stage",
                    "slipway pipeline watch orders --execution e-1",
                ]
            ),
            ("/pipelines/orders/e-0", ["do-retry", "Rerun from failed"]),
            ("/builds", ["orders 1", "Failed", "Completed", "abcdef012345", "30 s"]),
            (
                "/builds/orders%3A1",
                [
                    "Build: pytest ended with 1", "28 s", "00:59:59 later", "3 cases: 2 succeeded, 1 failed",
                    "test_tea",
                    "assert 1 == 2", "orders.zip", "from parameter store: /orders/key", "/pipelines/orders", "do-retry",
                ]
            ),
            ("/builds/orders%3A1?q=tea", ["only tea", "All lines", #"value="tea""#]),
            ("/builds/orders%3A1?q=none", ["No line contains &#39;none&#39;."]),
            ("/repositories", ["v1/repos/orders", "/repositories/orders"]),
            (
                "/repositories/orders",
                ["git clone http://127.0.0.1:4566/v1/repos/orders", "On main: tea", "tea \u{2192} main", "carol"]
            ),
            ("/repositories/orders?branch=side", ["On side: tea"]),
            (
                "/dora",
                [
                    "2.8 a week", "high, dora-2024", "2 h 3 min", "median of 31 commits", "8.3 %",
                    "1 of 12 deployments",
                    "All services together", "orders-staging",
                    "/dora/orders?days=30&amp;scale=dora-2024&amp;outcome=failed",
                    "Per commit", "2 caught before any user",
                ]
            ),
            ("/dora?days=7&scale=dora-2019", ["elite, dora-2019", "slipway dora --since 7d --scale dora-2019"]),
            ("/dora/orders", ["u-1", "The 30 days before: 4 deployments", "The alarm fired"]),
            ("/dora/orders?outcome=caught", ["There is none in that time.", "All deployments"]),
            (
                "/dora/orders/u-1",
                [
                    "d-FAILED", "abcdef0123", "its rollback", "/pipelines/orders/e-1", "/stacks/orders",
                    "as everybody for 30 s",
                ]
            ),
        ])
    func says(path: String, words: [String]) async throws {
        try await withStage { stage in
            let text = try await stage.get(path)
            for word in words { #expect(text.contains(word), "'\(word)' is not on \(path)") }
        }
    }

    private func token(_ stage: Stage) async throws -> String {
        let page = try await stage.get("/pipelines/orders")
        let piece = try #require(page.split(separator: #"name="token" value=""#).dropFirst().first)
        return "token=" + piece.prefix { $0 != "\"" }
    }

    @Test(
        "a button leads to the page that shows what came of it",
        arguments: [
            ("/pipelines/orders/start", "", "/pipelines/orders/e-new"),
            ("/pipelines/orders/approve", "&stage=Production&action=Agree&approval=t-1", "/pipelines/orders"),
            ("/pipelines/orders/retry", "&stage=Build&execution=e-1&from=e-1", "/pipelines/orders/e-1"),
            ("/pipelines/orders/stop", "&execution=e-1", "/pipelines/orders"),
            ("/pipelines/orders/disable", "&stage=Build", "/pipelines/orders"),
            ("/pipelines/orders/rollback", "&stage=Production&execution=e-0", "/pipelines/orders/e-back"),
            ("/builds/orders%3A1/retry", "", "/builds/orders%3A2"),
        ])
    func leads(path: String, fields: String, place: String) async throws {
        try await withStage { stage in
            let answer = try await stage.send("POST", path, form: try await token(stage) + fields)
            #expect(answer.status == 303)
            #expect(answer.fields["Location"] == "/_slipway/console" + place)
        }
    }

    @Test(
        "a refusal stands on the page it was asked on",
        arguments: [
            ("/pipelines/orders/approve", "&approval=old", "The approval token is not valid.", "Look again"),
            ("/builds/orders%3A1/stop", "", "The build is over.", "Look again"),
        ])
    func refused(path: String, fields: String, why: String, way: String) async throws {
        try await withStage { stage in
            let answer = try await stage.send("POST", path, form: try await token(stage) + fields)
            #expect(answer.status == 400)
            #expect(answer.text.contains(why) && answer.text.contains(way) && answer.text.contains("data-still"))
        }
    }

    @Test(
        "without the session's token nothing is done",
        arguments: ["/pipelines/orders/start", "/builds/orders%3A1/retry"])
    func forged(path: String) async throws {
        try await withStage { stage in
            let status = try await stage.send("POST", path, form: "token=0").status
            #expect(status == 403)
        }
    }

    @Test("colours of a terminal are left out of a log, its text is not")
    func escapes() {
        #expect(BuildLog.plain("a \u{1B}[1;31mred\u{1B}[0m b") == "a red b")
        #expect(BuildLog.plain("cut \u{1B}[3") == "cut ")
        #expect(BuildLog.plain("lone \u{1B} esc") == "lone  esc")
    }
}
