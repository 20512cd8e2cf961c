import Foundation
import HTTP
import Ledger
import Notation
import Testing
import Traffic
import Wire

@testable import Cloud
@testable import Server

/// The house on a folder of its own, nothing of it running.
private func withHouse(_ options: (inout ServerOptions) -> Void = { _ in }, _ body: (Assembly) async throws -> Void)
    async throws
{
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = ServerOptions(data: folder)
    options(&settings)
    let house = try await Assembly(options: settings, endpoint: "http://127.0.0.1:1")
    try await body(house)
    try house.ledger.close()
}

@Suite("The support ledger")
struct SupportLedgerTests {
    /// Members that S3's operations take from one list, though not every operation has all of them.
    static let sharedByS3: Set<String> = ["RequestPayer", "ContentMD5", "ChecksumAlgorithm"]
    /// What CodeDeploy takes from CloudFormation beyond AWS's model (Sources/CodeDeploy/README.md).
    static let fromCloudFormation: Set<String> = ["externalId", "creator", "idempotencyToken"]

    /// What CodeBuild takes from CodePipeline beyond AWS's model (Sources/CodeBuild/README.md).
    static let fromCodePipeline: Set<String> = ["pipeline"]
    /// The same, and what a batch says of its builds.
    static let fromBatches: Set<String> = ["pipeline", "batch"]

    /// What an operation may claim although AWS's model does not have it.
    static func own(_ service: String, _ operation: String) -> Set<String> {
        switch (service, operation) {
        case ("codedeploy", "CreateDeployment"): fromCloudFormation
        case ("codebuild", "StartBuild"): fromBatches
        case ("codebuild", "StartBuildBatch"): fromCodePipeline
        case ("s3", _): sharedByS3
        default: []
        }
    }

    @Test("claims no operation and no property that AWS's models do not have")
    func claims() async throws {
        try await withHouse { house in
            for (service, operation) in house.cloud.operations
            where !service.hasPrefix("slipway") && !operation.isRefusal {
                guard let model = Models.service(service)?.operation(operation.name) else {
                    Issue.record("\(service):\(operation.name) is not in the model")
                    continue
                }
                let members = Set(
                    model.inputMembers().map { $0.path.replacing("[]", with: "").replacing("{}", with: "") })
                let own = Self.own(service, operation.name)
                for claim in operation.enforced.union(operation.stored).subtracting(own) {
                    #expect(members.contains(claim), "\(service):\(operation.name) has no member '\(claim)'")
                }
                #expect(operation.enforced.isDisjoint(with: operation.stored), "\(service):\(operation.name)")
            }
        }
    }

    @Test("requires of resource types only what they claim, and replaces by nothing else")
    func types() async throws {
        try await withHouse { house in
            for type in house.cloud.resourceTypes {
                let claims = Set(
                    (type.enforced.union(type.stored)).map { $0.split(separator: ".").first.map(String.init) ?? $0 })
                for name in type.required.union(type.replacing) {
                    let top = name.split(separator: ".").first.map(String.init) ?? name
                    #expect(claims.contains(top), "\(type.name) does not claim '\(name)'")
                }
            }
        }
    }

    @Test("lists what is offered and what is not, as text, JSON and Markdown")
    func forms() async throws {
        let ledger = try await SupportLedger.make()
        let lambda = ledger.json["lambda"]
        #expect(lambda?["Invoke"]?["offered"] == true)
        #expect(lambda?["CreateFunction"]?["properties"]?["FunctionName"] == "enforced")
        #expect(lambda?["CreateFunction"]?["properties"]?["FileSystemConfigs"] == "rejected")
        // What is taken in only to be refused in AWS's words.
        #expect(lambda?["CreateEventSourceMapping"]?["properties"]?["ParallelizationFactor"] == "rejected")
        #expect(lambda?["CreateEventSourceMapping"]?["properties"]?["StartingPosition"] == "rejected")
        #expect(lambda?["UpdateEventSourceMapping"]?["properties"]?["DestinationConfig"] == "rejected")
        #expect(lambda?["UpdateEventSourceMapping"]?["properties"]?["BatchSize"] == "enforced")
        #expect(ledger.only(service: "lambda", operation: "Nonsense").isEmpty)
        #expect(ledger.markdown.contains("## codedeploy"))
        #expect(ledger.only(service: "sts", operation: "GetCallerIdentity").text.hasPrefix("sts GetCallerIdentity"))
    }
}

