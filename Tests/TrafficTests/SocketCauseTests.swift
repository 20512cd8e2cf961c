import HTTP
import NIOPosix
import Testing

@testable import Traffic

@Suite("Why a socket could not be opened is told in the system's words")
struct SocketCauseTests {
    @Test("where nobody listens, the connection is refused")
    func refused() async throws {
        let client = HTTPClient(group: .singleton)
        let error = await #expect(throws: HTTPClientError.self) {
            _ = try await client.send(HTTPRequest(method: "GET", target: "/"), to: .tcp(host: "127.0.0.1", port: 1))
        }
        #expect(
            error?.description
                == "Nobody answers at 127.0.0.1:1: Connection refused. Is 'slipway serve' running there?")
    }

    @Test("an address that is taken is in use")
    func taken() async throws {
        let first = HTTPListener(.tcp(host: "127.0.0.1", port: 0), group: .singleton) { _ in HTTPResponse(status: 200) }
        let address = try await first.bind()
        let second = HTTPListener(address, group: .singleton) { _ in HTTPResponse(status: 200) }
        let error = await #expect(throws: (any Error).self) { _ = try await second.bind() }
        #expect(error.map { SocketCause($0).description } == "Address already in use")
    }
}
