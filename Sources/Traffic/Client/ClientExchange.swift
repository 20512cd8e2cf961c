internal import HTTP
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// One answer on its way in.
final class ClientExchange: Sendable {
    private struct State {
        var channel: (any Channel)?
        var head: Result<HTTPResponseHead, any Error>?
        var waiter: CheckedContinuation<HTTPResponseHead, any Error>?
    }
    private let state = Mutex(State())
    private let pipe: BodyPipe
    private let channelBox: ChannelBox

    init() {
        let box = ChannelBox()
        channelBox = box
        pipe = BodyPipe { box.channel.withLock { $0 }?.setOption(.autoRead, value: true).whenComplete { _ in } }
    }

    func use(_ channel: any Channel) { channelBox.channel.withLock { $0 = channel } }

    func handler() -> some ChannelHandler & SendableMetatype { ClientHandler(exchange: self) }

    /// The answer, once its head is there.
    func response() async throws -> HTTPResponse {
        let head = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLock { state in
                    if state.head == nil { state.waiter = continuation }
                    return state.head
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            channelBox.channel.withLock { $0 }?.close(promise: nil)
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        return HTTPResponse(
            status: Int(head.status.code), fields: HTTPFields(head.headers.map { ($0.name, $0.value) }),
            body: .stream(HTTPBodyStream(length: length, next: { [pipe] in try await pipe.next() })))
    }

    fileprivate func take(_ result: Result<HTTPResponseHead, any Error>) {
        let waiter = state.withLock { state in
            if state.head == nil { state.head = result }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: result)
    }

    fileprivate func push(_ bytes: [UInt8]) -> Bool { pipe.push(bytes) }
    fileprivate func finish(_ end: Result<Void, any Error>) { pipe.finish(end) }
}

private final class ChannelBox: Sendable {
    let channel = Mutex<(any Channel)?>(nil)
}

private final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    private let exchange: ClientExchange

    init(exchange: ClientExchange) { self.exchange = exchange }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): exchange.take(.success(head))
        case .body(let buffer):
            if !exchange.push(Array(buffer.readableBytesView)) {
                context.channel.setOption(.autoRead, value: false).whenComplete { _ in }
            }
        case .end:
            exchange.finish(.success(()))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let broken = HTTPClientError(description: "The connection was closed before the answer was complete.")
        exchange.take(.failure(broken))
        exchange.finish(.failure(broken))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        exchange.take(.failure(error))
        exchange.finish(.failure(error))
        context.close(promise: nil)
    }
}
