package import Notation

/// An EventBridge event pattern, compiled once and then asked of many events.
///
/// A pattern has the shape of the events it selects: members must all hold, the values listed for a member are
/// alternatives, a list in the event holds when one of its elements does (all members of a pattern's object are looked
/// for in the same element). Source: EventBridge User Guide, "Creating event patterns" and "Comparison operators".
package struct EventPattern: Sendable, Hashable {
    /// More combinations of `$or` than this are refused, as AWS refuses them.
    package static let combinationLimit = 1000

    /// The pattern as it was written.
    package let text: String
    /// What must hold; one of these is enough.
    private let alternatives: [PatternNode]

    /// Compiles a pattern's text.
    ///
    /// - Throws: ``EventPatternError`` with AWS's reason and the place.
    package init(_ text: String) throws(EventPatternError) {
        let tree: JSON
        do {
            tree = try JSON(parsing: text, limits: JSON.Limits(depth: PatternCompiler.depthLimit + 8))
        } catch let error as JSONError {
            throw EventPatternError(error.message, in: text, offset: error.offset)
        } catch {
            throw EventPatternError("\(error)", in: text, offset: 0)
        }
        try self.init(tree, text: text)
    }

    /// Compiles a pattern given as a tree, such as a template's property.
    ///
    /// - Throws: ``EventPatternError`` with AWS's reason; the place counts in the tree's compact text.
    package init(_ tree: JSON) throws(EventPatternError) { try self.init(tree, text: tree.text()) }

    private init(_ tree: JSON, text: String) throws(EventPatternError) {
        self.text = text
        do {
            alternatives = try PatternCompiler.compile(tree)
        } catch {
            throw EventPatternError(error.reason, in: text, offset: PatternPlace.offset(of: error.path, in: text))
        }
    }

    /// Whether the pattern selects the event. Never fails: what is not there is simply not matched.
    package func matches(_ event: JSON) -> Bool {
        alternatives.contains { $0.holds(event, in: event) }
    }
}

/// Why a text is no event pattern: the message of AWS's `InvalidEventPatternException`.
package struct EventPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason alone, such as `Empty arrays are not allowed`.
    package let reason: String
    /// Where in the pattern's text it shows.
    package let mark: Mark
    private let text: String

    init(_ reason: String, in text: String, offset: Int) {
        self.reason = reason
        self.text = text
        let before = text.utf8.prefix(offset)
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { before.index(after: $0) } ?? before.startIndex
        mark = Mark(line: line, column: before.distance(from: start, to: before.endIndex) + 1)
    }

    /// The reason and the place, as AWS words both: without the introduction, for services that have their own.
    package var located: String {
        let shown = text.count > 500 ? "\(text.prefix(500))\"[truncated \(text.count - 500) chars]" : text + "\""
        return "\(reason) at [Source: (String)\"\(shown); line: \(mark.line), column: \(mark.column)]"
    }

    /// The whole message of `InvalidEventPatternException`.
    package var description: String { "Event pattern is not valid. Reason: \(located)" }
}
