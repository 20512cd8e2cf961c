/// One thing that is wrong with a build specification.
package struct BuildspecProblem: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What is wrong, as a sentence without its full stop.
    package var message: String
    /// The line, counted from 1, where one is known.
    package var line: Int?

    /// The problem as CodeBuild words problems: with the line behind it.
    package var description: String {
        guard let line, !message.contains(" at line ") else { return message }
        return "\(message) at line \(line)"
    }
}

/// Why a text is no build specification: every problem found. CodeBuild gives it the status code `YAML_FILE_ERROR`.
package struct BuildspecError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The code in a phase's context.
    package static let code = "YAML_FILE_ERROR"
    /// The problems, by line; never empty.
    package let problems: [BuildspecProblem]

    /// All of them on one line.
    package var description: String { problems.map(\.description).joined(separator: "; ") }
}
