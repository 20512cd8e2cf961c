package import HTTP
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix

/// Why a request got no answer.
package struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

/// Sends requests, each on a connection of its own: for the command line and for calls that are rare.
package struct HTTPClient: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let timeout: TimeAmount

    /// A client on those event loops. Waits that many seconds for a connection.
    package init(group: MultiThreadedEventLoopGroup, connectTimeout seconds: Int64 = 5) {
        self.group = group
        timeout = .seconds(seconds)
    }

    /// Sends the request and returns the answer once its head is there; its body arrives while it is read.
    ///
    /// - Throws: ``HTTPClientError`` when nobody listens there or the connection breaks.
    package func send(_ request: HTTPRequest, to address: ListenAddress) async throws -> HTTPResponse {
        let exchange = ClientExchange()
        let bootstrap = ClientBootstrap(group: group).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                try channel.pipeline.syncOperations.addHandler(exchange.handler())
            }
        }
        let channel: any Channel
        do {
            switch address {
            case .tcp(let host, let port): channel = try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        } catch {
            let cause = SocketCause(error)
            throw HTTPClientError(
                description: "Nobody answers at \(address): \(cause). Is 'slipway serve' running there?")
        }
        exchange.use(channel)
        do { try await write(request, to: channel) } catch {
            // A peer that refuses a body answers before it has read it all, and closes.
            if let answer = try? await exchange.response() { return answer }
            throw error
        }
        return try await exchange.response()
    }

    private func write(_ request: HTTPRequest, to channel: any Channel) async throws {
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target)
        for field in request.fields.all { head.headers.add(name: field.name, value: field.value) }
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        if let length = request.body.length { head.headers.replaceOrAdd(name: "Content-Length", value: String(length)) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        switch request.body {
        case .bytes(let bytes):
            if !bytes.isEmpty {
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
            }
        case .stream(let stream):
            for try await piece in stream {
                try await channel.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: piece))))
            }
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }
}
