@testable import Console
import HTTP
import Notation
import Testing

@Suite("What the pages show")
struct PagesTests {
    static let pages = [
        "", "/stacks", "/stacks/orders", "/functions", "/functions/orders-1", "/deployments", "/deployments/d-RUNS",
        "/deployments/d-FAILED", "/alarms", "/pipelines", "/pipelines/orders", "/pipelines/orders/e-1",
        "/pipelines/orders/e-0", "/builds", "/builds/orders%3A1", "/builds/orders%3A1?q=tea", "/repositories",
        "/repositories/orders", "/dora", "/dora/orders?outcome=failed&days=7", "/dora/orders/u-1",
    ]

    @Test("every page is there, whole, and lets no data become markup", arguments: pages)
    func everyPage(path: String) async throws {
        try await withStage { stage in
            let (status, text, fields) = try await stage.send("GET", path)
            #expect(status == 200)
            #expect(text.hasPrefix("<!doctype html>"))
            #expect(text.hasSuffix("</html>"))
            #expect(!text.contains("<script>alert"))
            #expect(!text.contains("banner bad\">InternalFailure"))
            #expect(!text.contains("NotImplemented"))
            #expect(!text.contains(#"href="javascript"#))
            #expect(fields["Content-Type"] == "text/html; charset=utf-8")
            #expect(fields["Cache-Control"] == "no-store")
        }
    }

    @Test(
        "a page says what matters about its subject",
        arguments: [
            (
                "",
                ["Under way", "10 % of the traffic goes to version 2.", "Version 2 fails: KeyError", "orders-errors"]
            ),
            ("/stacks", ["orders", "Update rollback complete"]),
            (
                "/stacks/orders",
                [
                    "The alarm fired.", #"href="http://127.0.0.1:4566/orders""#, "javascript:alert(1)",
                    #"href="/_slipway/console/functions/orders-1""#, "Update failed", "Resources: {}", "Stage",
                ]
            ),
            ("/functions", ["orders-1", "python3.11", "256 MB", "893 B"]),
            ("/functions/orders-1", ["75 %", "25 %", "version 2", "00:59:58 earlier\n", "slipway invoke orders-1"]),
            ("/deployments", ["d-RUNS", "In progress", "d-FAILED", "20 s ago"]),
            (
                "/deployments/d-RUNS",
                [
                    "12 s left", "in 12 s", "Fires when Sum of Errors per 10 s is at least 3", #"class="threshold""#,
                    "slipway promote d-RUNS", "slipway pause d-RUNS", "slipway abort d-RUNS", "took 1 s",
                    "/stacks/orders",
                ]
            ),
            (
                "/deployments/d-FAILED",
                [
                    "KeyError: &lt;script&gt;", "00:59:57 [ERROR]", "Timeout", "No traces were kept.",
                    "/deployments/d-BACK",
                    "slipway why d-FAILED", "slipway logs orders-1",
                ]
            ),
            ("/alarms", ["orders-errors", "ALARM", "at least 3"]),
        ])
    func says(path: String, words: [String]) async throws {
        try await withStage { stage in
            let text = try await stage.get(path)
            for word in words { #expect(text.contains(word), "'\(word)' is not on \(path)") }
        }
    }

    @Test(
        "what does not exist is not found",
        arguments: [
            "/nothing", "/stacks/none", "/functions/none", "/deployments/d-NONE", "/a/b/c", "/pipelines/none",
            "/pipelines/orders/e-none", "/builds/none%3A1", "/repositories/none", "/dora/none", "/dora/orders/u-none",
        ])
    func missing(path: String) async throws {
        try await withStage { stage in
            let (status, _, _) = try await stage.send("GET", path)
            #expect(status == 404)
        }
    }

    @Test("only what can be done is offered")
    func offers() async throws {
        try await withStage { stage in
            let running = try await stage.get("/deployments/d-RUNS")
            for word in ["promote", "pause", "abort"] { #expect(running.contains("do-\(word)")) }
            #expect(!running.contains("do-resume"))
            let failed = try await stage.get("/deployments/d-FAILED")
            #expect(!failed.contains("<form method=\"post\""))
        }
    }

    @Test("a page of which nothing runs has no pace; one of a running deployment looks every second")
    func pace() async throws {
        try await withStage { stage in
            let running = try await stage.get("/deployments/d-RUNS?part=main")
            let failed = try await stage.get("/deployments/d-FAILED?part=main")
            #expect(running.hasPrefix(#"<main id="main" data-refresh="1000">"#))
            #expect(failed.hasPrefix(#"<main id="main" data-refresh="">"#))
        }
    }

    @Test("a name with markup and slashes in it stays a name")
    func strangeName() async throws {
        try await withStage { stage in
            let text = try await stage.get("/stacks/" + PercentEncoding.encode(Fakes.hostile))
            #expect(text.contains("<h1>&lt;script&gt;alert"))
        }
    }

    @Test("a service that refuses costs its part of the page, not the page")
    func refusedPart() async throws {
        let services = Fakes.all.filter { $0.id != "cloudwatch" && $0.id != "logs" }
        try await withStage(services) { stage in
            let (status, text, _) = try await stage.send("GET", "/functions/orders-1")
            #expect(status == 200)
            #expect(text.contains("Slipway does not implement cloudwatch:GetMetricData"))
            #expect(text.contains("75 %"))
        }
    }

    @Test("the region asked for is the region shown, and is remembered")
    func region() async throws {
        try await withStage { stage in
            let (_, text, fields) = try await stage.send("GET", "/stacks?region=us-east-2")
            #expect(text.contains("<option selected>us-east-2"))
            let cookie = try #require(fields["Set-Cookie"]?.split(separator: ";").first)
            #expect(cookie == "slipway-region=us-east-2")
            let later = try await stage.get("/stacks", ["Cookie": "a=b; \(cookie)"])
            #expect(later.contains("<option selected>us-east-2"))
            let (_, unmoved, none) = try await stage.send("GET", "/stacks?region=%22%3E%3Cb%3E")
            #expect(unmoved.contains("<option selected>eu-west-1"))
            #expect(none["Set-Cookie"] == nil)
        }
    }
}
