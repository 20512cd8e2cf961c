extension String {
    /// Where another text first stands in this one; nil when it does not.
    func firstPlace(of other: String) -> Index? {
        guard let first = other.utf8.first else { return startIndex }
        var rest = self[...]
        while let start = rest.utf8.firstIndex(of: first) {
            if self[start...].hasPrefix(other) { return start }
            rest = self[utf8.index(after: start)...]
        }
        return nil
    }
}
