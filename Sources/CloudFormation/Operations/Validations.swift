internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What is looked at before a deployment, besides the template: names that are taken, buckets that cannot be deleted.
///
/// Source: "Validate stack deployments" in the User Guide, "Validation types".
extension CloudFormationService {
    /// Fails a change set that would make what stands already, and warns of buckets that are not empty.
    ///
    /// What cannot be looked at, because the caller may not or a type cannot be read, is let through: the operation
    /// finds out.
    func validate(
        _ changeSet: inout ChangeSet, _ story: inout ChangeSetStory, _ accepted: TemplateIntake.Accepted,
        _ caller: Caller
    ) async throws {
        var isTaken = false
        for change in changeSet.changes.compactMap({ $0["ResourceChange"] }) {
            let name = change["LogicalResourceId"]?.string ?? ""
            let type = change["ResourceType"]?.string ?? ""
            if change["Action"] == "Add", let found = try? await standing(name, accepted, caller) {
                isTaken = true
                let reason = "Resource of type '\(type)' with identifier '\(found.identifier)' already exists."
                story.tell(
                    .init(
                        name: "NAME_CONFLICT_VALIDATION", reason: reason, path: "/Resources/\(name)", mode: "FAIL"),
                    of: name, type)
            } else if let note = await emptiness(change, type, caller) {
                let id = change["PhysicalResourceId"]?.string ?? ""
                story.tell(note, of: name, type, physicalID: id)
            }
        }
        guard isTaken else { return }
        let first = story.firstReason.map { " " + $0 } ?? ""
        changeSet.fail(ChangeSetStory.reason("ResourceExistenceCheck") + first)
    }

    /// Whether a bucket that is to go has something in it.
    private func emptiness(_ change: JSON, _ type: String, _ caller: Caller) async -> StackEvent.ValidationNote? {
        let goes = ["Delete", "ReplaceAndDelete"].contains(change["PolicyAction"]?.string)
        guard type == "AWS::S3::Bucket", goes, let bucket = change["PhysicalResourceId"]?.string else { return nil }
        let input: JSON = ["Bucket": .string(bucket), "MaxKeys": 1]
        let found = try? await cloud.call("s3", "ListObjectVersions", input, as: caller)
        let all = (found?["Versions"]?.array ?? []) + (found?["DeleteMarkers"]?.array ?? [])
        guard !all.isEmpty else { return nil }
        let name = change["LogicalResourceId"]?.string ?? ""
        return .init(
            name: "BUCKET_EMPTINESS_VALIDATION",
            reason: "The bucket '\(bucket)' is not empty. You must either delete all objects and versions or use the "
                + "deletion policy to retain it, otherwise the delete operation will fail.",
            path: "/Resources/\(name)", mode: "WARN")
    }
}
