import Notation

/// A value that has to be of a certain kind, and how a message calls it.
struct Expectation {
    /// Whose value it is: decides how the message begins.
    enum Owner {
        /// A property of that resource.
        case resource(String)
        /// An attribute (`Properties`, `Connectors`) of that resource.
        case attribute(of: String)
        /// A property of that event.
        case event(String)
    }

    private let value: JSON?
    private let owner: Owner
    private let path: String

    /// A value of an owner, called by its path in messages (`Auth.Authorizers`).
    init(_ value: JSON?, of owner: Owner, _ path: String) {
        self.value = value
        self.owner = owner
        self.path = path
    }

    /// The members, if it is an object. - Throws: ``Fault``, with the given text if there is one.
    @discardableResult
    func map(_ text: String? = nil) throws -> JSONObject {
        guard let object = value?.object else { throw fault("map", text) }
        return object
    }

    /// The elements, if it is a list. - Throws: ``Fault``.
    @discardableResult
    func list(_ text: String? = nil) throws -> [JSON] {
        guard let array = value?.array else { throw fault("list", text) }
        return array
    }

    /// The elements, if it is a list of objects. - Throws: ``Fault``, naming the element.
    @discardableResult
    func listOfMaps(_ text: String? = nil) throws -> [JSONObject] {
        try list(text).enumerated().map { try Expectation($1, of: owner, "\(path)[\($0)]").map(text) }
    }

    /// The elements, if it is a list of texts. - Throws: ``Fault``, naming the element.
    @discardableResult
    func listOfStrings(_ text: String? = nil) throws -> [String] {
        try list(text).enumerated().map { try Expectation($1, of: owner, "\(path)[\($0)]").string(text) }
    }

    /// The text, if it is one. - Throws: ``Fault``.
    @discardableResult
    func string(_ text: String? = nil) throws -> String {
        guard let string = value?.string else { throw fault("string", text) }
        return string
    }

    /// The truth value, if it is one. - Throws: ``Fault``.
    @discardableResult
    func bool(_ text: String? = nil) throws -> Bool {
        guard let bool = value?.bool else { throw fault("boolean", text) }
        return bool
    }

    /// Checks that it is a whole number. - Throws: ``Fault``.
    func integer(_ text: String? = nil) throws {
        switch value {
        case .int, .bool: return
        default: throw fault("integer", text)
        }
    }

    /// The value, if it is there and not null. - Throws: ``Fault``, saying that the property is required.
    @discardableResult
    func present(_ text: String? = nil) throws -> JSON {
        guard let value, !value.isNull else {
            let text = text ?? "Property '\(path)' is required."
            switch owner {
            case .resource(let id), .attribute(of: let id): throw Fault.resource(id, text)
            case .event(let id): throw Fault.event(id, text)
            }
        }
        return value
    }

    private func fault(_ kind: String, _ text: String?) -> Fault {
        switch owner {
        case .resource(let id): .resource(id, text ?? "Property '\(path)' should be a \(kind).")
        case .attribute(of: let id): .resource(id, text ?? "Attribute '\(path)' should be a \(kind).")
        case .event(let id): .event(id, text ?? "Property '\(path)' should be a \(kind).")
        }
    }
}
