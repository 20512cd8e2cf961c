internal import Cloud

/// CloudWatch's refusals. The codes are the shapes of today's model; the wire gives old clients the old codes.
enum Refusal {
    static func invalid(_ message: String) -> AWSError { AWSError("InvalidParameterValueException", message) }
    static func combination(_ message: String) -> AWSError { AWSError("InvalidParameterCombinationException", message) }
    static func missing(_ message: String) -> AWSError { AWSError("MissingRequiredParameterException", message) }
    /// What has no shape of its own in the model.
    static func validation(_ message: String) -> AWSError { AWSError("ValidationError", message) }
    static func badToken() -> AWSError { AWSError("InvalidNextToken", "The value of NextToken is invalid.") }
    /// Refuses keys of tags that are AWS's own (CloudWatch API Reference, Tag).
    static func checkTags(_ keys: [String], _ caller: Caller) throws {
        guard let reserved = keys.first(where: { !caller.mayTag($0) }) else { return }
        throw invalid("The tag key '\(reserved)' begins with aws:, which is reserved.")
    }
    static func noAlarm(_ message: String) -> AWSError { AWSError("ResourceNotFound", message, status: 404) }
}

/// Where a listing goes on: how many entries were shown before.
enum PageToken {
    /// The number behind a token; 0 without one.
    static func read(_ token: String?) throws -> Int {
        guard let token else { return 0 }
        guard let place = Int(token), place > 0 else { throw Refusal.badToken() }
        return place
    }
}
