import Cloud
import Notation

/// Lambda's refusals, in its own words.
///
/// Codes and statuses are from the service's API model; wordings as clients of the real service report them.
enum LambdaError {
    private static func user(_ code: String, _ message: String, _ status: Int) -> AWSError {
        AWSError(code, message, status: status, members: ["Type": "User"])
    }

    static func functionNotFound(_ arn: String) -> AWSError {
        user("ResourceNotFoundException", "Function not found: \(arn)", 404)
    }

    static func aliasNotFound(_ arn: String) -> AWSError {
        user("ResourceNotFoundException", "Cannot find alias arn: \(arn)", 404)
    }

    static func notFound(_ message: String = "The resource you requested does not exist.") -> AWSError {
        user("ResourceNotFoundException", message, 404)
    }

    static func conflict(_ message: String) -> AWSError { user("ResourceConflictException", message, 409) }

    static func invalid(_ message: String) -> AWSError { user("InvalidParameterValueException", message, 400) }

    static func validation(_ message: String) -> AWSError { AWSError("ValidationException", message) }

    static func revision(_ call: String = "GetFunction/GetAlias") -> AWSError {
        user(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
                + "Call the \(call) API to retrieve the latest Revision Id", 412)
    }

    static func content(_ message: String) -> AWSError { user("InvalidRequestContentException", message, 400) }

    static func tooLarge(_ size: Int, limit: Int) -> AWSError {
        user(
            "RequestTooLargeException",
            "\(size) byte payload is too large for the RequestResponse invocation type (limit \(limit) bytes)", 413)
    }

    /// Refuses keys of tags that are AWS's own (Developer Guide, "Using tags on Lambda functions").
    static func checkTags(_ keys: [String], _ caller: Caller) throws {
        guard let reserved = keys.first(where: { !caller.mayTag($0) }) else { return try checkCount(keys) }
        throw invalid("The tag key '\(reserved)' begins with aws:, which is reserved.")
    }

    /// At most 50 tags, those not counted that mark what belongs to a stack.
    static func checkCount(_ keys: some Collection<String>) throws {
        guard keys.count(where: { !$0.hasPrefix("aws:") }) <= 50 else {
            throw invalid("Number of tags exceeds resource tag limit.")
        }
    }

    static func throttled(_ reason: ThrottleReason) -> AWSError {
        AWSError(
            "TooManyRequestsException", "Rate Exceeded.", status: 429,
            members: ["Type": "User", "Reason": .string(reason.rawValue)])
    }
}

/// Why an invocation was turned away.
package enum ThrottleReason: String, Codable, Sendable {
    /// The function's own reservation is used up.
    case reserved = "ReservedFunctionConcurrentInvocationLimitExceeded"
    /// The account's concurrency is used up.
    case account = "ConcurrentInvocationLimitExceeded"
}
