internal import Ledger
internal import Notation

extension PullRequest {
    /// `CodeCommit Pull Request State Change`.
    ///
    /// Source: CodeCommit User Guide, "Monitoring CodeCommit events in Amazon EventBridge".
    func notice(_ name: String, by principal: String, now: Timestamp, adding more: JSON = [:]) -> LedgerEvent {
        let arn = "arn:aws:codecommit:\(region):\(account):\(repositoryName)"
        var detail: JSON = [
            "event": .string(name), "pullRequestId": .string(id), "title": .string(title), "author": .string(author),
            "callerUserArn": .string(principal), "pullRequestStatus": isOpen ? "Open" : "Closed",
            "isMerged": merge == nil ? "False" : "True", "repositoryNames": [.string(repositoryName)],
            "sourceReference": .string(source.full), "destinationReference": .string(destination.full),
            "sourceCommit": .string(sourceCommit.hex), "destinationCommit": .string(destinationCommit.hex),
            "revisionId": .string(revision), "creationDate": .string(Self.date(created)),
            "lastModifiedDate": .string(Self.date(activity)),
            "notificationBody": .string(
                "A pull request event occurred in the following AWS CodeCommit repository: "
                    + "\(repositoryName). \(principal): \(name). "
                    + "The pull request is \(id), '\(title)', from \(source.short) to \(destination.short)."),
        ]
        if let description { detail["description"] = .string(description) }
        if let merge { detail["mergeOption"] = .string(merge.option.rawValue) }
        for (member, value) in more.object ?? [:] { detail[member] = value }
        return LedgerEvent(
            time: now, source: "aws.codecommit", detailType: "CodeCommit Pull Request State Change", account: account,
            region: region, resources: [arn], detail: detail)
    }

    /// As these events write a time: `Tue Feb 12 2019 22:40:44 UTC`.
    private static func date(_ time: Timestamp) -> String {
        let parts = time.httpDate.split(separator: " ")  // Tue, 12 Feb 2019 22:40:44 GMT
        guard parts.count == 6 else { return time.description }
        return "\(parts[0].dropLast()) \(parts[2]) \(parts[1]) \(parts[3]) \(parts[4]) UTC"
    }
}
