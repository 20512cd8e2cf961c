internal import Cloud
internal import Ledger
internal import Notation

/// The refusals of CloudWatch Logs, in its words.
enum Refusal {
    static func invalid(_ message: String) -> AWSError { AWSError("InvalidParameterException", message) }
    static let noGroup = AWSError("ResourceNotFoundException", "The specified log group does not exist.")
    static let noStream = AWSError("ResourceNotFoundException", "The specified log stream does not exist.")
    static let groupExists = AWSError("ResourceAlreadyExistsException", "The specified log group already exists")
    static let streamExists = AWSError("ResourceAlreadyExistsException", "The specified log stream already exists")
    static let badToken = AWSError("InvalidParameterException", "The specified nextToken is invalid.")

    static func pattern(_ error: FilterPatternError) -> AWSError {
        error.isUnsupported ? .notImplemented(error.message) : invalid("Invalid filter pattern: \(error.message)")
    }
}

/// The two ways a call may name a group.
struct GroupReference: Decodable {
    let logGroupName: String?
    let logGroupIdentifier: String?

    /// The group's name; an identifier may be an ARN too.
    func name() throws -> String {
        switch (logGroupName, logGroupIdentifier) {
        case (let name?, nil): return name
        case (nil, let identifier?): return Self.name(identifier)
        default: throw Refusal.invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
        }
    }

    /// The name in an ARN such as `arn:aws:logs:eu-west-1:123456789012:log-group:NAME:*`; anything else is a name.
    static func name(_ identifier: String) -> String {
        guard identifier.hasPrefix("arn:") else { return identifier }
        let parts = identifier.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 7 ? String(parts[6]) : identifier
    }
}

extension LogsService {
    /// The group of that name.
    func group(_ name: String, _ caller: Caller) async throws -> LogGroup {
        guard let group = try await ledger.get(Collections.groups, caller.key(name))?.value else {
            throw Refusal.noGroup
        }
        return group
    }

    /// The stream of that name.
    func stream(_ name: String, _ group: LogGroup) async throws -> LogStream {
        guard let stream = try await ledger.get(Collections.streams, Collections.streamKey(group, name))?.value else {
            throw Refusal.noStream
        }
        return stream
    }

    /// Changes a group.
    func change(
        _ name: String, _ call: Call, _ body: @escaping @Sendable (inout LogGroup, Transaction) throws -> Void
    ) async throws {
        try await ledger.write { transaction in
            guard var group = try transaction.get(Collections.groups, call.caller.key(name))?.value else {
                throw Refusal.noGroup
            }
            try body(&group, transaction)
            try transaction.put(Collections.groups, group.key, group)
        }
    }
}
