internal import Cloud
internal import Ledger
internal import Notation

/// A name under which groups, revisions and deployments are kept together.
struct Application: Codable, Sendable {
    var id: String
    var name: String
    /// `Server`, `Lambda` or `ECS`.
    var platform: String
    var createTime: Timestamp
    /// Tags by key.
    var tags: [String: String]

    /// By account, region and name.
    static let collection = Collection<Application>("codedeploy.application")
    /// What AWS deploys to.
    static let platforms = ["Server", "Lambda", "ECS"]
    /// How many there may be in an account and region.
    static let limit = 1000

    /// The application of that name.
    ///
    /// - Throws: The name's refusals, `ApplicationDoesNotExistException`.
    static func get(_ name: String?, _ caller: Caller, in transaction: Transaction) throws -> Application {
        let name = try NameRule.application.check(name)
        guard let application = try transaction.get(collection, caller.key(name))?.value else { throw missing(name) }
        return application
    }

    static func missing(_ name: String) -> AWSError {
        AWSError("ApplicationDoesNotExistException", "No application found for name: \(name)")
    }

    /// As the API shows it.
    var view: JSON {
        [
            "applicationId": .string(id), "applicationName": .string(name), "createTime": .double(createTime.seconds),
            "linkedToGitHub": false, "computePlatform": .string(platform),
        ]
    }
}
