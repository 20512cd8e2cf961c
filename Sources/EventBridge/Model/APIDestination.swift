internal import Notation

/// An API destination: an HTTP endpoint that rules tell.
struct APIDestination: Codable, Sendable {
    let name: String
    let arn: String
    let account: String
    let region: String
    var description: String?
    var connectionARN: String
    var endpoint: String
    var method: String
    /// Calls a second at most.
    var rate: Int
    let created: Timestamp
    var modified: Timestamp

    static let standardRate = 300

    var key: String { "\(account)/\(region)/\(name)" }

    /// The destination as answers show it.
    ///
    /// - Parameter isActive: Whether its connection is there and authorized.
    func view(isActive: Bool) -> JSON {
        [
            "ApiDestinationArn": .string(arn), "Name": .string(name),
            "ApiDestinationState": .string(isActive ? "ACTIVE" : "INACTIVE"), "ConnectionArn": .string(connectionARN),
            "InvocationEndpoint": .string(endpoint), "HttpMethod": .string(method),
            "InvocationRateLimitPerSecond": .int(rate), "CreationTime": .double(created.seconds),
            "LastModifiedTime": .double(modified.seconds),
        ]
    }
}
