import Notation

/// A value of an API's document, with all that decides how Python 2.7 prints it.
enum PyValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(PyText)
    case list([PyValue])
    case dict(PyDict)
}

extension PyValue {
    /// The text, if this is one.
    var string: String? { if case .text(let value) = self { value.text } else { nil } }
    /// The text with its way of printing, if this is one.
    var text: PyText? { if case .text(let value) = self { value } else { nil } }
    /// The elements, if this is a list.
    var list: [PyValue]? { if case .list(let value) = self { value } else { nil } }
    /// The members, if this is a dictionary.
    var dict: PyDict? { if case .dict(let value) = self { value } else { nil } }
    /// The truth value, if this is one.
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// Whether this is Python's `None`.
    var isNull: Bool { if case .null = self { true } else { false } }

    /// Whether Python counts the value as true: not None, False, 0, or empty.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .text(let value): !value.text.isEmpty
        case .list(let value): !value.isEmpty
        case .dict(let value): !value.isEmpty
        }
    }

    /// The value unless Python counts it as false.
    var truthy: PyValue? { isTruthy ? self : nil }
    /// The value as a list: itself, or a list of itself.
    var asList: [PyValue] { list ?? [self] }

    /// The member of that name; nil when this is no dictionary or has none.
    subscript(key: String) -> PyValue? { dict?[key] }

    /// The member of that name, unless it is None.
    func given(_ key: String) -> PyValue? { dict?.given(key) }

    /// The same value as `copy.deepcopy` gives it: every dictionary is built anew in the order in which the old one was
    /// gone through, which can change that order.
    func deepCopied() -> PyValue {
        switch self {
        case .list(let elements): .list(elements.map { $0.deepCopied() })
        case .dict(let members): .dict(members.deepCopied())
        default: self
        }
    }

    /// Whether a deep copy is the value itself, table for table.
    var isSettled: Bool {
        switch self {
        case .list(let elements): elements.allSatisfy(\.isSettled)
        case .dict(let members): members.isSettled
        default: true
        }
    }

    /// Changes the dictionary that this is, in place; nothing when it is none.
    mutating func editDict<T>(_ change: (inout PyDict) throws -> T) rethrows -> T? {
        guard case .dict(var members) = self else { return nil }
        self = .null  // so that the members' storage is held once while it is changed
        defer { self = .dict(members) }
        return try change(&members)
    }
}

extension Optional<PyValue> {
    /// Whether there is a value that Python counts as true.
    var isTruthy: Bool { self?.isTruthy ?? false }
    /// The value unless Python counts it as false.
    var truthy: PyValue? { self?.truthy }
}

extension PyValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(PyText(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(arrayLiteral elements: PyValue...) { self = .list(elements) }
    /// A plain dictionary, as a `{...}` in the transform's own code gives it.
    init(dictionaryLiteral elements: (String, PyValue)...) {
        var members = PyDict(isHashed: false)
        for (key, value) in elements { members[key] = value }
        self = .dict(members)
    }
}
