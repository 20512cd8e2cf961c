import Cloud
import Ledger
import Notation
import Patterns

/// When a secret is rotated by itself.
///
/// Source: Secrets Manager User Guide, "Schedule expressions in Secrets Manager rotation".
struct RotationSchedule: Sendable {
    private enum Rule: Sendable {
        case days(Int)
        case expression(Schedule)
    }
    private let rule: Rule
    /// The shortest time between two rotations.
    private static let shortest = 4 * 3600

    /// The schedule of those rules; nil when they have none that can be read.
    init?(_ rules: RotationRules) {
        if let days = rules.AutomaticallyAfterDays {
            rule = .days(days)
        } else if let schedule = rules.ScheduleExpression.flatMap({ try? Schedule($0) }) {
            if case .at = schedule { return nil }  // A rotation comes round again.
            rule = .expression(schedule)
        } else {
            return nil
        }
    }

    /// Refuses rules that AWS refuses.
    static func check(_ rules: RotationRules, now: Timestamp) throws {
        if rules.AutomaticallyAfterDays != nil, rules.ScheduleExpression != nil {
            throw AWSError.parameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
        }
        guard rules.ScheduleExpression != nil else { return }
        guard let schedule = RotationSchedule(rules), let first = schedule.next(after: now),
            schedule.next(after: first).map({ $0 - first >= .seconds(shortest) }) ?? true
        else {
            throw AWSError.parameter(
                "ScheduleExpression must be a cron() or rate() expression that comes round every four hours or less often."
            )
        }
    }

    func next(after moment: Timestamp) -> Timestamp? {
        switch rule {
        case .days(let days): moment + .seconds(days * 86400)
        case .expression(let schedule): schedule.next(after: moment)
        }
    }
}
