import Notation

/// A CloudFormation resource that SAM generates.
///
/// A reference: what is built for one event may still be completed by the next (a role's policies, a function's code).
final class Resource {
    /// The name in the template's `Resources`.
    let logicalID: String
    /// The resource type, `AWS::Lambda::Function`.
    let type: String
    /// The properties given so far.
    private(set) var properties: JSONObject = [:]
    /// `DependsOn`, a name or a list of names.
    var dependsOn: JSON?
    /// `Condition`, `DeletionPolicy`, `UpdateReplacePolicy`, `UpdatePolicy`, `Metadata`.
    var attributes: JSONObject

    /// Attributes that what a SAM resource generates takes over from it.
    static let passedOn = ["Condition", "DeletionPolicy", "UpdateReplacePolicy"]

    /// A resource without properties.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when the name is not alphanumeric.
    init(_ type: String, _ logicalID: String, dependsOn: JSON? = nil, attributes: JSONObject = [:]) throws {
        guard LogicalID.isAlphanumeric(logicalID) else {
            throw Fault.resource(logicalID, "Logical ids must be alphanumeric.")
        }
        self.type = type
        self.logicalID = logicalID
        self.dependsOn = dependsOn
        self.attributes = attributes
    }

    /// A declared resource that SAM completes and otherwise leaves as it is.
    init(_ declaration: Declaration) throws {
        type = declaration.type
        logicalID = declaration.logicalID
        dependsOn = declaration.dependsOn
        attributes = declaration.attributes
        properties = declaration.properties.filter { _, value in !value.isNull }
    }

    /// A property. Setting nil or null leaves it out.
    subscript(_ name: String) -> JSON? {
        get { properties[name] }
        set {
            if let newValue, !newValue.isNull { properties[name] = newValue } else { properties.remove(name) }
        }
    }

    /// Attributes to hand on to further resources.
    var passedOnAttributes: JSONObject { attributes.filter { key, _ in Self.passedOn.contains(key) } }

    /// `{"Ref": id}`.
    var ref: JSON { Intrinsics.ref(logicalID) }
    /// `{"Fn::GetAtt": [id, attribute]}`.
    func getAtt(_ attribute: String) -> JSON { Intrinsics.getAtt(logicalID, attribute) }

    /// Whether resources of this type carry tags as far as SAM is concerned.
    var isTaggable: Bool { Facts.propertyTables[type]?.contains("Tags") ?? false }

    /// The resource as a template's member.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when a property is missing or of the wrong kind: what a SAM resource passes
    ///   through is judged here.
    func json() throws -> JSON {
        try Facts.propertyTables[type]?.judge(properties, of: logicalID)
        return unjudgedJSON
    }

    /// The resource as a template's member, unjudged.
    var unjudgedJSON: JSON {
        var object: JSONObject = ["Type": .string(type)]
        if let dependsOn = dependsOn.truthy { object["DependsOn"] = dependsOn }
        for (key, value) in attributes { object[key] = value }
        object["Properties"] = .object(properties)
        return .object(object)
    }
}
