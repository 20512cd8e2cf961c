/// Rows for people: columns as wide as their widest cell, the last as wide as it likes.
struct TextTable {
    let heads: [String]
    private(set) var rows: [[String]] = []

    /// A table of those columns.
    init(_ heads: String...) { self.heads = heads }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The lines, the heads dimmed; nothing when there are no rows.
    func lines(_ terminal: Terminal) -> [String] {
        guard !rows.isEmpty else { return [] }
        let widths = heads.indices.map { column in
            ([heads] + rows).map { $0.indices.contains(column) ? Self.width($0[column]) : 0 }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var text = ""
            for (column, cell) in cells.enumerated() {
                let gap = column == cells.count - 1 ? 0 : widths[column] - Self.width(cell) + 2
                text += cell + String(repeating: " ", count: gap)
            }
            return text
        }
        return [terminal.styled(line(heads), .dim)] + rows.map(line)
    }

    /// The visible characters, escapes not counted.
    private static func width(_ text: String) -> Int {
        var (count, isEscape) = (0, false)
        for character in text {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { count += 1 }
            if isEscape, character.isLetter { isEscape = false }
        }
        return count
    }
}

extension Terminal {
    /// A status in the colour of how good it is.
    func coloured(_ status: String) -> String {
        switch status {
        case "Succeeded", "SUCCEEDED", "Approved", "good": styled(status, .green)
        case "Failed", "Stopped", "Cancelled", "Abandoned", "FAILED", "FAULT", "TIMED_OUT", "STOPPED", "failed":
            styled(status, .red)
        case "Superseded", "Skipped", "": styled(status, .dim)
        default: styled(status, .blue)
        }
    }

    /// The sign before something in that state.
    func sign(_ status: String?) -> String {
        switch status {
        case "Succeeded", "SUCCEEDED": styled("✓", .green)
        case "Failed", "Stopped", "Cancelled", "Abandoned", "FAILED", "FAULT", "TIMED_OUT", "STOPPED": styled("✗", .red)
        case "Skipped", "Superseded": styled("–", .dim)
        case nil, "": styled("○", .dim)
        default: styled("●", .blue)
        }
    }
}
