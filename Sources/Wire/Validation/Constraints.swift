import Notation

/// Finds the constraints that a value breaks and words them as AWS does.
///
/// The wording is that of AWS's service framework, as clients see it in `ValidationException`s: paths in lower camel
/// case, elements counted from 1 behind `member`, values in Java's notation, sensitive values left out.
struct Constraints {
    /// One broken constraint.
    struct Breach: Sendable, Hashable {
        let path: String
        /// The value as shown; nil when it is not given.
        let value: String?
        let constraint: String
        let isMissing: Bool
        let isSensitive: Bool

        var text: String {
            let shown = isSensitive ? "Value" : value.map { "Value '\($0)'" } ?? "Value null"
            return "\(shown) at '\(path)' failed to satisfy constraint: \(constraint)"
        }
    }

    /// More are not looked for: AWS stops as well.
    private static let breachLimit = 10
    private(set) var breaches: [Breach] = []

    /// Marks the shapes in which something can be wrong, so that others are passed over.
    static func mark(_ shapes: [Shape]) {
        for shape in shapes { shape.isConstrained = hasOwn(shape) || !shape.requiredNames.isEmpty }
        var changed = true
        while changed {
            changed = false
            for shape in shapes where !shape.isConstrained {
                let inner = shape.members + [shape.element, shape.key, shape.value].compactMap { $0 }
                guard inner.contains(where: { $0.shape.isConstrained }) else { continue }
                shape.isConstrained = true
                changed = true
            }
        }
    }

    private static func hasOwn(_ shape: Shape) -> Bool {
        shape.minimum != nil || shape.maximum != nil || shape.pattern != nil || !shape.values.isEmpty
    }

    mutating func check(_ value: JSON, _ shape: Shape, path: String) {
        guard shape.isConstrained, breaches.count < Self.breachLimit else { return }
        switch shape.kind {
        case .structure: structure(value, shape, path: path)
        case .list: list(value, shape, path: path)
        case .map: map(value, shape, path: path)
        case .string, .blob, .boolean, .integer, .long, .double, .float, .timestamp:
            for constraint in Self.broken(value, shape) { breach(constraint, value, shape, path) }
        }
    }

    private mutating func breach(_ constraint: String, _ value: JSON, _ shape: Shape, _ path: String) {
        let shown = shape.isSensitive ? "" : JavaText.of(value, shape)
        breaches.append(
            Breach(path: path, value: shown, constraint: constraint, isMissing: false, isSensitive: shape.isSensitive))
    }

    private mutating func structure(_ value: JSON, _ shape: Shape, path: String) {
        guard let object = value.object else { return }
        for name in shape.requiredNames where object[name] == nil && !shape.isRaw(name) {
            breaches.append(
                Breach(
                    path: Self.join(path, name), value: nil, constraint: "Member must not be null", isMissing: true,
                    isSensitive: false))
        }
        for (name, value) in object {
            guard let member = shape.member(name), member.shape.isConstrained else { continue }
            check(value, member.shape, path: Self.join(path, name))
        }
    }

    private static func join(_ path: String, _ name: String) -> String {
        let first = name.prefix(1).lowercased() + name.dropFirst()
        return path.isEmpty ? first : "\(path).\(first)"
    }

    private mutating func list(_ value: JSON, _ shape: Shape, path: String) {
        guard let elements = value.array else { return }
        for constraint in Self.broken(value, shape) { breach(constraint, value, shape, path) }
        guard let inner = shape.element?.shape, inner.isConstrained else { return }
        if Self.isCompound(inner) {
            for (index, element) in elements.enumerated() { check(element, inner, path: "\(path).\(index + 1).member") }
        } else if elements.contains(where: { !Self.broken($0, inner).isEmpty }) {
            breach("Member must satisfy constraint: [\(Self.all(inner))]", value, shape, path)
        }
    }

