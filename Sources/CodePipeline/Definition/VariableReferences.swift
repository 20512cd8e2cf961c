internal import Notation

/// `#{namespace.key}` in configuration values.
///
/// Source: CodePipeline User Guide, "Variables reference".
enum VariableReferences {
    struct Reference: Hashable, Sendable {
        var namespace: String
        var key: String
        var text: String { "#{\(namespace).\(key)}" }
    }

    /// A reference that stands for nothing.
    struct Unresolved: Error, Hashable {
        let reference: Reference
    }

    /// The references in a text, in order. What only looks like one is not.
    static func find(in text: String) -> [Reference] {
        pieces(of: text).compactMap { if case .reference(let reference) = $0 { reference } else { nil } }
    }

    /// The text with every reference replaced.
    ///
    /// - Throws: ``Unresolved`` with the first reference that has no value.
    static func resolve(_ text: String, _ values: (Reference) -> String?) throws(Unresolved) -> String {
        guard text.contains("#{") else { return text }
        var result = ""
        for piece in pieces(of: text) {
            switch piece {
            case .text(let text): result += text
            case .reference(let reference):
                guard let value = values(reference) else { throw Unresolved(reference: reference) }
                result += value
            }
        }
        return result
    }

    private enum Piece {
        case text(String)
        case reference(Reference)
    }

    private static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "#{") {
            pieces.append(.text(String(rest[..<start.lowerBound])))
            let inside = rest[start.upperBound...]
            guard let end = inside.firstIndex(of: "}"), let reference = reference(inside[..<end]) else {
                pieces.append(.text("#{"))
                rest = inside
                continue
            }
            pieces.append(.reference(reference))
            rest = inside[inside.index(after: end)...]
        }
        pieces.append(.text(String(rest)))
        return pieces
    }

    private static func reference(_ text: Substring) -> Reference? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, isName(parts[0]), isName(parts[1]) else { return nil }
        return Reference(namespace: String(parts[0]), key: String(parts[1]))
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "@-_.".contains($0)) }
    }
}
