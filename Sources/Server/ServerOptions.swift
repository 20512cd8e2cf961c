package import CodeBuild
package import Traffic

/// How a server is started: everything the command line may say.
package struct ServerOptions: Sendable {
    /// Where to listen.
    package var listen = ListenAddress.tcp(host: "127.0.0.1", port: 4566)
    /// The data folder.
    package var data: String
    /// Whether any credential will do. For loopback only.
    package var acceptsAnyone = false
    /// The account of whoever calls without one of their own.
    package var account = "000000000000"
    /// The region of requests that name none.
    package var region = "us-east-1"
    /// Whether to keep to AWS's behaviour where Slipway's default is better.
    package var isStrict = false
    /// Folders with tools that builds may use, absolute paths: seen by builds read-only, `bin` of each first in their PATH.
    package var buildTools: [String] = []
    /// What builds may take of this machine.
    package var buildLimits = BuildLimits()
    /// Bytes of a request that is read into a tree; raw payloads are not bounded by it.
    package var bodyLimit = 64 << 20

    /// The defaults, with the data in that folder.
    package init(data: String) { self.data = data }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        switch listen {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }
}

/// Why a server cannot start or go on. The message says what to do.
package struct ServerError: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// That reason.
    package init(_ description: String) { self.description = description }
}
