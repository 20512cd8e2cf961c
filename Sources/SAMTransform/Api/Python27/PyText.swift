/// A text, and whether Python 2.7 would print it as a Unicode text: `u'a'` rather than `'a'`.
///
/// Texts of a template are Unicode, texts that the transform itself writes are not. Only printing tells them apart: two
/// texts are equal, and find the same member of a dictionary, when their characters are the same.
struct PyText: Sendable, ExpressibleByStringLiteral {
    /// The characters.
    let text: String
    /// Whether it prints with the `u`.
    let isUnicode: Bool

    /// A text that prints plainly unless told otherwise.
    init(_ text: String, isUnicode: Bool = false) {
        self.text = text
        self.isUnicode = isUnicode
    }

    init(stringLiteral value: String) { self.init(value) }

    /// The text after a change, printed like this one.
    func with(_ text: String) -> PyText { PyText(text, isUnicode: isUnicode) }

    /// Python 2.7's hash of a string, on 64 bits (Objects/stringobject.c, `string_hash`).
    static func hash(_ text: String) -> UInt64 {
        var scalars = text.unicodeScalars.makeIterator()
        guard var scalar = scalars.next() else { return 0 }
        var hash = UInt64(scalar.value) << 7
        var count: UInt64 = 0
        while true {
            hash = (hash &* 1_000_003) ^ UInt64(scalar.value)
            count += 1
            guard let next = scalars.next() else { break }
            scalar = next
        }
        return hash ^ count
    }
}

extension PyText: Equatable {
    static func == (left: PyText, right: PyText) -> Bool { left.text == right.text }
}
