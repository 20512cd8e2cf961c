import Notation

/// Tells the demo's story in the terminal.
struct Narrator {
    private let terminal = Terminal.standard

    /// A chapter begins.
    func chapter(_ number: Int, _ title: String) {
        terminal.line()
        terminal.line(terminal.styled("\(number). \(title)", .bold))
    }

    /// What happens.
    func tell(_ text: String) { terminal.line("   " + text) }

    /// What is run, as one would type it.
    func command(_ text: String) { terminal.line("   " + terminal.styled("$ " + text, .blue)) }

    /// Something went as it should.
    func good(_ text: String) { terminal.line("   " + terminal.styled("✓ ", .green) + text) }

    /// What stands before lines that a command printed.
    var margin: String { "   " + terminal.styled("│ ", .dim) }

    /// Lines that a command printed.
    func quote(_ lines: [String]) { for line in lines { terminal.line(margin + line) } }

    /// The closing table: a title and a value a row.
    func table(_ rows: [(String, String)]) {
        let width = rows.map(\.0.count).max() ?? 0
        terminal.line()
        for (title, value) in rows {
            terminal.line(
                "   \(title)\(String(repeating: " ", count: width - title.count))   \(terminal.styled(value, .bold))")
        }
    }
}
