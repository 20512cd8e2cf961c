/// Why the ledger refused. The code is stable; the message says what to do.
package struct LedgerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal.
    package enum Code: String, Sendable {
        /// There is a document of that key already.
        case exists
        /// The document is gone, or was never there.
        case missing
        /// Somebody else changed the document since it was read.
        case conflict
        /// What is stored cannot be read by this version of Slipway.
        case unreadable
        /// Another process or node holds what was asked for.
        case held
        /// The disk is full, or a quota is used up.
        case full
        /// The data folder cannot be used.
        case unusable
    }

    package let code: Code
    package let message: String

    /// A refusal.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
