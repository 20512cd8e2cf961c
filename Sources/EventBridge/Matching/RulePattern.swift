internal import Cloud
internal import Notation
internal import Patterns

/// A rule's event pattern, and what it says at a glance about the events it can want.
struct RulePattern: Sendable {
    private let pattern: EventPattern
    private let tree: JSON

    /// - Throws: `InvalidEventPatternException`.
    init(_ text: String) throws {
        do { pattern = try EventPattern(text) } catch {
            throw AWSError("InvalidEventPatternException", error.description)
        }
        tree = try JSON(parsing: text)
    }

    /// Whether the event, in EventBridge's shape, is wanted.
    func matches(_ event: JSON) -> Bool { pattern.matches(event) }

    /// The texts that a member of wanted events must equal one of; nil when the pattern says so in another way, or not
    /// at all.
    func texts(_ member: String) -> [String]? {
        guard tree["$or"] == nil, let list = tree[member]?.array else { return nil }
        let texts = list.compactMap(\.string)
        return texts.count == list.count ? Array(Set(texts)) : nil
    }
}

/// A rule's schedule.
struct RuleSchedule: Sendable {
    private let schedule: Schedule

    /// - Throws: `ValidationException`.
    init(_ text: String) throws {
        do { schedule = try Schedule(text) } catch { throw EventError.invalid(error.description) }
        if case .at = schedule {
            throw EventError.invalid("Parameter ScheduleExpression is not valid. (rules take rate(...) and cron(...).)")
        }
    }

    /// When it is due next after that moment; nil when never again. A rate counts from `anchor`.
    func next(after moment: Timestamp, since anchor: Timestamp) -> Timestamp? {
        schedule.next(after: moment, anchor: anchor)
    }
}

/// What a target is told of an event: the event, a part of it, a text of the target's own, or one made of both.
struct TargetInput: Sendable {
    private enum Way: Sendable {
        case event
        case constant(String)
        case part(EventPath)
        case transformed(InputTransformer)
    }
    private let way: Way

    /// - Throws: `ValidationException` for a path or a template that cannot be read.
    init(_ target: JSON) throws {
        if let text = target["Input"]?.string {
            way = .constant(text)
        } else if let text = target["InputPath"]?.string {
            guard let path = EventPath(text) else {
                throw EventError.invalid("Invalid InputPath for target \(target["Id"]?.string ?? "").")
            }
            way = .part(path)
        } else if let transformer = target["InputTransformer"] {
            let paths = (transformer["InputPathsMap"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
            do {
                way = .transformed(
                    try InputTransformer(
                        paths: Dictionary(paths) { $1 }, template: transformer["InputTemplate"]?.string ?? ""))
            } catch { throw EventError.invalid(error.description) }
        } else {
            way = .event
        }
    }

    /// Whether the target has an input of its own, rather than the event as it is.
    var isOwn: Bool { if case .event = way { false } else { true } }

    /// What the target is told of that event. A part that the event does not have is `null`.
    func text(for event: JSON, rule: Rule, taken: Timestamp) -> String {
        switch way {
        case .event: event.text()
        case .constant(let text): text
        case .part(let path): (path.value(in: event) ?? .null).text()
        case .transformed(let transformer):
            transformer.transform(event, .init(ruleARN: rule.arn, ruleName: rule.name, ingestionTime: taken))
        }
    }
}
