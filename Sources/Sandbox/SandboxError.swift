/// Why a program could not be started, or the sandbox not be set up.
package struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, as a stable word.
    package enum Code: String, Sendable, Hashable {
        /// The program as described cannot be run (no such folder, empty argument list ...): the caller's mistake.
        case invalidProgram
        /// The operating system or the runtime refused to start it.
        case startFailed
        /// No candidate works on this machine.
        case noBackend
        /// The sandbox is being shut down; nothing is started any more.
        case shuttingDown
    }

    /// What went wrong, as a stable word.
    package let code: Code
    /// What failed, its first cause and, where known, what to do.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
