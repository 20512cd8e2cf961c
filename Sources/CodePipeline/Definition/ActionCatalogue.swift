internal import Notation

/// What is known of a kind of action: how many artifacts it takes, what it is configured with, how long it may take.
struct ActionFacts: Sendable {
    struct Property: Codable, Sendable, Hashable {
        var name: String
        var required: Bool
        var key: Bool
        var secret: Bool
        var queryable: Bool?
        var type: String?
        var description: String?
    }

    var id: ActionTypeID
    var inputs: ClosedRange<Int>
    var outputs: ClosedRange<Int>
    var properties: [Property]
    /// How long it may take (CodePipeline User Guide, "Quotas").
    var timeout: Duration
    /// What Slipway would need to run it and does not have; nil when it runs.
    var missing: String?

    var secrets: Set<String> { Set(properties.filter(\.secret).map(\.name)) }

    /// As ListActionTypes shows it.
    func view(settings: JSON? = nil) -> JSON {
        var view: JSON = [
            "id": id.json,
            "inputArtifactDetails": Self.view(inputs), "outputArtifactDetails": Self.view(outputs),
            "actionConfigurationProperties": .array(
                properties.map { property in
                    var view: JSON = [
                        "name": .string(property.name), "required": .bool(property.required),
                        "key": .bool(property.key),
                        "secret": .bool(property.secret), "queryable": .bool(property.queryable ?? false),
                    ]
                    view["type"] = property.type.map(JSON.string)
                    view["description"] = property.description.map(JSON.string)
                    return view
                }),
        ]
        view["settings"] = settings
        return view
    }

    /// Custom types may ask for five artifacts at most; AWS's own model of the answer says so for all.
    private static func view(_ range: ClosedRange<Int>) -> JSON {
        ["minimumCount": .int(min(range.lowerBound, 5)), "maximumCount": .int(min(range.upperBound, 5))]
    }
}

/// AWS's own kinds of action.
///
/// Source: CodePipeline User Guide, "Action structure reference" and "Valid action types and providers".
enum ActionCatalogue {
    /// The kind of that id; nil when AWS has none of it, or it is a custom one.
    static func facts(_ id: ActionTypeID) -> ActionFacts? { all.first { $0.id == id } }

    private static let containers = "container services (ECS and ECR)"
    private static let other = Duration.seconds(3600)

    static let all: [ActionFacts] = [
        make(
            "Source", "S3", 0...0, 1...1, "S3Bucket* S3ObjectKey* PollForSourceChanges AllowOverrideForS3ObjectKey",
            other),
        make(
            "Source", "CodeCommit", 0...0, 1...1,
            "RepositoryName* BranchName* PollForSourceChanges OutputArtifactFormat",
            other),
        make(
            "Source", "CodeStarSourceConnection", 0...0, 1...1,
            "ConnectionArn* FullRepositoryId* BranchName* OutputArtifactFormat DetectChanges", other),
        make("Source", "ECR", 0...0, 1...1, "RepositoryName* ImageTag", other, missing: containers),
        ActionFacts(
            id: .init(category: "Source", owner: "ThirdParty", provider: "GitHub", version: "1"), inputs: 0...0,
            outputs: 1...1, properties: properties("Owner* Repo* Branch* OAuthToken*! PollForSourceChanges"),
            timeout: other, missing: "GitHub's OAuth source; a CodeStarSourceConnection action takes its place"),
        make("Build", "CodeBuild", 1...5, 0...5, codeBuild, .seconds(8 * 3600)),
        make("Test", "CodeBuild", 1...5, 0...5, codeBuild, .seconds(8 * 3600)),
        make("Compute", "Commands", 1...10, 0...1, "", .seconds(55 * 60)),
        make("Approval", "Manual", 0...0, 0...0, "NotificationArn CustomData ExternalEntityLink", .seconds(7 * 86_400)),
        make(
            "Deploy", "S3", 1...1, 0...0, "BucketName* Extract* ObjectKey KMSEncryptionKeyARN CannedACL CacheControl",
            .seconds(40 * 60)),
        make(
            "Deploy", "CloudFormation", 0...10, 0...1,
            "ActionMode* StackName* ChangeSetName Capabilities RoleArn TemplatePath TemplateConfiguration "
                + "ParameterOverrides OutputFileName", .seconds(3 * 86_400)),
        make("Deploy", "CodeDeploy", 1...1, 0...0, "ApplicationName* DeploymentGroupName*", .seconds(5 * 86_400)),
        make(
            "Deploy", "CodeDeployToECS", 1...5, 0...0,
            "ApplicationName* DeploymentGroupName* TaskDefinitionTemplateArtifact* AppSpecTemplateArtifact*",
            .seconds(5 * 86_400), missing: containers),
        make(
            "Deploy", "ECS", 1...1, 0...0, "ClusterName* ServiceName* FileName DeploymentTimeout", other,
            missing: containers),
        make("Invoke", "Lambda", 0...5, 0...5, "FunctionName* UserParameters", .seconds(20 * 60)),
        make(
            "Invoke", "StepFunctions", 0...1, 0...1, "StateMachineArn* ExecutionNamePrefix InputType Input",
            .seconds(7 * 86_400), missing: "Step Functions"),
    ]

