import Cloud
@testable import Console
import HTTP
import Ledger
import LedgerTesting
import Notation
import Testing

@Suite("What the console does")
struct ActionTests {
    private func token(_ stage: Stage) async throws -> String {
        let page = try await stage.get("/deployments/d-RUNS")
        let piece = try #require(page.split(separator: #"name="token" value=""#).dropFirst().first)
        return "token=" + piece.prefix { $0 != "\"" }
    }

    @Test("a refused action says why, and stays on the page until the visitor goes on")
    func refused() async throws {
        try await withStage { stage in
            let (status, text, _) = try await stage.send(
                "POST", "/deployments/d-RUNS/pause", form: try await token(stage))
            #expect(status == 400)
            #expect(text.contains("there is no wait to hold"))
            #expect(text.contains("data-still") && text.contains(#"data-refresh="""#))
            let again = try await stage.send("GET", "/deployments/d-RUNS/pause")
            #expect(again.status == 303)
            #expect(again.fields["Location"] == "/_slipway/console/deployments/d-RUNS")
        }
    }

    @Test("taking back leads to the deployment that does it")
    func rollback() async throws {
        try await withStage { stage in
            let answer = try await stage.send("POST", "/deployments/d-RUNS/rollback", form: try await token(stage))
            #expect(answer.fields["Location"] == "/_slipway/console/deployments/d-BACK")
        }
    }

    @Test(
        "what is no action does nothing",
        arguments: ["/deployments/d-RUNS/delete", "/deployments/d-RUNS", "/stacks/orders/promote", "/a/b/c/d"])
    func noAction(path: String) async throws {
        try await withStage { stage in
            let status = try await stage.send("POST", path, form: try await token(stage)).status
            #expect(status == 404)
        }
    }

    @Test("a form too large is refused before it is read", arguments: [16 << 10, (16 << 10) + 1])
    func largeForm(bytes: Int) async throws {
        try await withStage { stage in
            let form = String(repeating: "a", count: bytes)
            let status = try await stage.send("POST", "/deployments/d-RUNS/promote", form: form).status
            #expect(status == (bytes > 16 << 10 ? 413 : 403))
        }
    }

    @Test("other methods are refused; HEAD answers without a body")
    func methods() async throws {
        try await withStage { stage in
            #expect(try await stage.send("DELETE", "/stacks/orders").status == 405)
            let head = try await stage.send("HEAD", "")
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
        }
    }

    @Test(
        "requests for somebody else are left alone",
        arguments: ["/", "/_slipway/health", "/_slipway/consoles", "/bucket/_slipway/console"])
    func notOurs(target: String) async throws {
        try await withStage { stage in
            #expect(await stage.console.respond(to: HTTPRequest(method: "GET", target: target)) == nil)
        }
    }

    @Test("a console that closes ends its streams, those that wait too", .timeLimit(.minutes(1)))
    func closes() async throws {
        try await withStage { stage in
            let request = HTTPRequest(method: "GET", target: Address.root + "/live")
            let open = try #require(await stage.console.respond(to: request)).body
            async let bytes = open.collected(limit: 1 << 10)
            try await eventually("the stream waits") { stage.time.sleeperCount > 0 ? true : nil }
            stage.console.close()
            #expect(try await String(decoding: bytes, as: UTF8.self).hasPrefix("retry: 1000"))
            let late = try #require(await stage.console.respond(to: request)).body
            #expect(try await late.collected(limit: 1 << 10).isEmpty)
        }
    }

    @Test("the live stream tells of every event that concerns the visitor, and of no other", .timeLimit(.minutes(1)))
    func live() async throws {
        try await withStage { stage in
            let request = HTTPRequest(method: "GET", target: Address.root + "/live")
            let response = try #require(await stage.console.respond(to: request))
            #expect(response.fields["Content-Type"] == "text/event-stream")
            guard case .stream(let stream) = response.body else { throw Stage.NotOurs() }
            @Sendable func piece() async throws -> String? {
                var pieces = stream.makeAsyncIterator()
                return try await pieces.next().map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(try await piece()?.hasPrefix("retry:") == true)
            try await stage.happen(account: "999999999999", region: "eu-west-1")
            try await stage.happen(account: Stage.caller.account, region: "us-east-1")
            try await stage.happen(account: Stage.caller.account, region: "eu-west-1")
            #expect(try await piece() == "event: change\nid: 3\ndata: 3\n\n")
            stage.time.advance(to: Stage.start + LiveStream.pause)
            async let quiet = piece()
            try await eventually("the stream waits") { stage.time.sleeperCount > 0 ? true : nil }
            stage.time.advance(to: Stage.start + LiveStream.pause + LiveStream.beat)
            #expect(try await quiet == ": nothing new\n\n")
            stage.time.advance(to: Stage.start + LiveStream.lifetime)
            #expect(try await piece() == nil)
        }
    }
}

extension Stage {
    /// Writes an event into the log.
    func happen(account: String, region: String) async throws {
        let event = LedgerEvent(
            time: time.now, source: "aws.lambda", detailType: "Something", account: account, region: region, detail: [:]
        )
        try await ledger.write { try $0.append(event) }
    }
}
