import Cloud
import CloudTesting
import Foundation
import Ledger
import Notation
import Testing

@testable import SecretsManager

private func withSecrets(_ body: (TestCloud) async throws -> Void) async throws {
    try await withTestCloud(
        services: { cloud, ledger in [try SecretsManagerService(cloud: cloud, ledger: ledger)] }, body)
}

@Suite("Secrets")
struct SecretTests {
    private static let now = Timestamp(seconds: 1_750_000_000)

    private static func secret(_ versions: [String]) -> Secret {
        var secret = Secret(name: "s", suffix: "AbCdEf", created: now, lastChanged: now)
        for id in versions {
            secret.versions.append(.init(id: id, text: "x", stages: [], created: now))
            secret.label(id, with: [Stage.current])
        }
        return secret
    }

    @Test("labels move, and the current version's leaves the one before it behind")
    func labels() {
        var secret = Self.secret(["a", "b", "c"])
        #expect(secret.version(stage: Stage.current)?.id == "c" && secret.version(stage: Stage.previous)?.id == "b")
        secret.label("b", with: [Stage.current])
        #expect(secret.version(stage: Stage.current)?.id == "b" && secret.version(stage: Stage.previous)?.id == "c")
        secret.label("b", with: [Stage.current])
        #expect(secret.version(id: "b")?.stages == [Stage.current], "labelling again changes nothing")
        secret.unlabel("c", Stage.previous)
        #expect(secret.version(stage: Stage.previous) == nil)
    }

    @Test("versions without labels make room, those with labels stay")
    func room() {
        var secret = Self.secret(["first"])
        secret.label("first", with: ["kept"])
        for number in 0..<120 {
            secret.versions.append(.init(id: "v\(number)", text: "x", stages: [], created: Self.now))
            secret.label("v\(number)", with: [Stage.current])
        }
        #expect(secret.versions.count == Secret.versionLimit && secret.version(stage: "kept")?.id == "first")
    }

    @Test("are found by name, by ARN, and by ARN without its end; a name may itself look like one")
    func names() async throws {
        try await withSecrets { test in
            for name in ["plain", "odd-AbCdEf"] {
                let made = try await test.call(
                    "secretsmanager", "CreateSecret", ["Name": .string(name), "SecretString": .string(name)])
                let arn = made["ARN"]?.string ?? ""
                for id in [name, arn, String(arn.dropLast(7))] {
                    let got = try await test.call("secretsmanager", "GetSecretValue", ["SecretId": .string(id)])
                    #expect(got["SecretString"]?.string == name)
                }
                let wrong = String(arn.dropLast(6)) + "zzzzzz"
                #expect(try await test.refusal("secretsmanager", "GetSecretValue", ["SecretId": .string(wrong)]) != nil)
            }
            let elsewhere = "arn:aws:secretsmanager:us-east-1:123456789012:secret:plain-AbCdEf"
            #expect(
                try await test.refusal("secretsmanager", "GetSecretValue", ["SecretId": .string(elsewhere)])?.code
                    == "ResourceNotFoundException")
        }
    }

    @Test("values are neither in the ledger's files nor in its events")
    func sealing() async throws {
        try await withSecrets { test in
            try await test.call("secretsmanager", "CreateSecret", ["Name": "s", "SecretString": "hush-hush"])
            try await test.call("secretsmanager", "PutSecretValue", ["SecretId": "s", "SecretString": "hush-hush-2"])
            for file in try FileManager.default.contentsOfDirectory(atPath: test.ledger.folder)
            where file.hasPrefix("ledger") {
                let data = FileManager.default.contents(atPath: test.ledger.folder + "/" + file) ?? Data()
                #expect(data.range(of: Data("hush-hush".utf8)) == nil)
            }
            let events = try await test.ledger.events(after: 0)
            #expect(events.map { $0.event.detail["eventName"]?.string } == ["CreateSecret", "PutSecretValue"])
        }
    }

    @Test(
        "passwords have what is asked for and nothing else", arguments: UInt64(0)..<20)
    func passwords(_ seed: UInt64) throws {
        let chance = SeededChance(seed: seed)
        var recipe = PasswordRecipe(PasswordLength: 12, ExcludeCharacters: "lO0", ExcludePunctuation: true)
        let password = try recipe.password(chance)
        #expect(password.count == 12 && !password.contains { "lO0".contains($0) || $0.isPunctuation || $0.isSymbol })
        #expect(
            password.contains(where: \.isNumber) && password.contains(where: \.isUppercase)
                && password.contains(where: \.isLowercase))
        recipe.PasswordLength = 2
        #expect(throws: AWSError.self) { try recipe.password(chance) }
        let nothing = PasswordRecipe(
            ExcludeNumbers: true, ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true)
        #expect(throws: AWSError.self) { try nothing.password(chance) }
    }

    @Test("resource policies are kept, checked, and told to whoever decides about access")
    func policies() async throws {
        try await withTestCloud(
            services: { cloud, ledger in [try SecretsManagerService(cloud: cloud, ledger: ledger)] },
            { test in
                let service = try SecretsManagerService(cloud: test.cloud, ledger: test.ledger)
                let arn = try await test.call("secretsmanager", "CreateSecret", ["Name": "s"])["ARN"]?.string ?? ""
                #expect(try await service.policy(ofSecretARN: arn) == nil)
                let open = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
                let put: JSON = ["SecretId": "s", "ResourcePolicy": .string(open), "BlockPublicPolicy": true]
                #expect(
                    try await test.refusal("secretsmanager", "PutResourcePolicy", put)?.code == "PublicPolicyException")
                let bad: JSON = ["SecretId": "s", "ResourcePolicy": "{}"]
                #expect(
                    try await test.refusal("secretsmanager", "PutResourcePolicy", bad)?.code
                        == "MalformedPolicyDocumentException")
                try await test.call(
                    "secretsmanager", "PutResourcePolicy", ["SecretId": "s", "ResourcePolicy": .string(open)])
                #expect(try await service.policy(ofSecretARN: arn) == open)
            })
    }
}
