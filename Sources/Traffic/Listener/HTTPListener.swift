package import HTTP
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Where a listener waits for connections.
package enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or number and a port; port 0 takes a free one.
    case tcp(host: String, port: Int)
    /// A Unix domain socket; a stale file of that name is replaced.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// Answers HTTP/1.1 requests on one address: keep-alive, pipelining in order, bodies both ways with back-pressure.
///
/// Bound by ``bind()``, serving while ``run()`` runs. On graceful shutdown it accepts no more, finishes the answers under way and closes.
package final class HTTPListener: Service {
    private let address: ListenAddress
    private let group: MultiThreadedEventLoopGroup
    private let limits: HTTPLimits
    private let responder: HTTPResponder
    private let log = Logger(label: "listener")
    private let connections = ConnectionRegister()
    private let server = Mutex<(any Channel)?>(nil)

    /// A listener that is not bound yet.
    package init(
        _ address: ListenAddress, group: MultiThreadedEventLoopGroup, limits: HTTPLimits = HTTPLimits(),
        responder: @escaping HTTPResponder
    ) {
        self.address = address
        self.group = group
        self.limits = limits
        self.responder = responder
    }

    /// Takes the address; connections are accepted from now on. Later calls return the same.
    ///
    /// - Returns: The address as bound, with the port that was free.
    /// - Throws: the system's error, such as "address in use".
    @discardableResult
    package func bind() async throws -> ListenAddress {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { [limits, responder, connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = HTTPConnectionHandler(limits: limits, responder: responder, connections: connections)
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)), handler)
                }
            }
        if let bound = server.withLock({ $0 }) { return bound.listenAddress ?? address }
        let channel: any Channel =
            switch address {
            case .tcp(let host, let port): try await bootstrap.bind(host: host, port: port).get()
            case .unix(let path):
                try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        server.withLock { $0 = channel }
        return channel.listenAddress ?? address
    }

    /// Serves until cancelled or asked to stop gracefully.
    package func run() async throws {
        try await bind()
        guard let channel = server.withLock({ $0 }) else { return }
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler {
                try await channel.closeFuture.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
        await connections.drain(within: .seconds(Int64(limits.grace)))
    }
}

extension Channel {
    fileprivate var listenAddress: ListenAddress? {
        guard let local = localAddress else { return nil }
        if let path = local.pathname { return .unix(path: path) }
        guard let host = local.ipAddress, let port = local.port else { return nil }
        return .tcp(host: host, port: port)
    }
}

/// The open connections of a listener: counted, and closed at its end.
final class ConnectionRegister: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }
    private let state = Mutex(State())

    /// Notes a connection. False when the limit is reached.
    func add(_ channel: any Channel, limit: Int) -> Bool {
        state.withLock { state in
            guard state.open.count < limit else { return false }
            state.open[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// Whether connections are to close after the answer under way.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Tells all connections to finish, and closes those that have not after that long.
    func drain(within limit: Duration) async {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, state.withLock({ !$0.open.isEmpty }) {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for channel in state.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
    }
}

/// Asks a connection to close as soon as no answer is under way.
struct DrainEvent: Sendable {}
