/// Patterns with `*` (any text) and `?` (any one character), as policies have them.
enum Wildcard {
    /// Whether the text fits. Linear in practice: only the last `*` is ever returned to.
    static func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
        let pattern = Array(ignoringCase ? pattern.lowercased().utf8 : pattern.utf8)
        let text = Array(ignoringCase ? text.lowercased().utf8 : text.utf8)
        var (at, place) = (0, 0)
        var star: (at: Int, place: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == text[place] {
                at += 1
                place += 1
            } else if let last = star {
                at = last.at + 1
                place = last.place + 1
                star = (last.at, place)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
