import Notation

/// A SAM resource, or an event of one, as the template declares it: checked against its property table.
struct Declaration {
    /// The name in `Resources`; for an event, the resource's name and the event's.
    var logicalID: String
    /// For an event, its own name.
    let relativeID: String?
    /// `AWS::Serverless::Function`; for an event `Api`, `Schedule` and so on.
    let type: String
    /// The properties, nulls included.
    var properties: JSONObject
    /// `DependsOn`, a name or a list of names.
    var dependsOn: JSON?
    /// The attributes SAM passes on: `Condition`, `DeletionPolicy`, `UpdatePolicy`, `UpdateReplacePolicy`, `Metadata`.
    let attributes: JSONObject

    private static let known = ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"]

    /// Reads a declaration.
    ///
    /// - Parameters:
    ///   - table: the name of the property table: the type, or `Function.` or `StateMachine.` and the event's type.
    ///   - adjust: what is done to the properties before they are judged.
    /// - Throws: ``Fault/resource(_:_:)``.
    init(
        _ logicalID: String, _ declared: JSONObject, table name: String, relativeID: String? = nil,
        adjust: (inout JSONObject) throws -> Void = { _ in }
    ) throws {
        // A name that YAML reads as a number is no text, and only texts are names.
        let isNumber = relativeID == nil && logicalID.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard LogicalID.isAlphanumeric(logicalID), !isNumber else {
            throw Fault.resource(logicalID, "Logical ids must be alphanumeric.")
        }
        guard let given = declared["Type"] else {
            throw Fault.resource(logicalID, "Resource dict missing key 'Type'.")
        }
        let expected = name.split(separator: ".").last.map(String.init) ?? name
        guard let table = Facts.propertyTables[name], given == .string(expected) else {
            throw Fault.resource(
                logicalID, "Resource has incorrect Type; expected '\(expected)', got '\(given.printed)'")
        }
        let type = expected
        var properties: JSONObject = [:]
        if let declaredProperties = declared["Properties"] {
            guard let object = declaredProperties.object else {
                throw Fault.resource(logicalID, "Properties of a resource must be an object.")
            }
            properties = object
        }
        try adjust(&properties)
        for (key, _) in properties where !table.contains(key) {
            throw Fault.resource(logicalID, "property \(key) not defined for resource of type \(type)")
        }
        self.logicalID = logicalID
        self.relativeID = relativeID
        self.type = type
        self.properties = properties
        dependsOn = declared["DependsOn"]
        attributes = JSONObject(Self.known.compactMap { key in declared[key].map { (key, $0) } })
        try table.judge(properties, of: logicalID)
    }

    /// A property, unless it is null.
    subscript(_ name: String) -> JSON? { properties.given(name) }

    /// Attributes that all generated resources take over.
    var passedOnAttributes: JSONObject { attributes.filter { key, _ in Resource.passedOn.contains(key) } }

    /// For an event, its own name; else the logical id.
    var eventID: String { relativeID ?? logicalID }
}
