internal import Cloud
internal import Notation

/// Which time, which services, which scale: what GetFigures is asked.
struct FiguresRequest: Codable, Sendable {
    /// Seconds since 1970.
    var since: Double?
    var until: Double?
    var service: String?
    var scale: String?

    /// The time asked for: the last 30 days unless told otherwise.
    ///
    /// - Throws: ``AWSError`` with `ValidationException` when it ends before it begins or reaches beyond what is
    /// remembered.
    func time(_ now: Timestamp) throws -> (since: Timestamp, until: Timestamp) {
        let until = until.map { Timestamp(seconds: $0) } ?? now
        let since = since.map { Timestamp(seconds: $0) } ?? until - .seconds(30 * 86_400)
        guard since < until else { throw AWSError("ValidationException", "The time asked for ends before it begins.") }
        guard until - since <= Book.memory else {
            throw AWSError("ValidationException", "Ask for at most 400 days: older deployments are not remembered.")
        }
        return (since, until)
    }
}

/// What ListDeployments is asked.
struct ListRequest: Codable, Sendable {
    var service: String?
    var since: Double?
    var until: Double?
    /// One of the outcomes, or `deployment` for all that count as one, or `rework`.
    var outcome: String?
    var maxResults: Int?
    /// The id of the last one of the page before.
    var nextToken: String?

    static let outcomes = ["deployment", "good", "failed", "caught", "rollback", "underWay", "rework"]

    /// Whether it is asked for.
    func wants(_ verdict: Verdict) -> Bool {
        switch outcome {
        case nil: true
        case "deployment": verdict.counts
        case "rework": verdict.counts && verdict.reworkOf != nil
        default: verdict.outcome.rawValue == outcome
        }
    }
}

/// What GetDeployment is asked.
struct DeploymentRequest: Codable, Sendable {
    /// Its id, or that of one of its shifts in CodeDeploy.
    var id: String
}
