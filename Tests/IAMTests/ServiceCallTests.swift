import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import IAM

/// Policies by the ARNs of what has them.
private struct Policies: ResourcePolicies {
    var texts: [String: String] = [:]
    func policy(ofResource arn: String) async throws -> String? { texts[arn] }
}

@Suite("Calls of services, and of other accounts")
struct ServiceCallTests {
    private static let function = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    private static let topic = "arn:aws:sns:eu-west-1:123456789012:t"
    private static let bus = "arn:aws:events:eu-west-1:123456789012:event-bus/own"

    private func refusal(_ caller: Caller, _ service: String, _ operation: String, _ input: JSON, _ policies: Policies)
        async throws -> AWSError?
    {
        try await withTemporaryLedger { ledger in
            let call = Call(
                service: service, operation: operation, caller: caller, requestID: "r", time: Timestamp(seconds: 0),
                input: input,
                endpoint: "http://127.0.0.1")
            do {
                try await IAMAuthorizer(ledger: ledger, resources: policies).authorize(call)
                return nil
            } catch let error as AWSError { return error }
        }
    }

    private func alarm(_ name: String = "errors") -> Caller {
        .service(
            "lambda.alarms.cloudwatch.amazonaws.com", for: "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:" + name,
            account: "123456789012", region: "eu-west-1")
    }

    private func statement(_ principal: String, _ action: String, _ resource: String, _ condition: String = "")
        -> String
    {
        #"{"Statement":[{"Effect":"Allow","Principal":\#(principal),"Action":"\#(action)","Resource":"\#(resource)"\#(condition)}]}"#
    }

