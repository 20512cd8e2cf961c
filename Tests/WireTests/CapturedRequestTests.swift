import HTTP
import Notation
import Testing

@testable import Wire

@Suite("Requests that botocore sent")
struct CapturedRequestTests {
    @Test("there are two for every operation offered, in each protocol")
    func fixturesAreWhole() {
        let services = Models.ids.compactMap { Models.service($0) }
        let ways = services.reduce(0) { sum, service in
            sum + service.operations.count * service.protocols.count { Fixtures.isKnownToBotocore(service.id, $0) }
        }
        #expect(Fixtures.requests.count == 2 * ways)
        #expect(ways > 400)
    }

    @Test("each is understood as the values it was made from", arguments: Models.ids)
    func understood(service: String) async throws {
        let cases = Fixtures.requests.filter { $0.service == service }
        #expect(!cases.isEmpty)
        for captured in cases {
            let incoming: Incoming
            do {
                let request = try SignatureVerifier(bodyLimit: 1 << 20).trusting(captured.request).request
                incoming = try await Fixtures.parse(request)
            } catch {
                Issue.record("\(captured.name): \(error)")
                continue
            }
            #expect(incoming.service == service)
            #expect(incoming.operation == captured.operation)
            let expected = Self.without(Self.defaults, captured.input)
            let found = Self.without(Self.defaults, incoming.input)
            #expect(found == expected, "\(captured.name)")
            let payload = try await incoming.payload?.collected(limit: 1 << 20)
            #expect((payload ?? []) == (captured.payload ?? []), "\(captured.name)")
        }
    }

    /// What botocore adds or changes by itself.
    private static let defaults = [
        "ContentMD5", "ChecksumAlgorithm", "ChecksumMode", "ChecksumCRC32", "EncodingType", "ContentLength",
        "ContentType",
    ]

    private static func without(_ names: [String], _ value: JSON) -> JSON {
        var value = value
        for name in names where value["Bucket"] != nil || value["Body"] != nil { value[name] = nil }
        return value
    }

    @Test("each is recognised by its head alone", arguments: Models.ids)
    func recognised(service: String) {
        for captured in Fixtures.requests where captured.service == service {
            let format = Fixtures.router.outline(captured.request, virtualHosts: Fixtures.virtualHosts)
            #expect(format.service == service)
            #expect(format.wireProtocol == captured.wireProtocol)
            if format.wireProtocol != .query { #expect(format.operation == captured.operation) }
        }
    }

    @Test("each that keeps to the constraints is not refused for missing members", arguments: Models.ids)
    func required(service: String) async throws {
        for captured in Fixtures.requests where captured.service == service {
            guard let operation = Models.service(service)?.operation(captured.operation) else { continue }
            let fault = operation.validate(captured.input)
            let isMissing = fault?.message.contains("must not be null") ?? false
            #expect(!isMissing, "\(captured.name): \(fault?.message ?? "")")
        }
    }
}
