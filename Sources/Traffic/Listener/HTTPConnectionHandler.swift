internal import HTTP
internal import NIOCore
internal import NIOHTTP1

/// One connection: reads a request, hands it to the responder, writes the answer, reads the next.
///
/// One request is under way at a time; what a peer pipelines waits its turn undecoded or in `backlog`.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Between requests.
        case idle
        /// The body is being gathered before the responder is called.
        case gathering(HTTPRequestHead, [UInt8])
        /// The responder runs; its request's body still comes in through the pipe.
        case streaming(BodyPipe)
        /// The responder runs; its request is complete.
        case responding
        /// No more requests are read.
        case closing
    }

    private let limits: HTTPLimits
    private let responder: HTTPResponder
    private let connections: ConnectionRegister
    private var state = State.idle
    private var backlog = CircularBuffer<HTTPServerRequestPart>()
    private var executor: EventLoopTaskExecutor?
    private var readIsHeld = false
    private var isPaused = false
    private var silence: Scheduled<Void>?
    private var lastRead = NIODeadline.now()
    private var peer = ""

    init(limits: HTTPLimits, responder: @escaping HTTPResponder, connections: ConnectionRegister) {
        self.limits = limits
        self.responder = responder
        self.connections = connections
    }

    // MARK: The connection's life

    func handlerAdded(context: ChannelHandlerContext) {
        executor = EventLoopTaskExecutor(context.eventLoop)
        if let address = context.remoteAddress, let host = address.ipAddress { peer = "\(host):\(address.port ?? 0)" }
        if connections.add(context.channel, limit: limits.connections) {
            watchSilence(context)
        } else {
            state = .closing
            writeSimple(503, "Too many connections.", context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        silence?.cancel()
        if case .streaming(let pipe) = state { pipe.finish(.failure(HTTPBodyError.incomplete)) }
        state = .closing
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, case .idle = state {
            state = .closing
            writeSimple(400, "The request is no HTTP.", context)
        } else {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is DrainEvent {
            if case .idle = state { context.close(promise: nil) }
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            if case .responding = state { return }
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes the connection when nothing was read for too long while a request was due or on its way.
    private func watchSilence(_ context: ChannelHandlerContext) {
        let limit = TimeAmount.seconds(Int64(limits.silence))
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let due = max(lastRead + limit, .now() + .milliseconds(100))
        silence = context.eventLoop.scheduleTask(deadline: due) {
            let (handler, context) = bound.value
            var isWaitingForPeer = true
            if case .responding = handler.state { isWaitingForPeer = false }
            if handler.isPaused { isWaitingForPeer = false }
            if isWaitingForPeer, handler.lastRead + limit <= .now() {
                context.close(promise: nil)
            } else {
                if !isWaitingForPeer { handler.lastRead = .now() }
                handler.watchSilence(context)
            }
        }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        var mayRead = !isPaused
        if case .responding = state { mayRead = false }
        if mayRead { context.read() } else { readIsHeld = true }
    }

    private func releaseRead(_ context: ChannelHandlerContext) {
        guard readIsHeld else { return }
        readIsHeld = false
        read(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastRead = .now()
        let part = unwrapInboundIn(data)
        if case .responding = state {
            backlog.append(part)
        } else {
            take(part, context)
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)): begin(head, context)
        case (.gathering(let head, var bytes), .body(let buffer)):
            state = .idle  // so that the bytes are held once
            bytes.append(contentsOf: buffer.readableBytesView)
            if bytes.count > limits.wholeBody {
                stream(head, first: bytes, context)
            } else {
                state = .gathering(head, bytes)
            }
        case (.gathering(let head, let bytes), .end):
            state = .responding
            respond(request(head, .bytes(bytes)), head, context)
        case (.streaming(let pipe), .body(let buffer)):
            if !pipe.push(Array(buffer.readableBytesView)) { isPaused = true }
        case (.streaming(let pipe), .end):
            state = .responding
            pipe.finish(.success(()))
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if HTTPFields.same(head.headers.first(name: "expect") ?? "", "100-continue") {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        if let length, length > limits.wholeBody {
            stream(head, first: [], context)
        } else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(length ?? 0)
            state = .gathering(head, bytes)
        }
    }

    /// Calls the responder although the body is still coming in.
    private func stream(_ head: HTTPRequestHead, first: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let pipe = BodyPipe {
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.isPaused = false
                handler.releaseRead(context)
            }
        }
        if !first.isEmpty, !pipe.push(first) { isPaused = true }
        state = .streaming(pipe)
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        let body = HTTPBody.stream(HTTPBodyStream(length: length, next: { try await pipe.next() }))
        respond(request(head, body), head, context)
    }

    private func request(_ head: HTTPRequestHead, _ body: HTTPBody) -> HTTPRequest {
        HTTPRequest(
            method: head.method.rawValue, target: head.uri,
            fields: HTTPFields(head.headers.map { ($0.name, $0.value) }),
            body: body, peer: peer)
    }

    // MARK: Answering

    private func respond(_ request: HTTPRequest, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let responder = responder
        let isHead = head.method == .HEAD
        let staysOpen = head.isKeepAlive
        let channel = context.channel
        // The connection waits for this task: it reads no further request until the answer is written.
        Task(executorPreference: executor) {
            let response = await responder(request)
            let wasRead = channel.eventLoop.inEventLoop ? bound.value.0.hasWholeRequest : true
            let writer = ResponseWriter(
                channel: channel, response: response, isHead: isHead, staysOpen: staysOpen && wasRead)
            let mayStayOpen = await writer.write()
            if channel.eventLoop.inEventLoop {
                bound.value.0.finish(mayStayOpen: mayStayOpen, bound.value.1)
            } else {
                channel.eventLoop.execute { bound.value.0.finish(mayStayOpen: mayStayOpen, bound.value.1) }
            }
        }
    }

    private func finish(mayStayOpen: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard hasWholeRequest else { return linger(context) }
        guard mayStayOpen, !connections.isDraining else {
            state = .closing
            context.close(promise: nil)
            return
        }
        state = .idle
        lastRead = .now()
        while let part = backlog.popFirst() {
            take(part, context)
            if case .responding = state { return }
        }
        releaseRead(context)
    }

    private var hasWholeRequest: Bool { if case .responding = state { true } else { false } }

    /// Closes after an answer to a body that nobody read to its end. Closing at once would reset the connection and could take
    /// the answer from the peer, so what still comes is thrown away for a moment.
    private func linger(_ context: ChannelHandlerContext) {
        state = .closing
        isPaused = false
        context.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) }
        releaseRead(context)
    }

    private func writeSimple(_ status: Int, _ text: String, _ context: ChannelHandlerContext) {
        let answer =
            "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\nContent-Type: text/plain\r\n"
            + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)"
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }
}
