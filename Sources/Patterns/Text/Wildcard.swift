/// A text in which `*` stands for any number of characters; `\*` and `\\` stand for themselves.
///
/// Matching takes time in proportion to the text and the pattern, whatever they are.
package struct Wildcard: Sendable, Hashable {
    /// Why a text is no such pattern, and at which character, counted from 0.
    package enum Misfit: Error, Sendable, Hashable {
        /// Two asterisks stand side by side.
        case consecutive(Int)
        /// A backslash before anything but an asterisk or a backslash.
        case escape(Int)
    }

    /// What stands between the asterisks, each with the lengths to fall back to when a search goes wrong (Knuth,
    /// Morris, Pratt).
    private struct Piece: Sendable, Hashable {
        let bytes: [UInt8]
        let fallback: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var fallback = [Int](repeating: 0, count: bytes.count)
            var length = 0
            for place in bytes.indices.dropFirst() {
                while length > 0, bytes[place] != bytes[length] { length = fallback[length - 1] }
                if bytes[place] == bytes[length] { length += 1 }
                fallback[place] = length
            }
            self.fallback = fallback
        }

        /// Where the first occurrence ends; nil when there is none.
        func end(in text: ArraySlice<UInt8>) -> Int? {
            var length = 0
            for place in text.indices {
                while length > 0, text[place] != bytes[length] { length = fallback[length - 1] }
                if text[place] == bytes[length] { length += 1 }
                if length == bytes.count { return place + 1 }
            }
            return nil
        }
    }

    private let pieces: [Piece]

    /// Reads a pattern.
    ///
    /// - Throws: ``Misfit``.
    package init(_ text: String) throws(Misfit) {
        var pieces: [[UInt8]] = [[]]
        var isEscaped = false
        var wasStar = false
        for (place, character) in text.enumerated() {
            if isEscaped {
                guard character == "*" || character == "\\" else { throw .escape(place - 1) }
                pieces[pieces.count - 1] += Array(String(character).utf8)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
                wasStar = false
            } else if character == "*" {
                guard !wasStar else { throw .consecutive(place - 1) }
                pieces.append([])
                wasStar = true
            } else {
                pieces[pieces.count - 1] += Array(String(character).utf8)
                wasStar = false
            }
        }
        guard !isEscaped else { throw .escape(text.count - 1) }
        self.pieces = pieces.map(Piece.init)
    }

    /// Whether the whole text fits.
    package func matches(_ text: String) -> Bool {
        guard let head = pieces.first, let tail = pieces.last else { return text.isEmpty }
        guard pieces.count > 1 else { return text.utf8.elementsEqual(head.bytes) }
        let bytes = Array(text.utf8)
        guard bytes.count >= head.bytes.count + tail.bytes.count, bytes.starts(with: head.bytes),
            bytes.suffix(tail.bytes.count).elementsEqual(tail.bytes)
        else { return false }
        var rest = bytes[head.bytes.count..<bytes.count - tail.bytes.count]
        for piece in pieces.dropFirst().dropLast() where !piece.bytes.isEmpty {
            guard let end = piece.end(in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }
}
