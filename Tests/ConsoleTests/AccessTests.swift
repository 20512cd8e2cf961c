import Cloud
@testable import Console
import HTTP
import Ledger
import Notation
import Testing

@Suite("Who may use the console")
struct AccessTests {
    static let login = ConsoleAccess.login { key, secret in
        key == "AKIAROOT" && secret == "s3cret/+" ? Stage.caller : nil
    }
    static let goodForm = "accessKeyId=AKIAROOT&secretAccessKey=s3cret%2F%2B"

    /// Logs in and returns the cookie.
    private func logIn(_ stage: Stage, _ form: String = goodForm) async throws -> HTTPFields {
        let (status, _, fields) = try await stage.send("POST", "/login", form: form)
        try #require(status == 303)
        let cookie = try #require(fields["Set-Cookie"])
        #expect(
            cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("Max-Age=43200"))
        return ["Cookie": String(cookie.prefix { $0 != ";" })]
    }

    private func token(_ page: String) throws -> String {
        let piece = try #require(page.split(separator: #"name="token" value=""#).dropFirst().first)
        return String(piece.prefix { $0 != "\"" })
    }

    @Test("without a session nothing is shown but the login", arguments: PagesTests.pages + ["/live", "/nothing"])
    func noSession(path: String) async throws {
        try await withStage(access: Self.login) { stage in
            for cookie in ["", "slipway-console=", "slipway-console=0000"] {
                let (status, text, _) = try await stage.send("GET", path, ["Cookie": cookie])
                #expect(status == 401)
                #expect(text.contains("Secret access key") && !text.contains("<nav"))
            }
        }
    }

    @Test("who logs in comes to the page that was asked for, and sees it")
    func comesBack() async throws {
        try await withStage(access: Self.login) { stage in
            let asked = try await stage.get("/deployments/d-RUNS")
            #expect(asked.contains(#"name="next" value="deployments/d-RUNS""#))
            let form = Self.goodForm + "&next=deployments%2Fd-RUNS"
            let (_, _, fields) = try await stage.send("POST", "/login", form: form)
            #expect(fields["Location"] == "/_slipway/console/deployments/d-RUNS")
            let session = try await logIn(stage)
            #expect(try await stage.send("GET", "", session).status == 200)
        }
    }

    @Test(
        "the way back leads to no other site",
        arguments: ["//evil.example", "https://evil.example/", "%2F%2Fevil.example", "\\evil"])
    func openRedirect(next: String) {
        #expect(LoginPage.destination(next).text.hasPrefix("/_slipway/console/"))
    }

    @Test(
        "a wrong key or secret begins no session",
        arguments: [
            "", "accessKeyId=AKIAROOT", "accessKeyId=AKIAROOT&secretAccessKey=s3cret", "secretAccessKey=s3cret%2F%2B",
        ])
    func refused(form: String) async throws {
        try await withStage(access: Self.login) { stage in
            let (status, text, fields) = try await stage.send("POST", "/login", form: form)
            #expect(status == 403)
            #expect(text.contains("do not belong together"))
            #expect(fields["Set-Cookie"] == nil)
        }
    }

    @Test("a session ends after twelve hours, and when its holder logs out")
    func sessionEnds() async throws {
        try await withStage(access: Self.login) { stage in
            let first = try await logIn(stage)
            stage.time.advance(to: Stage.start + .seconds(12 * 3600 - 1))
            let page = try await stage.send("GET", "", first)
            #expect(page.status == 200)
            #expect(try await stage.send("POST", "/logout", first, form: "token=no").status == 403)
            #expect(try await stage.send("GET", "", first).status == 200)
            stage.time.advance(to: Stage.start + .seconds(12 * 3600))
            #expect(try await stage.send("GET", "", first).status == 401)
            let second = try await logIn(stage)
            let token = try token(try await stage.get("", second))
            #expect(try await stage.send("POST", "/logout", second, form: "token=\(token)").status == 303)
            #expect(try await stage.send("GET", "", second).status == 401)
        }
    }

    @Test("there are never more sessions than the limit: the oldest makes room")
    func sessionLimit() {
        let time = VirtualTime()
        let book = SessionBook(surroundings: Surroundings(time: time))
        var ids: [String] = []
        for place in 0...SessionBook.limit {
            time.advance(to: Timestamp(seconds: 1_795_000_000 + Double(place)))
            ids.append(book.begin(Stage.caller))
        }
        #expect(book.session(ids[0]) == nil)
        #expect(book.session(ids[1]) != nil)
        #expect(book.session(ids[SessionBook.limit]) != nil)
    }

    @Test("an action needs the token of the visitor's own pages")
    func formToken() async throws {
        try await withStage(access: Self.login) { stage in
            let (mine, other) = (try await logIn(stage), try await logIn(stage))
            let foreign = try token(try await stage.get("/deployments/d-RUNS", other))
            for form in ["", "token=", "token=\(foreign)", "token=%GG"] {
                #expect(try await stage.send("POST", "/deployments/d-RUNS/promote", mine, form: form).status == 403)
            }
            let own = try token(try await stage.get("/deployments/d-RUNS", mine))
            let (status, _, fields) = try await stage.send(
                "POST", "/deployments/d-RUNS/promote", mine, form: "token=\(own)")
            #expect(status == 303)
            #expect(fields["Location"] == "/_slipway/console/deployments/d-RUNS")
        }
    }

    @Test(
        "a form from another site's page is refused",
        arguments: [
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
            ["Origin": "http://evil.example", "Host": "localhost"],
        ]
            as [HTTPFields])
    func crossSite(fields: HTTPFields) async throws {
        try await withStage { stage in
            let token = try token(try await stage.get("/deployments/d-RUNS"))
            let answer = try await stage.send("POST", "/deployments/d-RUNS/promote", fields, form: "token=\(token)")
            #expect(answer.status == 403)
        }
    }

    @Test(
        "a server that accepts anyone answers to its own machine's names only",
        arguments: [
            ("localhost:4566", 200), ("127.0.0.1", 200), ("[::1]:4566", 200), ("slipway.localhost", 200),
            ("evil.example", 403),
            ("127.evil.example", 403), ("127.0.0.1.evil.example:80", 403), ("[::2]", 403), ("", 403),
        ])
    func rebinding(host: String, status: Int) async throws {
        try await withStage { stage in
            let answer = try await stage.send("GET", "", ["Host": host])
            #expect(answer.status == status)
        }
    }

    @Test(
        "no page can be framed, run foreign code, or be kept",
        arguments: ["", "/login", "/nothing", "/deployments/d-RUNS?part=main"])
    func headers(path: String) async throws {
        try await withStage { stage in
            let (_, text, fields) = try await stage.send("GET", path)
            let policy = try #require(fields["Content-Security-Policy"])
            for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
                #expect(policy.contains(rule))
            }
            #expect(!policy.contains("unsafe"))
            #expect(fields["X-Frame-Options"] == "DENY")
            #expect(fields["X-Content-Type-Options"] == "nosniff")
            #expect(fields["Cache-Control"] == "no-store")
            let again = try await stage.send("GET", path)
            #expect(again.fields["Content-Security-Policy"] != policy)
            for piece in text.split(separator: "<style").dropFirst() + text.split(separator: "<script").dropFirst() {
                let nonce = piece.split(separator: "\"").dropFirst().first ?? ""
                #expect(policy.contains("'nonce-\(nonce)'"))
            }
        }
    }
}
