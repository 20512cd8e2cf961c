/// A text in which `*` stands for any number of characters and `?` for one.
package struct WildcardPattern {
    private let pattern: [Character]

    /// The pattern of that text.
    package init(_ text: String) { pattern = Array(text) }

    /// Whether it fits. The time it takes grows with the product of the two lengths, never faster.
    package func matches(_ text: String) -> Bool {
        let text = Array(text)
        var (place, at) = (0, 0)
        var star: (place: Int, at: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[at] {
                (place, at) = (place + 1, at + 1)
            } else if let last = star {
                star = (last.place, last.at + 1)
                (place, at) = (last.place + 1, last.at + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
