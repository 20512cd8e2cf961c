internal import Notation

/// What a resource type's properties may be: the facts of CloudFormation's public resource schemas that are checked
/// before anything is touched.
package struct ResourceSchema: Sendable, Hashable {
    /// What a value may be.
    package indirect enum Shape: Sendable, Hashable {
        /// Anything.
        case any
        /// A text; with values, one of them.
        case string(Set<String>?)
        /// A whole number.
        case integer
        /// A number.
        case number
        /// `true` or `false`.
        case boolean
        /// A list of such values.
        case list(Shape)
        /// Named values of one kind, under names of the author's choosing.
        case map(Shape)
        /// Named members.
        case object(Members)
        /// Named members, or a list of such.
        case objects(Members)
        /// The definition of that name, which may refer to itself.
        case definition(String)
    }

    /// The members of an object.
    package struct Members: Sendable, Hashable {
        /// Those there are.
        package var shapes: [String: Shape]
        /// Those that must be given.
        package var required: Set<String>
        /// Whether others are let through.
        package var isOpen: Bool

        /// Members of those shapes.
        package init(_ shapes: [String: Shape], required: Set<String> = [], isOpen: Bool = false) {
            self.shapes = shapes
            self.required = required
            self.isOpen = isOpen
        }
    }

    /// The type's name.
    package var type: String
    /// Its properties.
    package var properties: Members
    /// Shapes that others refer to by name.
    package var definitions: [String: Shape] = [:]
    /// Properties that only AWS sets: naming one is an error.
    package var readOnly: Set<String>
    /// Properties that can only be set when the resource is made: `FunctionName`, `Code/ImageUri`.
    package var createOnly: Set<String> = []
    /// Properties that identify a resource of the type.
    package var identifier: [String] = []
    /// Where lists lie whose elements have no order: `Dimensions`, `#Metric/Dimensions` below a definition, `*` for
    /// elements.
    package var unordered: Set<String> = []
    /// What `Fn::GetAtt` yields; nil allows any name.
    package var attributes: Set<String>?

    /// The facts about that type.
    package init(
        type: String, properties: Members, readOnly: Set<String> = [], attributes: Set<String>? = nil
    ) {
        self.type = type
        self.properties = properties
        self.readOnly = readOnly
        self.attributes = attributes
    }

    /// The shape itself, definitions looked up.
    func resolved(_ shape: Shape) -> Shape {
        var shape = shape
        // Definitions that only name each other end somewhere: published schemas have no circles of names alone.
        for _ in 0..<16 {
            guard case .definition(let name) = shape else { return shape }
            shape = definitions[name] ?? .any
        }
        return .any
    }
}
