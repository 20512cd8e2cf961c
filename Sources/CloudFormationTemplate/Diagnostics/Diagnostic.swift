package import Notation

/// One thing to say about a template, with its place and what to do about it.
package struct Diagnostic: Sendable, Hashable {
    /// How much it matters.
    package enum Severity: String, Sendable, Hashable, Comparable {
        /// The template is not carried out.
        case error
        /// The template is carried out, but probably not as meant.
        case warning

        package static func < (left: Severity, right: Severity) -> Bool { left == .warning && right == .error }
    }

    /// How much it matters.
    package var severity: Severity
    /// What is wrong: AWS's own wording where CloudFormation has one.
    package var message: String
    /// Where in the template it is wrong; the root when no single place is to blame.
    package var path: Path
    /// Where in the text that is; nil until ``Report/located(in:)`` has looked it up, or when no place is known.
    package var mark: Mark?
    /// What would put it right, as a sentence; nil when the message already says so.
    package var fix: String?

    /// A finding about the value at that place.
    package init(_ severity: Severity, _ message: String, at path: Path, fix: String? = nil, mark: Mark? = nil) {
        self.severity = severity
        self.message = message
        self.path = path
        self.fix = fix
        self.mark = mark
    }
}

extension Diagnostic: CustomStringConvertible {
    /// The finding on one line: place, severity, message, fix.
    package var description: String {
        let place = mark.map { "line \($0.line), column \($0.column): " } ?? ""
        let remedy = fix.map { " (\($0))" } ?? ""
        return "\(place)\(severity.rawValue): \(message)\(remedy)"
    }
}

/// Everything found out about one template, in the order it was found.
package struct Report: Sendable, Hashable {
    /// How many findings are kept: nobody reads more, and each new one is compared with those before it.
    package static let limit = 200

    /// The findings, the first ``limit`` of them.
    package private(set) var diagnostics: [Diagnostic] = []

    /// A report without findings.
    package init() {}

    /// What makes the template unusable.
    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    /// What is worth knowing.
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }
    /// Whether the template can be used.
    package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }

    /// The message CloudFormation would answer with: that of the first error; nil when there is none.
    package var message: String? { diagnostics.first { $0.severity == .error }?.message }

    /// Notes an error.
    package mutating func error(_ message: String, at path: Path, fix: String? = nil) {
        append(Diagnostic(.error, message, at: path, fix: fix))
    }

    /// Notes a warning.
    package mutating func warning(_ message: String, at path: Path, fix: String? = nil) {
        append(Diagnostic(.warning, message, at: path, fix: fix))
    }

    /// Notes a finding. The same finding a second time is left out, as is what goes beyond ``limit``: but never the
    /// first error.
    package mutating func append(_ diagnostic: Diagnostic) {
        if diagnostics.count >= Self.limit {
            guard diagnostic.severity == .error, isValid else { return }
            diagnostics.removeLast()
        }
        guard !diagnostics.contains(diagnostic) else { return }
        diagnostics.append(diagnostic)
    }

    /// The findings about one section of the template alone.
    package func about(section: String) -> Report {
        var report = Report()
        report.diagnostics = diagnostics.filter { $0.path.steps.first == .key(section) }
        return report
    }

    /// Notes all findings of another report.
    package mutating func merge(_ other: Report) {
        for diagnostic in other.diagnostics { append(diagnostic) }
    }

    /// The same findings with line and column, as far as the text shows them.
    ///
    /// A text is read a second time for this, so ask only when there is something to show.
    package func located(in text: TemplateText) -> Report {
        guard !diagnostics.isEmpty, let marks = text.marks() else { return self }
        var report = self
        for index in report.diagnostics.indices where report.diagnostics[index].mark == nil {
            report.diagnostics[index].mark = marks.mark(of: report.diagnostics[index].path)
        }
        return report
    }
}

/// Why a template cannot be used: at least one error, and whatever else was found.
package struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The findings, among them at least one error.
    package let report: Report

    /// The failure those findings mean.
    package init(_ report: Report) { self.report = report }

    /// The failure one finding means.
    package init(_ message: String, at path: Path = Path(), fix: String? = nil, mark: Mark? = nil) {
        var report = Report()
        report.append(Diagnostic(.error, message, at: path, fix: fix, mark: mark))
        self.report = report
    }

    /// The first error's message, as CloudFormation's `ValidationError` carries it.
    package var message: String { report.message ?? "Template format error" }
    package var description: String { report.diagnostics.map(\.description).joined(separator: "\n") }
}
