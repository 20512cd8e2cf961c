import FoundationEssentials
import HTTP
import Notation
import Testing

@testable import Wire

/// A request that botocore sent, and what it was made from (Tests/Fixtures/Wire/capture.py).
struct CapturedRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let service: String
    let operation: String
    let wireProtocol: WireProtocol?
    let input: JSON
    let payload: [UInt8]?
    let token: String?
    let request: HTTPRequest

    var testDescription: String { name }

    init(_ value: JSON) {
        service = value["service"]?.string ?? ""
        operation = value["operation"]?.string ?? ""
        let spoken = value["protocol"]?.string
        let version = Models.service(service)?.protocols.contains(.json10) == true ? "1.0" : "1.1"
        wireProtocol = spoken.flatMap { WireProtocol(model: $0, json: version) }
        name = value["name"]?.string ?? "\(service) \(operation) \(spoken ?? "")"
        input = value["input"] ?? [:]
        payload = value["payload"]?.string.flatMap { Base64.decode($0) }
        token = value["token"]?.string
        let sent = value["request"] ?? [:]
        var fields = HTTPFields()
        for field in sent["headers"]?.array ?? [] { fields.add(field[0]?.string ?? "", field[1]?.string ?? "") }
        request = HTTPRequest(
            method: sent["method"]?.string ?? "", target: sent["target"]?.string ?? "", fields: fields,
            body: .bytes(Base64.decode(sent["body"]?.string ?? "") ?? []))
    }
}

enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/Wire")
    /// When all captured requests were signed: 2026-01-31T23:59:59Z.
    static let now = 1_769_903_999
    static let accessKeyID = "AKIDEXAMPLE0000000/1"
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    /// A request for every operation offered.
    static let requests: [CapturedRequest] = load("requests.json.gz")
    /// Every way of signing.
    static let signed: [CapturedRequest] = load("signed.json")

    private static func load(_ name: String) -> [CapturedRequest] {
        guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return [] }
        var bytes = [UInt8](data)
        if name.hasSuffix(".gz") { bytes = (try? Inflate.gzip(bytes, limit: 1 << 26)) ?? [] }
        return ((try? JSON(parsing: bytes))?.array ?? []).map { CapturedRequest($0) }
    }

    /// Whether the installed botocore speaks it: the Query protocol of SQS, which older clients speak, is in no model of today.
    static func isKnownToBotocore(_ service: String, _ spoken: WireProtocol) -> Bool {
        !(service == "sqs" && spoken == .query)
    }

    static let virtualHosts = ["s3.example.com"]
    static let router = WireRouter()

    static func parse(_ request: HTTPRequest) async throws -> Incoming {
        try await router.parse(request, bodyLimit: 1 << 24, virtualHosts: virtualHosts)
    }

    /// The fault that a request is refused with.
    static func refusal(_ request: HTTPRequest) async -> Fault? {
        do {
            _ = try await parse(request)
            return nil
        } catch let rejection as Rejection {
            return rejection.fault
        } catch {
            return nil
        }
    }
}

extension HTTPResponse {
    var text: String {
        guard case .bytes(let bytes) = body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
