internal import Cloud
internal import Notation

/// A request that names a stack.
struct StackRequest: Decodable, Sendable {
    var StackName: String
    var ClientRequestToken: String?
    var NextToken: String?
}

/// The input of CreateStack.
struct CreateStack: Decodable, Sendable {
    let submission: Submission
    var DisableRollback: Bool?
    var OnFailure: String?
    var TimeoutInMinutes: Int?
    var EnableTerminationProtection: Bool?
    var RetainExceptOnCreate: Bool?
    var StackPolicyBody: String?
    var StackPolicyURL: String?

    private enum CodingKeys: CodingKey {
        case DisableRollback, OnFailure, TimeoutInMinutes, EnableTerminationProtection, RetainExceptOnCreate,
            StackPolicyBody, StackPolicyURL
    }

    init(from decoder: any Decoder) throws {
        submission = try Submission(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        DisableRollback = try values.decodeIfPresent(Bool.self, forKey: .DisableRollback)
        OnFailure = try values.decodeIfPresent(String.self, forKey: .OnFailure)
        TimeoutInMinutes = try values.decodeIfPresent(Int.self, forKey: .TimeoutInMinutes)
        EnableTerminationProtection = try values.decodeIfPresent(Bool.self, forKey: .EnableTerminationProtection)
        RetainExceptOnCreate = try values.decodeIfPresent(Bool.self, forKey: .RetainExceptOnCreate)
        StackPolicyBody = try values.decodeIfPresent(String.self, forKey: .StackPolicyBody)
        StackPolicyURL = try values.decodeIfPresent(String.self, forKey: .StackPolicyURL)
    }

    /// What happens after a failure.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when the request contradicts itself.
    func failurePolicy() throws -> StackOperation.OnFailure {
        if DisableRollback != nil, OnFailure != nil {
            throw AWSError("ValidationError", "You can specify either DisableRollback or OnFailure, but not both.")
        }
        let chosen = OnFailure.flatMap(StackOperation.OnFailure.init)
        let said = DisableRollback ?? chosen.map { $0 == .nothing }
        let disabled = try CloudFormation.DeploymentConfig.disablesRollback(submission.DeploymentConfig, said)
        return chosen ?? (disabled == true ? .nothing : .rollback)
    }
}

/// The input of UpdateStack.
struct UpdateStack: Decodable, Sendable {
    let submission: Submission
    var DisableRollback: Bool?
    var RetainExceptOnCreate: Bool?
    var StackPolicyBody: String?
    var StackPolicyURL: String?
    var StackPolicyDuringUpdateBody: String?
    var StackPolicyDuringUpdateURL: String?

    private enum CodingKeys: CodingKey {
        case DisableRollback, RetainExceptOnCreate, StackPolicyBody, StackPolicyURL, StackPolicyDuringUpdateBody
        case StackPolicyDuringUpdateURL
    }

    init(from decoder: any Decoder) throws {
        submission = try Submission(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        DisableRollback = try values.decodeIfPresent(Bool.self, forKey: .DisableRollback)
        RetainExceptOnCreate = try values.decodeIfPresent(Bool.self, forKey: .RetainExceptOnCreate)
        StackPolicyBody = try values.decodeIfPresent(String.self, forKey: .StackPolicyBody)
        StackPolicyURL = try values.decodeIfPresent(String.self, forKey: .StackPolicyURL)
        StackPolicyDuringUpdateBody = try values.decodeIfPresent(String.self, forKey: .StackPolicyDuringUpdateBody)
        StackPolicyDuringUpdateURL = try values.decodeIfPresent(String.self, forKey: .StackPolicyDuringUpdateURL)
    }
}

/// The input of DeleteStack.
struct DeleteStack: Decodable, Sendable {
    var StackName: String
    var RetainResources: [String]?
    var ClientRequestToken: String?
    var DeletionMode: String?
    var RoleARN: String?
    var DeploymentConfig: DeploymentConfig?
}

/// The input of ContinueUpdateRollback and of RollbackStack.
struct ContinueRollback: Decodable, Sendable {
    var StackName: String
    var ResourcesToSkip: [String]?
    var ForceRollback: Bool?
    var ClientRequestToken: String?
    var RetainExceptOnCreate: Bool?
    var RoleARN: String?
    var DeploymentConfig: DeploymentConfig?
}

/// The answer of operations on stacks.
struct StackAnswer: Encodable, Sendable {
    var StackId: String
    var OperationId: String?
}
