/// Something wrong with the template, thrown while a part of it is translated.
///
/// Faults of single resources and events are collected, so that all are told at once; a `document` ends the
/// translation where it is thrown.
enum Fault: Error {
    /// A resource is wrong.
    case resource(_ logicalID: String, _ text: String)
    /// An event of a function or state machine is wrong.
    case event(_ eventID: String, _ text: String)
    /// A section of the template, such as `Globals`, is wrong.
    case section(_ name: String, _ text: String)
    /// The template as a whole is wrong.
    case template(_ text: String)
    /// A generated resource meets one that is there already.
    case duplicate(_ logicalID: String, generated: String, type: String)
    /// These faults, and nothing more is looked at.
    case document([Fault])

    /// A fault of the template that ends the translation.
    static func document(_ text: String) -> Fault { .document([.template(text)]) }

    /// The single faults.
    var parts: [Fault] {
        if case .document(let faults) = self { faults.flatMap(\.parts) } else { [self] }
    }

    /// The message as AWS words it.
    var message: String {
        switch self {
        case .resource(let id, let text): "Resource with id [\(id)] is invalid. \(text)"
        case .event(let id, let text): "Event with id [\(id)] is invalid. \(text)"
        case .section(let name, let text): "'\(name)' section is invalid. \(text)"
        case .template(let text): "Structure of the SAM template is invalid. \(text)"
        case .duplicate(let id, let generated, let type):
            "Transforming resource with id [\(id)] attempts to create a new resource with id [\(generated)] and type "
                + "\"\(type)\". A resource with that id already exists within this template. Please use a different id "
                + "for that resource."
        case .document(let faults): faults.map(\.message).joined(separator: " ")
        }
    }

    /// The resource it belongs to.
    var logicalID: String? {
        switch self {
        case .resource(let id, _), .duplicate(let id, _, _): id
        default: nil
        }
    }

    /// What faults are ordered by in an answer.
    var sortKey: String {
        switch self {
        case .resource(let id, _), .event(let id, _), .duplicate(let id, _, _), .section(let id, _): id
        default: message
        }
    }

    /// The same fault told about the resource that an event belongs to; other faults as they are.
    func ofResource(_ logicalID: String) -> Fault {
        if case .event = self { .resource(logicalID, message) } else { self }
    }
}
