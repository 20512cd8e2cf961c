internal import HTTP
internal import Ledger
internal import Logging
internal import NIOPosix
internal import ServiceLifecycle
internal import Traffic
internal import UnixSignals

/// A Slipway: one listener, one house behind it.
package struct Server: Sendable {
    private let options: ServerOptions

    /// What a started server tells.
    package struct Ready: Sendable {
        /// The address that clients use, such as `http://127.0.0.1:4566`.
        package let endpoint: String
    }

    /// A server that is not started yet.
    package init(options: ServerOptions) { self.options = options }

    /// Starts, calls `ready` once requests are answered, and serves until SIGTERM or SIGINT; then stops gracefully.
    ///
    /// Whatever was acknowledged is on disk; whatever was under way goes on at the next start.
    ///
    /// - Throws: ``ServerError`` when it cannot start.
    package func run(ready: @Sendable (Ready) -> Void) async throws {
        guard options.isLoopback || !options.acceptsAnyone else {
            throw ServerError(
                "--no-auth accepts anyone and is for loopback only, not for \(options.listen). Leave it out, or listen on 127.0.0.1."
            )
        }
        let house = HouseKeeper(options: options)
        var limits = HTTPLimits()
        // Git is silent in the middle of a push while it packs what it will send.
        limits.silence = 300
        let listener = HTTPListener(options.listen, group: .singleton, limits: limits) { await house.respond(to: $0) }
        let address: ListenAddress
        do { address = try await listener.bind() } catch {
            let cause = SocketCause(error)
            throw ServerError("Slipway cannot listen on \(options.listen): \(cause). Is another one running there?")
        }
        let endpoint = Self.endpoint(address)
        try await house.open(endpoint: endpoint)
        ready(Ready(endpoint: endpoint))
        let listening = Running {
            // Open pages that follow events would keep the listener waiting for their end.
            try await withGracefulShutdownHandler {
                try await listener.run()
            } onGracefulShutdown: {
                house.endLivePages()
            }
        }
        var log = Logger(label: "server")
        log.logLevel = .warning
        let group = ServiceGroup(
            configuration: .init(
                services: [house, listening], gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        try await group.run()
    }

    /// An address that is everybody's is told as loopback.
    private static func endpoint(_ address: ListenAddress) -> String {
        guard case .tcp(let host, let port) = address else { return "http://localhost" }
        let everyone = ["0.0.0.0", "::"]
        let name = everyone.contains(host) ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)"
    }
}
