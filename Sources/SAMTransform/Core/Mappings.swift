import Notation

/// The template's `Mappings`, for the few places where SAM looks into them itself.
struct Mappings {
    private let sections: JSONObject

    /// The mappings of a template.
    init(_ sections: JSONObject) {
        self.sections = sections
    }

    /// The tree with values in place of every `Fn::FindInMap` that can be looked up.
    ///
    /// - Throws: ``Fault/document(_:)`` when one has not three arguments, or a mapping has not two levels.
    func resolve(_ value: JSON) throws -> JSON {
        guard !sections.isEmpty else { return value }
        switch try found(value) {
        case .object(let object): return .object(try object.mapValues(resolve))
        case .array(let elements): return .array(try elements.map(resolve))
        case let other: return other
        }
    }

    private func found(_ value: JSON) throws -> JSON {
        guard let object = value.object, object.count == 1, let argument = object["Fn::FindInMap"] else { return value }
        guard let words = argument.array, words.count == 3 else {
            throw Fault.document(
                "Invalid FindInMap value \(argument.printed). FindInMap expects an array with 3 values.")
        }
        let names = try words.map(found).compactMap(\.string)
        guard names.count == 3, let mapping = sections[names[0]] else { return value }
        let isFlat = Fault.document("Cannot use Fn::FindInMap on Mapping '\(names[0])' which is not a a two-level map.")
        guard let top = mapping.object else { throw isFlat }
        guard let row = top[names[1]] else { return value }
        guard let cells = row.object else { throw isFlat }
        return cells[names[2]] ?? value
    }
}