    @Test("An alarm invokes a function only by the leave of the function's policy, for that alarm")
    func alarms() async throws {
        let input: JSON = ["FunctionName": .string(Self.function), "InvocationType": "Event"]
        let refused = try await refusal(alarm(), "lambda", "Invoke", input, Policies())
        #expect(
            refused?.code == "AccessDeniedException" && refused?.message.contains("no resource-based policy") == true)
        let principal = #"{"Service":"lambda.alarms.cloudwatch.amazonaws.com"}"#
        let condition =
            #","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"}}"#
        let leave = Policies(texts: [
            Self.function: statement(principal, "lambda:InvokeFunction", Self.function, condition)
        ])
        #expect(try await refusal(alarm(), "lambda", "Invoke", input, leave) == nil)
        #expect(try await refusal(alarm("other"), "lambda", "Invoke", input, leave) != nil)
        #expect(
            try await refusal(
                alarm(), "lambda", "Invoke", ["FunctionName": .string(Self.function), "Qualifier": "live"], leave)
                != nil)
        let events = Caller.service("events.amazonaws.com", for: "arn:x", account: "123456789012", region: "eu-west-1")
        #expect(try await refusal(events, "lambda", "Invoke", input, leave) != nil)
    }

    @Test("A topic's first policy lets alarms and triggers publish, and nobody else in their own names")
    func standardPolicy() async throws {
        let text = statement(
            #"{"AWS":"*"}"#, "SNS:Publish", Self.topic,
            #","Condition":{"StringEquals":{"AWS:SourceOwner":"123456789012"}}"#)
        let policies = Policies(texts: [Self.topic: text])
        let input: JSON = ["TopicArn": .string(Self.topic), "Message": "m"]
        func service(_ name: String, account: String = "123456789012") -> Caller {
            .service(name, for: "arn:x", account: account, region: "eu-west-1")
        }
        #expect(try await refusal(service("cloudwatch.amazonaws.com"), "sns", "Publish", input, policies) == nil)
        #expect(try await refusal(service("codecommit.amazonaws.com"), "sns", "Publish", input, policies) == nil)
        let refused = try await refusal(service("events.amazonaws.com"), "sns", "Publish", input, policies)
        #expect(refused?.code == "AuthorizationError" && refused?.status == 403)
        #expect(
            try await refusal(
                service("cloudwatch.amazonaws.com", account: "999999999999"), "sns", "Publish", input, policies) != nil)
        let user = Caller(account: "123456789012", region: "eu-west-1", principal: "arn:aws:iam::123456789012:user/ann")
        #expect(try await refusal(user, "sns", "Publish", input, policies) != nil, "a user needs a policy of their own")
    }

    @Test(
        "Regional names of services, and everybody, mean services too",
        arguments: [
            (#"{"Service":"logs.eu-west-1.amazonaws.com"}"#, true), (#""*""#, true), (#"{"AWS":"*"}"#, true),
            (#"{"Service":["events.amazonaws.com","logs.amazonaws.com"]}"#, true),
            (#"{"Service":"events.amazonaws.com"}"#, false),
            (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, false),
        ])
    func names(principal: String, isMeant: Bool) async throws {
        let logs = Caller.service("logs.amazonaws.com", for: "arn:g", account: "123456789012", region: "eu-west-1")
        let policies = Policies(texts: [Self.function: statement(principal, "lambda:InvokeFunction", Self.function)])
        let refused = try await refusal(logs, "lambda", "Invoke", ["FunctionName": "f"], policies)
        #expect((refused == nil) == isMeant)
    }

    @Test("Even the root of another account needs the leave of what it asks for")
    func foreign() async throws {
        let root = Caller.root(account: "999999999999", region: "eu-west-1")
        let input: JSON = ["Entries": [["EventBusName": .string(Self.bus)]]]
        #expect(try await refusal(root, "events", "PutEvents", input, Policies())?.code == "AccessDeniedException")
        let grant = statement(#"{"AWS":"arn:aws:iam::999999999999:root"}"#, "events:PutEvents", Self.bus)
        let policies = Policies(texts: [Self.bus: grant])
        #expect(try await refusal(root, "events", "PutEvents", input, policies) == nil)
        #expect(
            try await refusal(
                .root(account: "888888888888", region: "eu-west-1"), "events", "PutEvents", input, policies) != nil)
        #expect(
            try await refusal(
                .root(account: "123456789012", region: "eu-west-1"), "events", "PutEvents", input, Policies()) == nil)
    }

    @Test(
        "The resources of calls are named as policies have them",
        arguments: [
            ("events", "PutRule", ["Name": "r"], "arn:aws:events:eu-west-1:123456789012:rule/r"),
            (
                "events", "PutTargets", ["Rule": "r", "EventBusName": "own"],
                "arn:aws:events:eu-west-1:123456789012:rule/own/r"
            ),
            (
                "events", "PutEvents", ["Entries": [["Source": "a"]]],
                "arn:aws:events:eu-west-1:123456789012:event-bus/default"
            ),
            ("events", "DescribeEventBus", ["Name": "own"], "arn:aws:events:eu-west-1:123456789012:event-bus/own"),
            ("events", "DeleteArchive", ["ArchiveName": "a"], "arn:aws:events:eu-west-1:123456789012:archive/a"),
            ("events", "UpdateConnection", ["Name": "c"], "arn:aws:events:eu-west-1:123456789012:connection/c/*"),
            ("events", "ListRules", [:], "*"),
            ("lambda", "Invoke", ["FunctionName": "f:live"], "arn:aws:lambda:eu-west-1:123456789012:function:f:live"),
            (
                "lambda", "Invoke", ["FunctionName": "f", "Qualifier": "2"],
                "arn:aws:lambda:eu-west-1:123456789012:function:f:2"
            ),
            (
                "lambda", "Invoke", ["FunctionName": "999999999999:function:f"],
                "arn:aws:lambda:eu-west-1:999999999999:function:f"
            ),
            (
                "sns", "Unsubscribe", ["SubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:t:1-2"],
                "arn:aws:sns:eu-west-1:123456789012:t"
            ),
            (
                "sqs", "SendMessage", ["QueueUrl": "http://127.0.0.1:4566/123456789012/q"],
                "arn:aws:sqs:eu-west-1:123456789012:q"
            ),
            (
                "secretsmanager", "GetSecretValue", ["SecretId": "db"],
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-??????"
            ),
            (
                "codepipeline", "PutApprovalResult",
                ["pipelineName": "p", "stageName": "S", "actionName": "A", "token": "t"],
                "arn:aws:codepipeline:eu-west-1:123456789012:p/S/A"
            ),
            (
                "codepipeline", "DisableStageTransition", ["pipelineName": "p", "stageName": "S"],
                "arn:aws:codepipeline:eu-west-1:123456789012:p/S"
            ),
            (
                "codepipeline", "UpdatePipeline", ["pipeline": ["name": "p"]],
                "arn:aws:codepipeline:eu-west-1:123456789012:p"
            ),
            (
                "codepipeline", "DeleteWebhook", ["name": "w"],
                "arn:aws:codepipeline:eu-west-1:123456789012:webhook:w"
            ),
            (
                "codepipeline", "PollForJobs",
                ["actionTypeId": ["category": "Test", "owner": "Custom", "provider": "X", "version": "1"]],
                "arn:aws:codepipeline:eu-west-1:123456789012:actiontype:Custom/Test/X/1"
            ),
            (
                "codedeploy", "CreateDeployment", ["applicationName": "a", "deploymentGroupName": "g"],
                "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:a/g"
            ),
            (
                "codedeploy", "GetApplication", ["applicationName": "a"],
                "arn:aws:codedeploy:eu-west-1:123456789012:application:a"
            ),
            (
                "codedeploy", "GetDeploymentConfig", ["deploymentConfigName": "c"],
                "arn:aws:codedeploy:eu-west-1:123456789012:deploymentconfig:c"
            ),
            (
                "codecommit", "CreatePullRequest", ["title": "t", "targets": [["repositoryName": "r"]]],
                "arn:aws:codecommit:eu-west-1:123456789012:r"
            ),
            (
                "logs", "FilterLogEvents", ["logGroupIdentifier": "arn:aws:logs:eu-west-1:123456789012:log-group:g"],
                "arn:aws:logs:eu-west-1:123456789012:log-group:g:*"
            ),
            (
                "logs", "StartQuery", ["logGroupNames": ["g"]],
                "arn:aws:logs:eu-west-1:123456789012:log-group:g:*"
            ),
            (
                "cloudformation", "UpdateStackSet", ["StackSetName": "s"],
                "arn:aws:cloudformation:eu-west-1:123456789012:stackset/s:*"
            ),
            ("codepipeline", "GetPipeline", ["name": "p"], "arn:aws:codepipeline:eu-west-1:123456789012:p"),
            (
                "slipway-cloudformation", "WhyStack", ["stackName": "s"],
                "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/*"
            ),
        ] as [(String, String, JSON, String)])
    func resources(service: String, operation: String, input: JSON, arn: String) {
        let call = Call(
            service: service, operation: operation, caller: .root(account: "123456789012", region: "eu-west-1"),
            requestID: "r",
            time: Timestamp(seconds: 0), input: input, endpoint: "http://127.0.0.1")
        #expect(CallAccess(call).resources == [arn])
    }
}
