internal import Notation

/// Reads out of a deployment that went wrong what its cause was, in words.
enum Diagnosis {
    /// The line among the new version's last that most likely tells the error; nil when none looks like one.
    static func errorLine(_ evidence: Evidence?) -> String? {
        guard let lines = evidence?.lines.map(\.text) else { return nil }
        let found = lines.last { line in marks.contains { line.contains($0) } } ?? lines.last { isException($0) }
        return found.map { String(clean($0).prefix(300)) }
    }

    /// What runtimes write before an error (Lambda's own, and the usual log levels).
    private static let marks = [
        "[ERROR]", "Task timed out", "Runtime.ExitError", "Runtime.Unknown", "\tERROR\t", "Unhandled", "panic:",
    ]

    /// `SomeError: text`, `some.package.Exception: text`.
    private static func isException(_ line: String) -> Bool {
        guard let colon = line.firstIndex(of: ":") else { return false }
        let name = line[..<colon]
        return !name.contains(" ") && (name.hasSuffix("Error") || name.hasSuffix("Exception"))
    }

    /// Without `[ERROR]`, the time and the request id that the runtime puts before the message.
    private static func clean(_ line: String) -> String {
        let parts = line.split(whereSeparator: { $0 == "\t" || $0.isNewline }).map { $0.trimming() }
        let kept = parts.filter { part in
            part != "[ERROR]" && part != "ERROR" && Timestamp(parsing: part) == nil && !isRequestID(part)
        }
        // Node writes the error as JSON behind the words `Invoke Error`.
        for part in kept {
            guard part.hasPrefix("{"), let error = try? JSON(parsing: part), let message = error["errorMessage"]?.string
            else { continue }
            return [error["errorType"]?.string, message].compactMap(\.self).joined(separator: ": ")
        }
        var text = kept.first ?? line
        if text.hasPrefix("[ERROR]") { text = text.dropFirst("[ERROR]".count).trimming() }
        return text
    }

    private static func isRequestID(_ text: String) -> Bool {
        text.utf8.count == 36 && text.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12]
    }

    /// The new version's last error as a sentence; nil when none is known.
    static func lastError(_ machine: DeploymentMachine) -> String? {
        guard let target = machine.target, let line = errorLine(machine.evidence) else { return nil }
        let end = line.last?.isPunctuation == true && line.last != "'" && line.last != "\"" ? "" : "."
        return "Last error of version \(target.target): \(line)\(end)"
    }

    /// The first cause: the error behind the alarm if it is known, else what ended the deployment.
    static func cause(_ machine: DeploymentMachine) -> String? {
        guard let error = machine.ending?.error else { return nil }
        guard let target = machine.target else { return error.message }
        let hook = machine.lifecycle.first { $0.status == .failed && $0.diagnostics != nil }
        if error.code == "HOOK_EXECUTION_FAILURE", let hook, let diagnostics = hook.diagnostics {
            return "\(hook.name): \(diagnostics.message)"
        }
        if error.code == "ALARM_ACTIVE", let line = errorLine(machine.evidence) {
            return "Version \(target.target) of \(target.functionName) fails: \(line)"
        }
        return error.message
    }
}

extension StringProtocol {
    /// The text without white space around it.
    fileprivate func trimming() -> String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
