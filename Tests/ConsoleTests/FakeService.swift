import Cloud
import Notation

/// A service that answers from a table.
struct FakeService: CloudService {
    typealias Answer = @Sendable (Call) throws -> JSON
    let id: String
    let answers: [String: Answer]

    /// The members that the console sends, all services taken together.
    private static let members = """
        StackName NextToken TemplateStage FunctionName Marker nextToken includeOnlyStatuses deploymentIds deploymentId \
        StateValue MaxRecords MetricDataQueries StartTime EndTime ScanBy logGroupName orderBy descending \
        limit logStreamName startFromHead logStreamNames filterPattern name pipelineName executionId stageName \
        actionName token result pipelineExecutionId retryMode abandon transitionType reason targetPipelineExecutionId \
        sortOrder ids id reportArns reportArn filter maxResults repositoryNames repositoryName branchName specifier \
        pullRequestStatus pullRequestId since until scale service outcome stackName
        """

    var operations: [Operation] {
        answers.map { name, answer in
            Operation(name, enforces: Self.members, raw: { Reply(try answer($0)) })
        }
    }
}