    private mutating func map(_ value: JSON, _ shape: Shape, path: String) {
        guard let object = value.object else { return }
        for constraint in Self.broken(value, shape) { breach(constraint, value, shape, path) }
        if let key = shape.key?.shape, key.isConstrained,
            object.contains(where: { !Self.broken(.string($0.key), key).isEmpty })
        {
            breach("Map keys must satisfy constraint: [\(Self.all(key))]", value, shape, path)
        }
        guard let inner = shape.value?.shape, inner.isConstrained else { return }
        if Self.isCompound(inner) {
            for (key, value) in object { check(value, inner, path: "\(path).\(key).member") }
        } else if object.contains(where: { !Self.broken($0.value, inner).isEmpty }) {
            breach("Map value must satisfy constraint: [\(Self.all(inner))]", value, shape, path)
        }
    }

    private static func isCompound(_ shape: Shape) -> Bool {
        shape.kind == .structure || shape.kind == .list || shape.kind == .map
    }

    /// The shape's own constraints that the value breaks, in AWS's order.
    static func broken(_ value: JSON, _ shape: Shape) -> [String] {
        guard hasOwn(shape) else { return [] }
        var broken: [String] = []
        if shape.minimum != nil || shape.maximum != nil, let size = size(value, shape) {
            if let most = shape.maximum, size > most { broken.append(limit(shape, most, isUpper: true)) }
            if let least = shape.minimum, size < least { broken.append(limit(shape, least, isUpper: false)) }
        }
        guard let text = value.string, shape.kind == .string else { return broken }
        if shape.pattern != nil, let matcher = shape.matcher, !matcher.matches(text) { broken.append(pattern(shape)) }
        if !shape.values.isEmpty, !shape.valueSet.contains(text) { broken.append(values(shape)) }
        return broken
    }

    private static func all(_ shape: Shape) -> String {
        var all: [String] = []
        if let most = shape.maximum { all.append(limit(shape, most, isUpper: true)) }
        if let least = shape.minimum { all.append(limit(shape, least, isUpper: false)) }
        if shape.pattern != nil { all.append(pattern(shape)) }
        if !shape.values.isEmpty { all.append(values(shape)) }
        return all.joined(separator: ", ")
    }

    private static func size(_ value: JSON, _ shape: Shape) -> Double? {
        switch value {
        case .string(let text) where shape.kind == .blob: Double(Base64.decodedCount(text))
        // Java counts UTF-16 units.
        case .string(let text): Double(text.utf8.count == text.utf16.count ? text.utf8.count : text.utf16.count)
        case .array(let elements): Double(elements.count)
        case .object(let object): Double(object.count)
        case .int(let number): Double(number)
        case .double(let number): number
        case .null, .bool: nil
        }
    }

    private static func limit(_ shape: Shape, _ bound: Double, isUpper: Bool) -> String {
        let isNumber = [.integer, .long, .double, .float].contains(shape.kind)
        let words = isUpper ? "less than or equal to" : "greater than or equal to"
        return "Member must have \(isNumber ? "value" : "length") \(words) \(JavaText.number(bound))"
    }

    private static func pattern(_ shape: Shape) -> String {
        "Member must satisfy regular expression pattern: \(shape.pattern ?? "")"
    }

    private static func values(_ shape: Shape) -> String {
        "Member must satisfy enum value set: [\(shape.values.joined(separator: ", "))]"
    }
}

/// Values as Java's `toString` writes them, which is how AWS's messages show them.
enum JavaText {
    /// Longer values are cut, so that a message stays one.
    private static let lengthLimit = 1024

    static func of(_ value: JSON, _ shape: Shape?) -> String {
        let text = write(value, shape)
        return text.utf8.count <= lengthLimit ? text : String(text.prefix(lengthLimit)) + "..."
    }

    private static func write(_ value: JSON, _ shape: Shape?) -> String {
        if shape?.isSensitive == true { return "***" }
        switch value {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return Scalar.text(number)
        case .string(let text):
            guard shape?.kind == .blob else { return text }
            let count = Base64.decodedCount(text)
            return "java.nio.HeapByteBuffer[pos=0 lim=\(count) cap=\(count)]"
        case .array(let elements):
            return "[" + elements.map { write($0, shape?.element?.shape) }.joined(separator: ", ") + "]"
        case .object(let object):
            let inner = { (name: String) in shape?.kind == .map ? shape?.value?.shape : shape?.member(name)?.shape }
            return "{" + object.map { "\($0.key)=\(write($0.value, inner($0.key)))" }.joined(separator: ", ") + "}"
        }
    }

    static func number(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? number.description }
}
