/// The `paths` of an OpenAPI or Swagger document: what methods they have, and changing them.
///
/// A path and a method may each be an `Fn::If`; then whatever is done is done in both branches, except where a branch
/// is `AWS::NoValue`.
struct APIPaths {
    /// The extension that says what a method calls.
    static let integration = "x-amazon-apigateway-integration"
    /// What API Gateway calls a method that stands for all.
    static let anyMethod = "x-amazon-apigateway-any-method"

    /// The path items by path.
    var items: PyDict

    /// The paths in order.
    var names: [PyText] { items.keys }

    /// The name under which a method stands: lower case, `any` as API Gateway's extension.
    static func normalized(_ method: PyText) -> PyText {
        let lower = method.text.lowercased()
        return lower == "any" ? PyText(anyMethod) : method.with(lower)
    }

    /// `{"Fn::If": [condition, value, AWS::NoValue]}`.
    static func conditional(_ condition: PyText, _ value: PyValue) -> PyValue {
        ["Fn::If": .list([.text(condition), value, ["Ref": "AWS::NoValue"]])]
    }
}

// MARK: Conditional contents

extension APIPaths {
    /// What the value is, or the two values that it may be.
    static func branches(of value: PyValue) throws -> [PyValue] {
        guard let choice = value["Fn::If"] else { return [value] }
        guard case .list(let list) = choice else { throw notList }
        return list.dropFirst().filter { !$0.isNoValue }
    }

    /// Changes what the value is, or the two values that it may be, in place.
    static func editBranches(_ value: inout PyValue, _ change: (inout PyValue) throws -> Void) throws {
        guard let choice = value["Fn::If"] else { return try change(&value) }
        guard case .list(let list) = choice else { throw notList }
        try value.editDict { members in
            _ = try members.edit("Fn::If") { choice in
                var branches = list
                choice = .null
                defer { choice = .list(branches) }
                for place in branches.indices.dropFirst() where !branches[place].isNoValue {
                    try change(&branches[place])
                }
            }
        }
    }

    private static var notList: Fault { .document("Value of Fn::If must be a list.") }
}

// MARK: Asking

extension APIPaths {
    /// Whether there is the path, and the method in each of its branches.
    func has(_ path: PyText, _ method: PyText) throws -> Bool {
        guard let item = items[path.text] else { return false }
        let name = Self.normalized(method).text
        return try Self.branches(of: item).allSatisfy { $0.dict?.contains(name) ?? false }
    }

    /// Whether the method calls something in each of the path's branches.
    func hasIntegration(_ path: PyText, _ method: PyText) throws -> Bool {
        guard try has(path, method), let item = items[path.text] else { return false }
        let name = Self.normalized(method)
        for branch in try Self.branches(of: item) {
            guard case .dict(let methods) = branch else { throw Self.notMap(path) }
            guard let definition = methods[name.text], definition.dict != nil else { return false }
            var hasOne = false
            for branch in try Self.branches(of: definition) {
                guard case .dict(let definition) = branch else { throw Self.notMap(name, path) }
                hasOne = hasOne || definition[Self.integration].isTruthy
            }
            if !hasOne { return false }
        }
        return true
    }

    /// The names of all that stands in the path's branches, methods and other fields alike.
    func fields(of path: PyText) throws -> [PyText] {
        try Self.branches(of: items[path.text] ?? .null).flatMap { branch in
            guard case .dict(let fields) = branch else { throw Self.notMap(path) }
            return fields.keys
        }
    }

    /// Throws when a path item is no map.
    func checkItems() throws {
        for (path, item) in items.pairs {
            for branch in try Self.branches(of: item) where branch.dict == nil { throw Self.notMap(path) }
        }
    }

    static func notMap(_ path: PyText) -> Fault {
        .document("Value of '\(path.text)' path must be a dictionary according to Swagger spec.")
    }

    static func notMap(_ method: PyText, _ path: PyText) -> Fault {
        .document("Definition of method '\(method.text)' for path '\(path.text)' should be a map.")
    }
}

// MARK: Changing

extension APIPaths {
    /// Makes sure that there is the path, and the method in each of its branches.
    mutating func add(_ path: PyText, _ method: PyText) throws {
        if !items.contains(path.text) { items.set(path, .dict(PyDict())) }
        let name = Self.normalized(method)
        try editItems(path) { item in
            if !item.contains(name.text) { item.set(name, .dict(PyDict())) }
        }
    }

    /// Puts the whole path under a condition.
    mutating func makeConditional(_ path: PyText, _ condition: PyText) {
        guard let item = items[path.text] else { return }
        items.set(path, Self.conditional(condition, item))
    }

    /// Changes each branch of a path.
    mutating func editItems(_ path: PyText, _ change: (inout PyDict) throws -> Void) throws {
        guard items.contains(path.text) else { throw Self.notMap(path) }
        _ = try items.edit(path.text) { item in
            try Self.editBranches(&item) { branch in
                guard try branch.editDict(change) != nil else { throw Self.notMap(path) }
            }
        }
    }

    /// Changes each definition of a method that calls something.
    mutating func editMethod(
        _ path: PyText, _ method: PyText, _ change: (inout PyDict) throws -> Void
    ) throws {
        let name = Self.normalized(method)
        try editItems(path) { item in
            guard item.contains(name.text) else { throw Self.notMap(method, path) }
            _ = try item.edit(name.text) { try Self.editDefinitions(&$0, method, path, change) }
        }
    }

    /// Changes each definition that calls something, of every method of a path. Fields with these names are no methods.
    mutating func editAllMethods(
        _ path: PyText, except fields: [String], _ change: (PyText, inout PyDict) throws -> Void
    ) throws {
        try editItems(path) { item in
            for method in item.keys where !fields.contains(method.text) {
                _ = try item.edit(method.text) { definition in
                    try Self.editDefinitions(&definition, method, path) {
                        try change(Self.normalized(method), &$0)
                    }
                }
            }
        }
    }

    private static func editDefinitions(
        _ value: inout PyValue, _ method: PyText, _ path: PyText, _ change: (inout PyDict) throws -> Void
    ) throws {
        try editBranches(&value) { branch in
            let found: Void? = try branch.editDict { definition in
                if definition[integration].isTruthy { try change(&definition) }
            }
            if found == nil { throw notMap(method, path) }
        }
    }
}
