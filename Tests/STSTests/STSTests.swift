import Cloud
import CloudTesting
import Ledger
import Notation
import Testing

@testable import STS

/// One lasting key, and one role that everybody but services may assume.
private struct SmallWorld: Identities {
    func credential(for accessKeyID: String) async throws -> Credential? {
        guard accessKeyID == "AKIAANA" else { return nil }
        return Credential(
            accessKeyID: accessKeyID, secret: "s", account: "123456789012",
            principal: "arn:aws:iam::123456789012:user/ana",
            principalID: "AIDAANA")
    }

    func role(_ arn: String, for caller: Caller, context: [String: [String]]) async throws -> AssumableRole {
        guard arn.hasSuffix(":role/worker"), caller.invokedBy == nil, context["sts:ExternalId"] != ["wrong"] else {
            throw AWSError("AccessDenied", "no", status: 403)
        }
        return AssumableRole(id: "AROAWORKER", name: "worker", account: "123456789012", maxSession: 7200)
    }
}

private func withSTS(
    _ surroundings: Surroundings = Surroundings(), _ body: (TestCloud, STSService) async throws -> Void
) async throws {
    try await withTestCloud(surroundings) { cloud, ledger in
        [STSService(cloud: cloud, ledger: ledger, identities: SmallWorld())]
    } _: { test in
        try await body(test, STSService(cloud: test.cloud, ledger: test.ledger, identities: SmallWorld()))
    }
}

@Suite("STS")
struct STSTests {
    private let ana = Caller(
        account: "123456789012", region: "eu-west-1", principal: "arn:aws:iam::123456789012:user/ana",
        accessKeyID: "AKIAANA")

    @Test("tells callers who they are")
    func identity() async throws {
        try await withSTS { test, _ in
            let root = try await test.call("sts", "GetCallerIdentity")
            #expect(
                root == ["UserId": "123456789012", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root"])
            #expect(try await test.cloud.call("sts", "GetCallerIdentity", as: ana)["UserId"] == "AIDAANA")
        }
    }

    @Test("gives out keys of a role that the front door finds, and that know whom they stand for")
    func assumeRole() async throws {
        let time = VirtualTime()
        try await withSTS(Surroundings(time: time)) { test, sts in
            let input: JSON = [
                "RoleArn": "arn:aws:iam::123456789012:role/worker", "RoleSessionName": "build", "DurationSeconds": 900,
            ]
            let answer = try await test.call("sts", "AssumeRole", input)
            #expect(answer["AssumedRoleUser"]?["Arn"] == "arn:aws:sts::123456789012:assumed-role/worker/build")
            #expect(answer["AssumedRoleUser"]?["AssumedRoleId"] == "AROAWORKER:build")
            let keys = answer["Credentials"]
            let found = try #require(try await sts.credential(for: keys?["AccessKeyId"]?.string ?? ""))
            #expect(
                found.secret == keys?["SecretAccessKey"]?.string && found.sessionToken == keys?["SessionToken"]?.string)
            #expect(found.expires == time.now + .seconds(900))
            #expect(keys?["Expiration"] == .double((time.now + .seconds(900)).seconds))
            let who = try await test.cloud.call("sts", "GetCallerIdentity", as: found.caller(region: "x"))
            #expect(who["UserId"] == "AROAWORKER:build")
            #expect(
                try await test.call("sts", "GetAccessKeyInfo", ["AccessKeyId": .string(found.accessKeyID)])["Account"]
                    == "123456789012")
        }
    }

    static let refused: [(JSONObject, String)] = [
        (["RoleArn": "arn:aws:iam::123456789012:role/other"], "AccessDenied"),
        (["DurationSeconds": 7201], "ValidationError"), (["ExternalId": "wrong"], "AccessDenied"),
        (["Policy": "{}"], "NotImplemented"), (["SerialNumber": "arn:mfa"], "NotImplemented"),
    ]

    @Test("refuses what it must", arguments: refused)
    func refusals(more: JSONObject, code: String) async throws {
        try await withSTS { test, _ in
            var input: JSONObject = ["RoleArn": "arn:aws:iam::123456789012:role/worker", "RoleSessionName": "s"]
            input.merge(more)
            let refusal = try await test.refusal("sts", "AssumeRole", .object(input))
            #expect(refusal?.code == code)
        }
    }

    @Test("limits chained sessions to an hour, and gives none for sessions")
    func chaining() async throws {
        try await withSTS { test, _ in
            let session = Caller(
                account: "123456789012", region: "x", principal: "arn:aws:sts::123456789012:assumed-role/a/b",
                accessKeyID: "ASIAX")
            let input: JSON = [
                "RoleArn": "arn:aws:iam::123456789012:role/worker", "RoleSessionName": "s", "DurationSeconds": 3601,
            ]
            let long = await #expect(throws: AWSError.self) {
                try await test.cloud.call("sts", "AssumeRole", input, as: session)
            }
            #expect(long?.code == "ValidationError")
            let token = await #expect(throws: AWSError.self) {
                try await test.cloud.call("sts", "GetSessionToken", as: session)
            }
            #expect(token?.code == "AccessDenied")
            let own = try await test.cloud.call("sts", "GetSessionToken", as: ana)
            #expect(own["Credentials"]?["AccessKeyId"] != nil)
        }
    }

    @Test("keeps ended keys for an hour and then no longer")
    func sweeping() async throws {
        let time = VirtualTime()
        try await withSTS(Surroundings(time: time)) { test, sts in
            let first = try await test.call("sts", "GetSessionToken")["Credentials"]?["AccessKeyId"]?.string ?? ""
            time.advance(by: .seconds(3700))
            try await test.call("sts", "GetSessionToken")
            #expect(try await sts.credential(for: first) != nil)
            time.advance(by: .seconds(3700))
            try await test.call("sts", "GetSessionToken")
            #expect(try await sts.credential(for: first) == nil)
        }
    }
}
