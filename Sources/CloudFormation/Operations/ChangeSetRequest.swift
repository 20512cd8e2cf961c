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

    private enum CodingKeys: CodingKey {
        case ChangeSetName, Description, ChangeSetType, OnStackFailure, ResourcesToImport, IncludeNestedStacks
        case ImportExistingResources, DeploymentMode
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
        DeploymentMode = try values.decodeIfPresent(String.self, forKey: .DeploymentMode)
        ResourcesToImport = try values.decodeIfPresent([ResourceToImport].self, forKey: .ResourcesToImport)
    }

    /// What it is for; an update unless said otherwise.
    var type: String { ChangeSetType ?? "UPDATE" }
}
