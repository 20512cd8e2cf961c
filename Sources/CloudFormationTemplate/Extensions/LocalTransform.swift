package import Notation

/// A transform called from inside a template: `Fn::Transform`, such as `AWS::Include` or a macro of one's own.
///
/// The room finds the calls and puts the results in; the caller fetches files and runs macros in between.
package struct LocalTransform: Sendable, Hashable {
    /// Where the object with the call stands.
    package let path: Path
    /// The transform's name.
    package let name: String
    /// What it is given.
    package let parameters: JSON
    /// The members beside the call.
    package let fragment: JSON

    /// The next calls to carry out: the deepest, which no other call stands inside of. Empty when all are done.
    ///
    /// - Throws: ``TemplateError`` for a call without a name.
    package static func next(in body: JSON) throws -> [LocalTransform] {
        var found: [LocalTransform] = []
        _ = try collect(body, at: Path(), into: &found)
        return found
    }

    private static func collect(_ value: JSON, at path: Path, into found: inout [LocalTransform]) throws -> Bool {
        var isFoundInside = false
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if try collect(element, at: path.appending(index), into: &found) { isFoundInside = true }
            }
        case .object(var members):
            for (name, member) in members where name != "Fn::Transform" {
                if try collect(member, at: path.appending(name), into: &found) { isFoundInside = true }
            }
            guard let call = members["Fn::Transform"], !isFoundInside else { break }
            guard let name = call["Name"]?.string else {
                throw TemplateError(
                    "Template error: every Fn::Transform object requires a Name", at: path.appending("Fn::Transform"))
            }
            members["Fn::Transform"] = nil
            found.append(
                LocalTransform(
                    path: path, name: name, parameters: call["Parameters"] ?? .object([:]), fragment: .object(members)))
            return true
        default: break
        }
        return isFoundInside
    }

    /// The template with the call's result in its place.
    ///
    /// For `AWS::Include` the file's members join those beside the call, and win; a macro's answer takes the place
    /// of the whole object.
    package func replacing(in body: JSON, with result: JSON) -> JSON {
        var value = result
        if name == "AWS::Include", var members = fragment.object, let included = result.object {
            members.merge(included)
            value = .object(members)
        }
        return Self.replacing(path.steps[...], in: body, with: value)
    }

    private static func replacing(_ steps: ArraySlice<Path.Step>, in value: JSON, with result: JSON) -> JSON {
        guard let step = steps.first else { return result }
        switch (step, value) {
        case (.key(let key), .object(var members)):
            members[key] = members[key].map { replacing(steps.dropFirst(), in: $0, with: result) }
            return .object(members)
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            elements[index] = replacing(steps.dropFirst(), in: elements[index], with: result)
            return .array(elements)
        default: return value
        }
    }
}
