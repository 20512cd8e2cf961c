internal import Notation

/// Where the next page of a list begins, as a text that clients hand back.
///
/// It names the operation that made it: one of another operation, or one that somebody made up, is refused instead of
/// being taken for a place in the list.
package enum PageMark {
    /// The mark for a page that begins after that key.
    package static func seal(_ key: String, _ call: Call) -> String {
        Base64.encode(JSON.array([.string(call.operation), .string(key)]).bytes())
    }

    /// The key in a mark; nil when it is none of this operation's.
    package static func open(_ mark: String, _ call: Call) -> String? {
        guard let bytes = Base64.decode(mark), let parts = (try? JSON(parsing: bytes))?.array, parts.count == 2,
            parts[0].string == call.operation
        else { return nil }
        return parts[1].string
    }
}
