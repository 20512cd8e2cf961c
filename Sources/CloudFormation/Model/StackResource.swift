package import CloudFormationTemplate
package import Notation

/// A resource as it stands outside: what it was made from, and what it answers to.
package struct DeployedResource: Codable, Sendable, Hashable {
    /// Its type.
    package var type: String
    /// What `Ref` yields.
    package var physicalID: String
    /// The properties it was made from, all written out; dynamic references stay references.
    package var properties: JSON
    /// What `Fn::GetAtt` yields, by name.
    package var attributes: JSON
    /// Its metadata.
    package var metadata: JSON?
    /// Its update policy.
    package var updatePolicy: JSON?
    /// What becomes of it when the stack no longer wants it.
    package var deletionPolicy: DeletionPolicy
    /// The logical ids that must stand as long as it does.
    package var needs: [String]
    /// What its generated names end in.
    package var suffix: String

    /// What `Fn::GetAtt` yields for that name, dotted names looked up inside; nil when there is none.
    func attribute(_ name: String) -> JSON? {
        if let value = attributes[name] { return value }
        return name.split(separator: ".").reduce(Optional(attributes)) { $0?[String($1)] }
    }
}

/// What a resource shall be: the template's words, parameters and conditions worked out.
struct ResourceTarget: Codable, Sendable, Hashable {
    /// Its type.
    var type: String
    /// Its properties, with references to other resources still in them.
    var properties: JSON
    /// Its metadata, likewise.
    var metadata: JSON?
    /// Its creation policy, likewise.
    var creationPolicy: JSON?
    /// Its update policy, likewise.
    var updatePolicy: JSON?
    /// What becomes of it when the stack no longer wants it.
    var deletionPolicy: DeletionPolicy
    /// What becomes of the old one when it is replaced.
    var updateReplacePolicy: DeletionPolicy
    /// The logical ids that must stand first.
    var needs: [String]
}

/// A resource of a stack, from its first creation until nothing of it is left.
package struct StackResource: Codable, Sendable, Hashable {
    /// Something that stands outside and shall go.
    struct Leaving: Codable, Sendable, Hashable {
        /// What it is.
        var deployed: DeployedResource
        /// Whether the stack only forgets it.
        var isKept: Bool
        /// Whether a change in place failed on it, so that it may be anything between two states.
        var isDirty = false
        /// Why it could not be deleted when that was tried last: it is kept for another try.
        var trouble: String?
    }

    /// What the resource was when the stack was last in a good state.
    struct Original: Codable, Sendable, Hashable {
        /// It; nil when there was none.
        var deployed: DeployedResource?
        /// Whether it was asked to change inside since, its properties staying the same: a nested stack.
        var isInsideNew: Bool?
    }

    /// Its logical id.
    package let logicalID: String
    /// Its type.
    package var type: String
    /// Where it stands.
    package var status: ResourceStatus
    /// Why, if there is something to say.
    package var reason: String?
    /// When that changed last.
    package var updated: Timestamp
    /// What stands outside now; nil when nothing does.
    package var current: DeployedResource?
    /// What it was in the last good state; nil while it is untouched since.
    var original: Original?
    /// Older or unwanted ones that still stand.
    var leaving: [Leaving] = []
    /// How many were made under this logical id.
    var generation = 0
    /// Whether a change in place was begun and failed, so that it may be anything between two states.
    var isDirty = false
    /// The modules that it comes from, as its metadata say, from its first try on; nil when it comes from none.
    var origin: JSON?
    /// The physical id of what stood before the stack took it over, while no good state of the stack has it.
    var importedID: String?
    /// How it differed from this when that was looked at last; nil when it was changed since.
    var drift: ResourceDrift?

    /// The modules that it comes from now, as ModuleInfo.
    var moduleInfo: JSON? {
        guard let deployed = current ?? leaving.last?.deployed else { return origin }
        return deployed.metadata?[ModuleExpansion.metadataKey]
    }

    /// Remembers what it is now as its last good state, unless an earlier one is remembered.
    mutating func keepOriginal() {
        if original == nil { original = Original(deployed: current) }
    }
}
