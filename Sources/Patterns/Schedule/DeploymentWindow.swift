package import Notation

/// The times at which a pipeline's `DeploymentWindow` rule lets an execution go on.
///
/// Written as a cron expression with a field for seconds, which must be `*`, in front, and the year at the end left
/// out if wished. Source: CodePipeline User Guide, "DeploymentWindow".
package struct DeploymentWindow: Sendable, Hashable {
    private let expression: CronExpression

    /// Reads the rule's `Cron`.
    ///
    /// - Throws: ``ScheduleError``.
    package init(_ text: String) throws(ScheduleError) {
        var fields = text.split(separator: " ").map { String($0).uppercased() }
        guard fields.count == 6 || fields.count == 7 else {
            throw ScheduleError(
                "a deployment window has 6 or 7 fields: seconds, minutes, hours, day of month, month, day of week, year"
            )
        }
        guard fields.removeFirst() == "*" else {
            throw ScheduleError("the field 'seconds' of a deployment window must be '*'")
        }
        if fields.count == 5 { fields.append("*") }
        expression = try CronExpression(fields: fields)
    }

    /// Whether the window is open at that moment, by the clock of a zone given as its distance to UTC at a time.
    package func contains(_ moment: Timestamp, offset: (Timestamp) -> Duration = { _ in .zero }) -> Bool {
        expression.contains(moment, offset: offset)
    }

    /// When the window opens next: that moment itself while it is open, nil when it never opens again.
    package func nextOpening(
        after moment: Timestamp, offset: (Timestamp) -> Duration = { _ in .zero }
    ) -> Timestamp? {
        contains(moment, offset: offset) ? moment : expression.next(after: moment, offset: offset)
    }
}
