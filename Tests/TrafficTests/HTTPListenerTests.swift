import HTTP
import NIOPosix
import ServiceLifecycle
import Testing
import Traffic

/// Echoes what it got, or does what the path asks for.
private let echo: HTTPResponder = { request in
    switch request.path {
    case "/refuse": return .text(403, "no")
    case "/pieces":
        let pieces = AsyncStream<[UInt8]> { stream in
            for number in 0..<100 { stream.yield(Array("\(number) ".utf8)) }
            stream.finish()
        }
        return HTTPResponse(status: 200, body: .stream(HTTPBodyStream(length: nil, pieces)))
    case "/inject": return HTTPResponse(status: 200, fields: ["X-A": "b\r\nX-Evil: 1"])
    default:
        do {
            let body = try await request.body.collected(limit: 32 << 20)
            return HTTPResponse(
                status: 200, fields: ["X-Method": request.method, "X-Bytes": "\(body.count)"],
                body: .bytes(body.suffix(1000)))
        } catch { return .text(413, "\(error)") }
    }
}

private func withListener(
    _ limits: HTTPLimits = HTTPLimits(), _ body: @Sendable (HTTPClient, ListenAddress) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = HTTPListener(.tcp(host: "127.0.0.1", port: 0), group: group, limits: limits, responder: echo)
    let address = try await listener.bind()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await listener.run() }
        defer { tasks.cancelAll() }
        try await body(HTTPClient(group: group), address)
    }
}

@Suite("The listener")
struct HTTPListenerTests {
    @Test("hands bodies of any size through, whole or as they come", arguments: [0, 1, 70_000, 300_000, 5_000_000])
    func bodies(size: Int) async throws {
        try await withListener { client, address in
            let request = HTTPRequest(method: "PUT", target: "/x", body: .bytes([UInt8](repeating: 7, count: size)))
            let response = try await client.send(request, to: address)
            #expect(response.status == 200)
            #expect(response.fields["X-Bytes"] == "\(size)")
            #expect(try await response.body.collected(limit: 2000).count == min(size, 1000))
        }
    }

    @Test("streams an answer of unknown length")
    func streamed() async throws {
        try await withListener { client, address in
            let response = try await client.send(HTTPRequest(method: "GET", target: "/pieces"), to: address)
            let text = String(decoding: try await response.body.collected(limit: 10_000), as: UTF8.self)
            #expect(text.split(separator: " ").count == 100)
        }
    }

    @Test("answers a refused upload without reading it all, and the peer sees the answer")
    func refusedUpload() async throws {
        try await withListener { client, address in
            let pieces = AsyncStream<[UInt8]> { stream in
                for _ in 0..<8 { stream.yield([UInt8](repeating: 1, count: 1 << 18)) }
                stream.finish()
            }
            let body = HTTPBody.stream(HTTPBodyStream(length: 8 << 18, pieces))
            let response = try await client.send(HTTPRequest(method: "PUT", target: "/refuse", body: body), to: address)
            #expect(response.status == 403)
        }
    }

    @Test("never lets a field value end the head")
    func injection() async throws {
        try await withListener { client, address in
            let response = try await client.send(HTTPRequest(method: "GET", target: "/inject"), to: address)
            #expect(response.status == 200)
            #expect(response.fields["X-Evil"] == nil)
        }
    }

    @Test("says what a HEAD would have, and keeps many connections apart")
    func many() async throws {
        try await withListener { client, address in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        let request = HTTPRequest(
                            method: number % 2 == 0 ? "HEAD" : "POST", target: "/\(number)",
                            body: .bytes([UInt8](repeating: 1, count: number)))
                        let response = try await client.send(request, to: address)
                        #expect(response.fields["X-Bytes"] == "\(number)")
                        return response.status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
        }
    }

    @Test("turns connections beyond its limit away and closes silent ones")
    func limits() async throws {
        var limits = HTTPLimits()
        limits.connections = 0
        try await withListener(limits) { client, address in
            let response = try? await client.send(HTTPRequest(method: "GET", target: "/"), to: address)
            #expect(response == nil || response?.status == 503)
        }
    }
}
