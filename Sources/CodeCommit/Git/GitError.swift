internal import Glibc

/// Why git could not do what was asked, in its own words. Never shown to clients as it is: what they did wrong has
/// codes of AWS's own.
struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure.
    enum Kind: String, Sendable {
        /// The program ended with another status than 0.
        case failed
        /// It printed more than was expected.
        case tooLarge
        /// It did not end in time and was killed.
        case late
        /// It could not be started, or the system refused something else.
        case system
        /// What it printed is not what its manual says.
        case unreadable
    }

    let kind: Kind
    let message: String
    /// The status it ended with.
    var status: Int32 = 0

    init(_ kind: Kind, _ message: String, status: Int32 = 0) {
        self.kind = kind
        self.message = message
        self.status = status
    }

    /// The failure of a system call.
    static func system(_ action: String, _ number: Int32 = errno) -> GitError {
        GitError(.system, "Slipway could not \(action): \(String(cString: strerror(number))).")
    }

    var description: String { message }
}
