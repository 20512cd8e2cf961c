import Notation

/// What lets an event's source call the function.
struct Permission {
    /// The service that calls.
    let principal: String
    var sourceARN: JSON?
    var sourceAccount: JSON?
    var token: JSON?
    /// What tells several permissions of one event apart, such as the stage of an API.
    var suffix = ""
    /// What the name begins with; the event's logical id unless given.
    var prefix: String?

    /// The `AWS::Lambda::Permission` for an event and its target.
    func resource(for event: Declaration, target: EventTarget) throws -> Resource {
        let start = (prefix ?? event.logicalID) + "Permission"
        let id = LogicalID.isAlphanumeric(suffix) ? start + suffix : LogicalID.make(start, over: .string(suffix))
        let permission = try Resource("AWS::Lambda::Permission", id, attributes: target.passedOnAttributes)
        permission["Action"] = "lambda:InvokeFunction"
        permission["FunctionName"] = target.name
        permission["Principal"] = .string(principal)
        permission["SourceArn"] = sourceARN
        permission["SourceAccount"] = sourceAccount
        permission["EventSourceToken"] = token
        return permission
    }
}
