internal import Cloud
internal import Notation

/// The input of CreateChangeSet.
struct CreateChangeSet: Decodable, Sendable {
    let submission: Submission
    var ChangeSetName: String
    var Description: String?
    var ChangeSetType: String?
    var OnStackFailure: String?
    var ResourcesToImport: [ResourceToImport]?
    var IncludeNestedStacks: Bool?
    var ImportExistingResources: Bool?
    var DeploymentMode: String?
    var ClientToken: String?

    private enum CodingKeys: CodingKey {
        case ChangeSetName, Description, ChangeSetType, OnStackFailure, ResourcesToImport, IncludeNestedStacks
        case ImportExistingResources, DeploymentMode, ClientToken
    }

    init(from decoder: any Decoder) throws {
        submission = try Submission(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        ChangeSetName = try values.decode(String.self, forKey: .ChangeSetName)
        Description = try values.decodeIfPresent(String.self, forKey: .Description)
        ChangeSetType = try values.decodeIfPresent(String.self, forKey: .ChangeSetType)
        OnStackFailure = try values.decodeIfPresent(String.self, forKey: .OnStackFailure)
        IncludeNestedStacks = try values.decodeIfPresent(Bool.self, forKey: .IncludeNestedStacks)
        ImportExistingResources = try values.decodeIfPresent(Bool.self, forKey: .ImportExistingResources)
        ClientToken = try values.decodeIfPresent(String.self, forKey: .ClientToken)
        DeploymentMode = try values.decodeIfPresent(String.self, forKey: .DeploymentMode)
        ResourcesToImport = try values.decodeIfPresent([ResourceToImport].self, forKey: .ResourcesToImport)
    }

    /// What it is for; an update unless said otherwise.
    var type: String { ChangeSetType ?? "UPDATE" }

    /// - Throws: ``AWSError`` `ValidationError` for members that do not go together.
    func check() throws {
        if OnStackFailure == "DELETE", type != "CREATE" {
            throw AWSError("ValidationError", "OnStackFailure DELETE is for change sets of type CREATE.")
        }
        if ResourcesToImport?.isEmpty == false, type != "IMPORT" {
            throw AWSError("ValidationError", "ResourcesToImport is for change sets of type IMPORT.")
        }
        let said = OnStackFailure.map { $0 == "DO_NOTHING" }
        _ = try DeploymentConfig.disablesRollback(submission.DeploymentConfig, said)
    }
}
