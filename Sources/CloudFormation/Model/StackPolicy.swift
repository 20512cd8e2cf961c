internal import Notation

/// A stack policy: which resources an update may change, and how.
///
/// Source: "Prevent updates to stack resources" in the User Guide. With a policy, whatever no statement allows is
/// denied, and a denial wins over every allowance.
struct StackPolicy: Sendable {
    /// What an update may do to a resource.
    enum Action: String, Sendable {
        case modify = "Update:Modify"
        case replace = "Update:Replace"
        case delete = "Update:Delete"
    }

    private let statements: [JSON]

    /// Reads a policy; nil when the text is none.
    init?(_ text: String) {
        guard let list = (try? JSON(parsing: text))?["Statement"] else { return nil }
        statements = list.array ?? [list]
        guard statements.allSatisfy({ ["Allow", "Deny"].contains($0["Effect"]?.string) }) else { return nil }
    }

    /// Why that may not be done to that resource, as CloudFormation says it; nil when it may.
    func denial(of action: Action, _ logicalID: String, type: String) -> String? {
        var isAllowed = false
        for (index, statement) in statements.enumerated() where covers(statement, action, logicalID, type) {
            if statement["Effect"] == "Deny" {
                return
                    "Action denied by stack policy: Statement [#\(index + 1)] does not allow [\(action.rawValue)] for "
                    + "resource [\(logicalID)]"
            }
            isAllowed = true
        }
        return isAllowed
            ? nil
            : "Action denied by stack policy: no statement allows [\(action.rawValue)] for resource [\(logicalID)]"
    }

    private func covers(_ statement: JSON, _ action: Action, _ logicalID: String, _ type: String) -> Bool {
        let resource = "LogicalResourceId/" + logicalID
        let isAction =
            statement["Action"].map { Self.texts($0).contains { Self.matches($0, action.rawValue) } }
            ?? statement["NotAction"].map { !Self.texts($0).contains { Self.matches($0, action.rawValue) } } ?? false
        let isResource =
            statement["Resource"].map { Self.texts($0).contains { Self.matches($0, resource) } }
            ?? statement["NotResource"].map { !Self.texts($0).contains { Self.matches($0, resource) } } ?? true
        guard isAction, isResource else { return false }
        let condition = statement["Condition"]
        let types = condition?["StringEquals"]?["ResourceType"] ?? condition?["StringLike"]?["ResourceType"]
        return types.map { Self.texts($0).contains { Self.matches($0, type) } } ?? true
    }

    private static func texts(_ value: JSON) -> [String] { value.array?.compactMap(\.string) ?? [value.string ?? ""] }

    /// Whether the text matches a pattern in which `*` stands for any number of characters.
    private static func matches(_ pattern: String, _ text: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
        guard text.hasPrefix(first), text.count >= first.count + last.count else { return false }
        var rest = text.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
