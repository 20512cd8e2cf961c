internal import Notation

/// A list of changes to a document, as Cloud Control's updates give them.
///
/// Source: RFC 6902 (JSON Patch) and RFC 6901 (JSON Pointer).
struct JSONPatch: Sendable {
    /// Why a patch cannot be read or applied.
    struct Failure: Error, Hashable {
        let message: String
    }

    private struct Step: Sendable {
        var operation: String
        var path: [String]
        var from: [String]?
        var value: JSON?
    }

    private let steps: [Step]

    /// Reads a patch.
    ///
    /// - Throws: ``Failure`` naming what is wrong with it.
    init(parsing text: String) throws {
        guard let list = (try? JSON(parsing: text))?.array else {
            throw Failure(message: "The patch document must be a JSON array of operations (RFC 6902).")
        }
        steps = try list.enumerated().map { index, entry in
            guard let operation = entry["op"]?.string, let path = entry["path"]?.string else {
                throw Failure(message: "Operation \(index) of the patch document needs 'op' and 'path'.")
            }
            let needsValue = ["add", "replace", "test"].contains(operation)
            let needsFrom = ["move", "copy"].contains(operation)
            guard needsValue || needsFrom || operation == "remove" else {
                throw Failure(message: "Operation \(index) of the patch document is unknown: '\(operation)'.")
            }
            guard !needsValue || entry["value"] != nil, !needsFrom || entry["from"]?.string != nil else {
                throw Failure(
                    message: "Operation \(index) of the patch document needs '\(needsFrom ? "from" : "value")'.")
            }
            return Step(
                operation: operation, path: try Self.pointer(path), from: try entry["from"]?.string.map(Self.pointer),
                value: entry["value"])
        }
    }

    /// The steps of a pointer.
    private static func pointer(_ text: String) throws -> [String] {
        guard text.isEmpty || text.hasPrefix("/") else {
            throw Failure(message: "The path '\(text)' must begin with a slash (RFC 6901).")
        }
        return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The document after all changes; none has an effect when one of them cannot be made.
    ///
    /// - Throws: ``Failure`` naming the path that is not there, or the test that does not hold.
    func apply(to document: JSON) throws -> JSON {
        var result = document
        for step in steps {
            switch step.operation {
            case "add": result = try Self.adding(step.value ?? .null, at: step.path[...], to: result)
            case "remove": result = try Self.removing(step.path[...], from: result)
            case "replace":
                _ = try Self.value(at: step.path, in: result)
                result = try Self.changing(step.path[...], in: result) { _ in step.value ?? .null }
            case "test":
                guard try Self.value(at: step.path, in: result) == step.value else {
                    throw Failure(message: "The test at '\(Self.text(step.path))' does not hold.")
                }
            default:
                let from = step.from ?? []
                guard step.operation == "copy" || !step.path.starts(with: from) || step.path == from else {
                    throw Failure(message: "'\(Self.text(from))' cannot be moved into itself.")
                }
                let moved = try Self.value(at: from, in: result)
                if step.operation == "move" { result = try Self.removing(from[...], from: result) }
                result = try Self.adding(moved, at: step.path[...], to: result)
            }
        }
        return result
    }

    // MARK: One change

    private static func text(_ path: some Sequence<String>) -> String { path.map { "/" + $0 }.joined() }

    private static func missing(_ path: some Sequence<String>) -> Failure {
        Failure(message: "There is nothing at '\(text(path))'.")
    }

    private static func value(at path: [String], in document: JSON) throws -> JSON {
        var value = document
        for (place, step) in path.enumerated() {
            // A literal nil would be JSON's own null here, which is something.
            let inner = value.array.flatMap { list in
                Int(step).flatMap { list.indices.contains($0) ? list[$0] : JSON?.none }
            }
            guard let next = value.object != nil ? value[step] : inner else { throw missing(path.prefix(place + 1)) }
            value = next
        }
        return value
    }

    /// The document with what the closure makes of the value at the path, which is there.
    private static func changing(
        _ path: ArraySlice<String>, in document: JSON, _ change: (JSON) throws -> JSON
    ) throws -> JSON {
        guard let step = path.first else { return try change(document) }
        switch document {
        case .object(var members):
            guard let inner = members[step] else { throw missing([step]) }
            members[step] = try changing(path.dropFirst(), in: inner, change)
            return .object(members)
        case .array(var elements):
            guard let index = Int(step), elements.indices.contains(index) else { throw missing([step]) }
            elements[index] = try changing(path.dropFirst(), in: elements[index], change)
            return .array(elements)
        default: throw missing(path)
        }
    }

    private static func adding(_ value: JSON, at path: ArraySlice<String>, to document: JSON) throws -> JSON {
        guard let name = path.last else { return value }
        return try changing(path.dropLast(), in: document) { parent in
            switch parent {
            case .object(var members):
                members[name] = value
                return .object(members)
            case .array(var elements):
                let index = name == "-" ? elements.count : Int(name) ?? -1
                guard (0...elements.count).contains(index) else { throw missing(path) }
                elements.insert(value, at: index)
                return .array(elements)
            default: throw missing(path)
            }
        }
    }

    private static func removing(_ path: ArraySlice<String>, from document: JSON) throws -> JSON {
        guard let name = path.last else { return .null }
        return try changing(path.dropLast(), in: document) { parent in
            switch parent {
            case .object(var members):
                guard members.contains(name) else { throw missing(path) }
                members.remove(name)
                return .object(members)
            case .array(var elements):
                guard let index = Int(name), elements.indices.contains(index) else { throw missing(path) }
                elements.remove(at: index)
                return .array(elements)
            default: throw missing(path)
            }
        }
    }
}
