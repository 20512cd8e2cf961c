/// One operation that Slipway offers, as AWS's model describes it.
package final class OperationModel: Sendable {
    /// Its name, such as `CreateFunction`.
    package let name: String
    /// The id of its service, such as `lambda`.
    package let service: String
    /// What it takes; nil when it takes nothing.
    package let input: Shape?
    /// What it answers; nil when it answers nothing.
    package let output: Shape?
    /// The exceptions that the model lists for it.
    package let errors: [Shape]
    /// Whether AWS advises against it.
    package let isDeprecated: Bool
    /// Whether it is called without a signature (such as `AssumeRoleWithWebIdentity`).
    package let isUnsigned: Bool
    /// The HTTP status of success, unless the output sets one.
    package let status: Int
    /// The HTTP method of REST services; `POST` elsewhere.
    package let method: String
    /// The path template of REST services, query literals included; `/` elsewhere.
    package let template: String
    /// Whether a checksum of the body must come with the request (S3).
    package let requiresChecksum: Bool
    /// The input member that names the checksum's algorithm (S3).
    package let checksumAlgorithmMember: String?

    let resultWrapper: String?
    let inputName: String?

    init(_ facts: OperationFacts) {
        name = facts.name
        service = facts.service
        input = facts.input
        output = facts.output
        errors = facts.errors
        isDeprecated = facts.isDeprecated
        isUnsigned = facts.isUnsigned
        status = facts.status
        method = facts.method
        template = facts.template
        requiresChecksum = facts.requiresChecksum
        checksumAlgorithmMember = facts.checksumAlgorithmMember
        resultWrapper = facts.resultWrapper
        inputName = facts.inputName
    }
}

struct OperationFacts {
    var name: String
    var service: String
    var input: Shape?
    var output: Shape?
    var errors: [Shape] = []
    var isDeprecated = false
    var isUnsigned = false
    var status = 200
    var method = "POST"
    var template = "/"
    var requiresChecksum = false
    var checksumAlgorithmMember: String?
    var resultWrapper: String?
    var inputName: String?
}
