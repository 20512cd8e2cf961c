import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import EventBridge

@Suite("API destinations", .timeLimit(.minutes(2)))
struct DestinationTests {
    private static let role: JSON = "arn:aws:iam::123456789012:role/go"

    /// Makes a connection, a destination, and a rule that tells it.
    private func make(
        _ house: House, type: String, _ auth: JSON, endpoint: String = "https://hooks.example/in", target: JSON = [:],
        method: String = "POST"
    ) async throws {
        let connection = try await house.test.call(
            "events", "CreateConnection", ["Name": "c", "AuthorizationType": .string(type), "AuthParameters": auth])
        let destination = try await house.test.call(
            "events", "CreateApiDestination",
            [
                "Name": "d", "ConnectionArn": connection["ConnectionArn"] ?? "",
                "InvocationEndpoint": .string(endpoint),
                "HttpMethod": .string(method),
            ])
        #expect(destination["ApiDestinationState"] == "ACTIVE")
        var target = target
        target["Id"] = "d"
        target["Arn"] = destination["ApiDestinationArn"]
        target["RoleArn"] = Self.role
        try await house.rule("r", #"{"source":["shop"]}"#, [target])
    }

    @Test("are told with the connection's credentials, headers, query and body")
    func told() async throws {
        let world = World()
        try await withHouse(web: world, [.sts]) { house in
            try await make(
                house, type: "API_KEY",
                [
                    "ApiKeyAuthParameters": ["ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"],
                    "InvocationHttpParameters": [
                        "HeaderParameters": [["Key": "X-Team", "Value": "a"]],
                        "QueryStringParameters": [["Key": "q", "Value": "1 2", "IsValueSecret": true]],
                        "BodyParameters": [["Key": "token", "Value": "t"]],
                    ],
                ], endpoint: "https://hooks.example/*/in?x=1",
                target: ["HttpParameters": ["PathParameterValues": ["or/ders"], "QueryStringParameters": ["y": "2"]]])
            try await house.put(["n": 1])
            let sent = try await eventually("the endpoint is told") { world.sent.first }
            #expect(sent.url == "https://hooks.example/or%2Fders/in?x=1&y=2&q=1%202")
            #expect(sent.request.fields["X-Key"] == "s3cret" && sent.request.fields["X-Team"] == "a")
            let body = try JSON(parsing: sent.body)
            #expect(body["token"] == "t" && body["detail"] == ["n": 1])
        }
    }

    @Test("keep secrets out of answers, events and the ledger's text")
    func secrets() async throws {
        try await withHouse([.sts], isRunning: false) { house in
            try await make(
                house, type: "BASIC",
                [
                    "BasicAuthParameters": ["Username": "u", "Password": "open-sesame"],
                    "InvocationHttpParameters": [
                        "HeaderParameters": [["Key": "H", "Value": "hush-hush", "IsValueSecret": true]]
                    ],
                ])
            let shown = try await house.test.call("events", "DescribeConnection", ["Name": "c"])
            #expect(shown["AuthParameters"]?["BasicAuthParameters"] == ["Username": "u"])
            #expect(shown["ConnectionState"] == "AUTHORIZED")
            let stored = try JSON(
                encoding: try #require(try await house.test.ledger.list(EventStore.connections).first?.value))
            let logged = try await house.test.ledger.events(after: 0).map { $0.event.detail.text() }.joined()
            for text in [shown.text(), stored.text(), logged] {
                #expect(!text.contains("open-sesame") && !text.contains("hush-hush"))
            }
            let connection = try #require(try await house.test.ledger.list(EventStore.connections).first?.value)
            let open = try house.service.cipher.open(connection)
            #expect(open.additions.headers.contains { $0.0 == "Authorization" && $0.1 == "Basic dTpvcGVuLXNlc2FtZQ==" })
        }
    }

    @Test("fetch a token first where the connection says so, and keep it")
    func oauth() async throws {
        let token = WebAnswer(status: 200, body: Array(#"{"access_token":"abc","expires_in":3600}"#.utf8))
        let world = World(answers: [token, WebAnswer(status: 200)])
        try await withHouse(web: world, [.sts]) { house in
            try await make(
                house, type: "OAUTH_CLIENT_CREDENTIALS",
                [
                    "OAuthParameters": [
                        "ClientParameters": ["ClientID": "id", "ClientSecret": "se&cret"], "HttpMethod": "POST",
                        "AuthorizationEndpoint": "https://auth.example/token",
                    ]
                ])
            for number in 1...2 {
                try await house.put(["n": .int(number)])
                try await eventually("event \(number) is told") { world.sent.count == number + 1 ? true : nil }
            }
            #expect(
                world.sent.map(\.url) == ["https://auth.example/token"]
                    + Array(repeating: "https://hooks.example/in", count: 2))
            #expect(world.sent[0].body == "grant_type=client_credentials&client_id=id&client_secret=se%26cret")
            #expect(world.sent[1].request.fields["Authorization"] == "Bearer abc")
        }
    }

    @Test(
        "that answer badly are told again, or not, as AWS does",
        arguments: [(503, true), (429, true), (401, true), (404, false), (400, false)])
    func statuses(status: Int, mayPass: Bool) async throws {
        let world = World([status])
        let time = VirtualTime()
        try await withHouse(at: Surroundings(time: time), web: world, [.sts]) { house in
            try await make(house, type: "API_KEY", ["ApiKeyAuthParameters": ["ApiKeyName": "K", "ApiKeyValue": "v"]])
            try await house.put()
            _ = try await eventually("the endpoint is told") { world.sent.first }
            if mayPass {
                try await eventually("it is waited") {
                    time.nextWake.map { $0 < time.now + .seconds(2) } == true ? true : nil
                }
                time.advance(by: .seconds(2))
                try await eventually("it is told again") { world.sent.count == 2 ? true : nil }
            } else {
                try await eventually("it is given up") { house.figures["FailedInvocations"] == 1 ? true : nil }
                #expect(world.sent.count == 1)
            }
        }
    }

    @Test(
        "are refused over plain HTTP, but on this machine",
        arguments: [
            ("http://hooks.example/in", false), ("http://127.0.0.1:8080/in", true), ("http://localhost/in", true),
            ("http://[::1]:80/in", true), ("http://127.0.0.1.evil.example/", false), ("ftp://hooks.example", false),
        ])
    func plain(endpoint: String, isFine: Bool) async throws {
        try await withHouse([.sts], isRunning: false) { house in
            let auth: JSON = ["ApiKeyAuthParameters": ["ApiKeyName": "K", "ApiKeyValue": "v"]]
            if isFine { return try await make(house, type: "API_KEY", auth, endpoint: endpoint) }
            await #expect(throws: AWSError.self) { try await make(house, type: "API_KEY", auth, endpoint: endpoint) }
        }
    }

    @Test("are inactive once their connection is deauthorized, and active again with new parameters")
    func deauthorized() async throws {
        try await withHouse([.sts], isRunning: false) { house in
            let test = house.test
            let auth: JSON = ["ApiKeyAuthParameters": ["ApiKeyName": "K", "ApiKeyValue": "v"]]
            try await make(house, type: "API_KEY", auth)
            #expect(
                try await test.call("events", "DeauthorizeConnection", ["Name": "c"])["ConnectionState"]
                    == "DEAUTHORIZED")
            #expect(
                try await test.call("events", "DescribeApiDestination", ["Name": "d"])["ApiDestinationState"]
                    == "INACTIVE")
            try await test.call("events", "UpdateConnection", ["Name": "c", "AuthParameters": auth])
            #expect(
                try await test.call("events", "ListApiDestinations")["ApiDestinations"]?[0]?["ApiDestinationState"]
                    == "ACTIVE")
            try await test.call("events", "DeleteApiDestination", ["Name": "d"])
            #expect(try await test.call("events", "DeleteConnection", ["Name": "c"])["ConnectionState"] == "DELETING")
            #expect(
                try await test.refusal("events", "DescribeConnection", ["Name": "c"])?.code
                    == "ResourceNotFoundException")
        }
    }
}
