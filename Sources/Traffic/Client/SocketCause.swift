internal import Foundation
internal import NIOCore
internal import NIOPosix

/// Why a socket could not be opened, in the system's words: `Connection refused`, `Address already in use`.
package struct SocketCause: Sendable, CustomStringConvertible {
    /// The words, without the names of our own layers.
    package let description: String

    /// The first cause behind an error of the network layer; the error's own words when it is none of that layer.
    package init(_ error: any Error) { description = Self.words(error) }

    private static func words(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            return error.connectionErrors.first.map { words($0.error) } ?? "there is no such host"
        }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if case .connectTimeout(let time) = error as? ChannelError {
            return "no answer within \(time.nanoseconds / 1_000_000_000) s"
        }
        return "\(error)"
    }
}
