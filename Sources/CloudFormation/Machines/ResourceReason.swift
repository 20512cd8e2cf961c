package import Cloud
internal import Notation

/// Why an action failed, as CloudFormation words it: the service's message first, the evidence after it.
struct ResourceReason {
    let text: String

    init(_ error: AWSError, _ action: StackOperation.Action, key: String) {
        if error.code == "HooksFailed" {
            text = error.message
            return
        }
        let code = HandlerCode(error).name
        var text =
            "Resource handler returned message: \"\(error.message)\" (RequestToken: \(StableID.uuid(key)), "
            + "HandlerErrorCode: \(code))"
        if let evidence = error.members["Evidence"]?.string, !evidence.isEmpty { text += "\n" + evidence }
        self.text = text
    }
}

/// The handler's code that a service's refusal amounts to.
///
/// Source: "Handler error codes" in the CloudFormation CLI User Guide.
package struct HandlerCode {
    /// The code.
    package let name: String

    /// The code of that refusal.
    package init(_ error: AWSError) { name = Self.name(error.code) }

    private static func name(_ code: String) -> String {
        if code.contains("AlreadyExist") || code.contains("Conflict") || code == "BucketAlreadyOwnedByYou" {
            return "AlreadyExists"
        }
        if code.contains("NotFound") || code.hasPrefix("NoSuch") || code.contains("DoesNotExist") { return "NotFound" }
        if code.contains("AccessDenied") || code.contains("Unauthorized") { return "AccessDenied" }
        if code.contains("Throttl") || code.contains("TooManyRequests") { return "Throttling" }
        if code.contains("LimitExceeded") { return "ServiceLimitExceeded" }
        if code.contains("Invalid") || code.contains("Validation") || code == "NotImplemented" {
            return "InvalidRequest"
        }
        if code == "HooksFailed" { return "InvalidRequest" }
        if ["NotUpdatable", "NotStabilized", "InternalFailure"].contains(code) { return code }
        return "GeneralServiceException"
    }
}