@Suite("The front door")
struct FrontDoorTests {
    private func request(_ body: String, _ fields: [(String, String)] = []) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            fields: HTTPFields(
                [("Content-Type", "application/x-www-form-urlencoded"), ("Host", "127.0.0.1")] + fields),
            body: .bytes(Array(body.utf8)))
    }

    @Test("turns away whoever has not signed, and lets the root key in")
    func signatures() async throws {
        try await withHouse { house in
            let asked = request("Action=GetCallerIdentity&Version=2011-06-15")
            #expect(await house.frontDoor.respond(to: asked).status == 403)
            let signer = RequestSigner(
                accessKeyID: house.rootKey.id, credential: .init(secret: house.rootKey.secret), region: "us-east-1",
                service: "sts")
            let now = Int(house.cloud.surroundings.now.seconds)
            #expect(await house.frontDoor.respond(to: signer.sign(asked, now: now)).status == 200)
            #expect(await house.frontDoor.respond(to: signer.sign(asked, now: now - 3600)).status == 403)
        }
    }

    @Test("takes an account from the key where anyone is accepted")
    func accounts() async throws {
        try await withHouse({ $0.acceptsAnyone = true }) { house in
            for (key, account) in [("111122223333", "111122223333"), ("test", "000000000000")] {
                let signer = RequestSigner(
                    accessKeyID: key, credential: .init(secret: "any"), region: "eu-west-1", service: "sts")
                let asked = signer.sign(request("Action=GetCallerIdentity&Version=2011-06-15"), now: 0)
                let answer = await house.frontDoor.respond(to: asked)
                let text = String(decoding: try await answer.body.collected(limit: 10_000), as: UTF8.self)
                #expect(text.contains("<Account>\(account)</Account>"))
            }
        }
    }

    @Test("answers its own calls in JSON, refusals too")
    func inside() async throws {
        try await withHouse({ $0.acceptsAnyone = true }) { house in
            for (path, status) in [("sts/GetCallerIdentity", 200), ("sts/Nonsense", 501), ("x", 404)] {
                let asked = HTTPRequest(method: "POST", target: "/_slipway/api/\(path)", body: .bytes(Array("{}".utf8)))
                let answer = await house.frontDoor.respond(to: asked)
                #expect(answer.status == status)
                let tree = try JSON(parsing: try await answer.body.collected(limit: 10_000))
                #expect((tree["error"] == nil) == (status == 200))
            }
            #expect(
                await house.frontDoor.respond(to: HTTPRequest(method: "GET", target: "/_slipway/health")).status == 200)
            #expect(
                await house.frontDoor.respond(to: HTTPRequest(method: "GET", target: "/_slipway/none")).status == 404)
        }
    }
}

@Suite("Options")
struct ServerOptionTests {
    @Test(
        "know what is loopback",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true), ("0.0.0.0", false),
            ("10.0.0.1", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        var options = ServerOptions(data: "/x")
        options.listen = .tcp(host: host, port: 1)
        #expect(options.isLoopback == isLoopback)
    }

    @Test("a server that accepts anyone refuses an address others can reach")
    func refuses() async throws {
        var options = ServerOptions(data: "/nonexistent")
        options.listen = .tcp(host: "0.0.0.0", port: 0)
        options.acceptsAnyone = true
        let error = await #expect(throws: ServerError.self) { try await Server(options: options).run { _ in } }
        #expect(error?.description.contains("loopback") == true)
    }
}
