package import Notation

/// A template, read: every section as typed values, every intrinsic function recognised.
///
/// Reading says nothing about parameters' values: see ``resolve(_:)`` for that.
package struct Template: Sendable {
    /// The tree it was read from, after transforms.
    package let body: JSON
    /// The `Description`.
    package var description: String?
    /// The `AWSTemplateFormatVersion`.
    package var formatVersion: String?
    /// The names in `Transform`, in order.
    package var transforms: [String] = []
    /// The `Metadata` section, as it stands.
    package var metadata: JSON?
    /// What can be given from outside, in the order declared.
    package var parameters: [Parameter] = []
    /// Each mapping: top-level key, second-level key, value.
    package var mappings = JSONObject()
    /// The named conditions, in the order declared.
    package var conditions: [Condition] = []
    /// The rules that parameters' values are held to before anything else happens.
    package var rules: [Rule] = []
    /// The resources, in the order declared.
    package var resources: [Resource] = []
    /// What the stack answers with, in the order declared.
    package var outputs: [Output] = []

    init(body: JSON) { self.body = body }

    /// Where the resources stand.
    static let resourcesPath: Path = ["Resources"]

    /// The names under which CloudFormation itself answers to `Ref`.
    package static let pseudoParameters: Set<String> = [
        "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
        "AWS::StackName", "AWS::URLSuffix",
    ]
}

/// A named condition.
package struct Condition: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// A boolean of parameters, mappings and other conditions.
    package let expression: Expression
}

/// A rule of the `Rules` section.
package struct Rule: Sendable, Hashable {
    /// What must hold.
    package struct Assertion: Sendable, Hashable {
        /// A boolean of parameters.
        package let assert: Expression
        /// What to say when it does not hold.
        package let description: String?
    }

    /// Its name.
    package let name: String
    /// When the rule applies; nil means always.
    package let condition: Expression?
    /// What must hold when it applies.
    package let assertions: [Assertion]
}

/// A resource as the template declares it.
package struct Resource: Sendable, Hashable {
    /// Its logical id.
    package let logicalID: String
    /// Its type, such as `AWS::Lambda::Function`.
    package let type: String
    /// Its properties; an empty object when it has none.
    package var properties: Expression = .value(.object([:]))
    /// The condition it exists under.
    package var condition: String?
    /// The logical ids it waits for besides those it refers to.
    package var dependsOn: [String] = []
    /// Its metadata.
    package var metadata: Expression?
    /// The `DeletionPolicy`: a name, or with `AWS::LanguageExtensions` an expression.
    package var deletionPolicy: Expression?
    /// The `UpdateReplacePolicy`.
    package var updateReplacePolicy: Expression?
    /// The `CreationPolicy`.
    package var creationPolicy: Expression?
    /// The `UpdatePolicy`.
    package var updatePolicy: Expression?
}

/// An output as the template declares it.
package struct Output: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// What it is, in the author's words.
    package var description: String?
    /// The condition it exists under.
    package var condition: String?
    /// Its value.
    package let value: Expression
    /// The name under which other stacks may import it.
    package var exportName: Expression?
}

/// What becomes of a resource that its stack no longer wants.
package enum DeletionPolicy: String, Sendable, Hashable, Codable {
    /// It is deleted.
    case delete = "Delete"
    /// It stays, and the stack forgets it.
    case retain = "Retain"
    /// It stays, except when the very operation that created it is rolled back.
    case retainExceptOnCreate = "RetainExceptOnCreate"
    /// A snapshot is taken, then it is deleted.
    case snapshot = "Snapshot"
}
