package import Notation

/// What an operation on a stack will do to one resource.
package struct ResourceChange: Sendable, Hashable {
    /// What is done.
    package enum Action: String, Sendable, Hashable {
        case add = "Add"
        case modify = "Modify"
        case remove = "Remove"
        case `import` = "Import"
    }

    /// Whether a new resource takes the old one's place.
    package enum Replacement: String, Sendable, Hashable {
        case yes = "True"
        case no = "False"
        /// It shows only when values are known that other changes make.
        case conditional = "Conditional"
    }

    /// A part of a resource that changes.
    package struct Detail: Sendable, Hashable {
        /// Which side of the resource: `Properties`, `Metadata`, `CreationPolicy`, `UpdatePolicy`, `DeletionPolicy`,
        /// `UpdateReplacePolicy` or `Tags`.
        package var attribute: String
        /// The property's name; nil for anything but properties.
        package var name: String?
        /// The place inside the resource, with slashes.
        package var path: String?
        /// What happens to the value.
        package var kind: PropertyDifference.Kind
        /// The value there is, as far as it may be shown.
        package var before: JSON?
        /// The value there shall be; nil when that is not known before other changes are made.
        package var after: JSON?
        /// What the change of this part means for the resource.
        package var effect: ReplacementRules.Effect
        /// Whether the new value is known (`Static`) or depends on other changes (`Dynamic`).
        package var isDynamic: Bool
        /// Why it changes: `DirectModification`, `ParameterReference`, `ResourceReference`, `ResourceAttribute` or
        /// `Automatic`.
        package var source: String
        /// What the reference leads to: `Param`, `Resource` or `Resource.Attribute`.
        package var cause: String?
    }

    /// Its logical id.
    package let logicalID: String
    /// Its type; the new one when that changes.
    package let type: String
    /// What is done.
    package let action: Action
    /// Whether a new resource takes its place; nil unless it is modified.
    package var replacement: Replacement?
    /// What becomes of the one that goes: only for removals and replacements.
    package var policy: DeletionPolicy?
    /// What changes in it.
    package var details: [Detail] = []
    /// What it shall be: its properties, metadata and policies as the template will have them; nil when it goes.
    package var after: JSON?

    /// What stands for a value that is known only when other changes are made.
    package static let knownLater = "{{changeSet:KNOWN_AFTER_APPLY}}"

    /// The sides of the resource that change, each once, in order.
    package var scope: [String] {
        var scope: [String] = []
        for detail in details where !scope.contains(detail.attribute) { scope.append(detail.attribute) }
        return scope
    }

    /// A nested stack of which nothing here changes: its template may be another one under the same address, which
    /// nobody knows before it is asked (API Reference, ResourceChangeDetail: ChangeSource `Automatic`).
    package static let automatic = Detail(
        attribute: "Properties", kind: .modify, effect: .update, isDynamic: true, source: "Automatic")
}
