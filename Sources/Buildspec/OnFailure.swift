/// What a phase's failure means for what comes next: `on-failure`.
///
/// Source: CodeBuild User Guide, "Build specification reference", `phases/*/on-failure`.
package enum OnFailure: Sendable, Hashable, Codable {
    /// The build goes straight to its end.
    case abort
    /// The build goes on as if nothing had happened; it has failed all the same.
    case proceed
    /// The phase is run again, up to that often, when its output fits the pattern (any, without one); then `abort`.
    case retry(count: Int, pattern: String?)

    /// How often a phase is run again when no number is given.
    package static let usualRetries = 3
    /// More retries than this are refused.
    package static let retryLimit = 100
    /// Longer lines of output are cut before a pattern looks at them: its time must stay bounded.
    private static let lineLimit = 2000

    /// Reads `ABORT`, `CONTINUE`, `RETRY`, `RETRY-3`, `RETRY-<pattern>` or `RETRY-3-<pattern>`; nil when it is none.
    package init?(_ text: String) {
        switch text.uppercased() {
        case "ABORT": self = .abort
        case "CONTINUE": self = .proceed
        case "RETRY": self = .retry(count: Self.usualRetries, pattern: nil)
        default:
            guard text.uppercased().hasPrefix("RETRY-") else { return nil }
            let rest = text.dropFirst("RETRY-".count)
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let tail = rest.dropFirst(digits.count)
            guard let count = Int(digits), tail.isEmpty || tail.hasPrefix("-") else {
                self = .retry(count: Self.usualRetries, pattern: String(rest))
                if rest.isEmpty || !Self.isPattern(String(rest)) { return nil }
                return
            }
            guard (1...Self.retryLimit).contains(count) else { return nil }
            let pattern = tail.isEmpty ? nil : String(tail.dropFirst())
            guard pattern.map(Self.isPattern) ?? true else { return nil }
            self = .retry(count: count, pattern: pattern)
        }
    }

    private static func isPattern(_ text: String) -> Bool { (try? Regex(text)) != nil }

    /// Whether the phase is to be run once more after that many runs that failed, the last with that output.
    package func runsAgain(afterRuns runs: Int, output: String) -> Bool {
        guard case .retry(let count, let pattern) = self, runs <= count else { return false }
        guard let pattern else { return true }
        guard let regex = try? Regex(pattern) else { return false }
        return output.split(whereSeparator: \.isNewline).contains { line in
            (try? regex.firstMatch(in: String(line.prefix(Self.lineLimit)))) ?? nil != nil
        }
    }
}