    private static let codeBuild = "ProjectName* PrimarySource BatchEnabled CombineArtifacts EnvironmentVariables"

    private static func make(
        _ category: String, _ provider: String, _ inputs: ClosedRange<Int>, _ outputs: ClosedRange<Int>,
        _ names: String,
        _ timeout: Duration, missing: String? = nil
    ) -> ActionFacts {
        ActionFacts(
            id: .init(category: category, owner: "AWS", provider: provider, version: "1"), inputs: inputs,
            outputs: outputs,
            properties: properties(names), timeout: timeout, missing: missing)
    }

    /// Names with spaces between; `*` marks required ones, `!` secret ones.
    private static func properties(_ names: String) -> [ActionFacts.Property] {
        names.split(separator: " ").map { word in
            .init(
                name: word.filter { $0 != "*" && $0 != "!" }, required: word.contains("*"), key: false,
                secret: word.contains("!"), type: "String")
        }
    }
}

/// The kinds of rule that stage conditions are made of.
///
/// Source: CodePipeline User Guide, "Rule structure reference".
struct RuleFacts: Sendable {
    var provider: String
    var required: Set<String>
    var optional: Set<String>
    var inputs: ClosedRange<Int>
    /// Whether a condition that skips the stage may be made of it.
    var maySkip: Bool

    static let all: [RuleFacts] = [
        RuleFacts(
            provider: "CloudWatchAlarm", required: ["AlarmName"], optional: ["AlarmStates", "WaitTime"], inputs: 0...0,
            maySkip: false),
        RuleFacts(
            provider: "CodeBuild", required: ["ProjectName"], optional: ["PrimarySource", "EnvironmentVariables"],
            inputs: 0...5, maySkip: false),
        RuleFacts(provider: "Commands", required: [], optional: [], inputs: 0...10, maySkip: false),
        RuleFacts(
            provider: "DeploymentWindow", required: ["Cron"], optional: ["TimeZone"], inputs: 0...0, maySkip: false),
        RuleFacts(
            provider: "LambdaInvoke", required: ["FunctionName"], optional: ["UserParameters"], inputs: 0...5,
            maySkip: true),
        RuleFacts(
            provider: "VariableCheck", required: ["Variable", "Value", "Operator"], optional: [], inputs: 0...0,
            maySkip: true),
    ]

    static func facts(_ provider: String) -> RuleFacts? { all.first { $0.provider == provider } }

    /// As ListRuleTypes shows it.
    var view: JSON {
        [
            "id": ["category": "Rule", "owner": "AWS", "provider": .string(provider), "version": "1"],
            "settings": [:],
            "inputArtifactDetails": [
                "minimumCount": .int(inputs.lowerBound), "maximumCount": .int(min(inputs.upperBound, 5)),
            ],
            "ruleConfigurationProperties": .array(
                (required.sorted() + optional.sorted()).map { name in
                    [
                        "name": .string(name), "required": .bool(required.contains(name)), "key": false,
                        "secret": false,
                        "queryable": false, "type": "String",
                    ]
                }),
        ]
    }
}
