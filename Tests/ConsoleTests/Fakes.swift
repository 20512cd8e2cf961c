import Cloud
import Notation

/// Answers such as the services give, with data that would break a page that does not escape.
enum Fakes {
    static let hostile = #"<script>alert("x")</script>&'"#

    static let all = [
        cloudFormation, lambda, codeDeploy, cloudWatch, logs, slipway, codePipeline, slipwayPipelines, codeBuild,
        codeCommit,
        slipwayRepositories, dora,
    ]

    static let cloudFormation = FakeService(
        id: "cloudformation",
        answers: [
            "DescribeStacks": { call in
                let name = call.input["StackName"]?.string
                guard name == nil || name == "orders" || name == hostile else {
                    throw AWSError("ValidationError", "Stack with id \(name ?? "") does not exist")
                }
                return ["Stacks": [stack(name ?? "orders")]]
            },
            "DescribeStackResources": { _ in
                [
                    "StackResources": [
                        [
                            "LogicalResourceId": "Orders", "ResourceType": "AWS::Lambda::Function",
                            "PhysicalResourceId": "orders-1",
                            "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": .string("No: " + hostile),
                            "Timestamp": 1_795_481_990.0,
                        ]
                    ]
                ]
            },
            "DescribeStackEvents": { _ in
                [
                    "StackEvents": [
                        [
                            "LogicalResourceId": "Orders", "ResourceType": "AWS::Lambda::Function",
                            "ResourceStatus": "UPDATE_IN_PROGRESS", "Timestamp": 1_795_481_900.0,
                        ]
                    ]
                ]
            },
            "ListChangeSets": { _ in
                [
                    "Summaries": [
                        [
                            "ChangeSetName": "next", "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE",
                            "CreationTime": 1_795_481_995.0, "Description": .string(hostile),
                        ]
                    ]
                ]
            },
            "GetTemplate": { _ in ["TemplateBody": .string("Resources: {} # " + hostile)] },
        ])

    private static func stack(_ name: String) -> JSON {
        [
            "StackName": .string(name), "StackStatus": "UPDATE_ROLLBACK_COMPLETE", "CreationTime": 1_795_400_000.0,
            "StackStatusReason": "The alarm fired.", "Description": .string(hostile),
            "Outputs": [
                ["OutputKey": "Url", "OutputValue": "http://127.0.0.1:4566/orders"],
                ["OutputKey": "Trap", "OutputValue": "javascript:alert(1)"],
            ],
            "Parameters": [["ParameterKey": "Stage", "ParameterValue": "test"]],
        ]
    }

    static let lambda = FakeService(
        id: "lambda",
        answers: [
            "ListFunctions": { _ in ["Functions": [function("$LATEST")]] },
            "GetFunction": { call in
                guard call.input["FunctionName"]?.string == "orders-1" else {
                    throw AWSError("ResourceNotFoundException", "Function not found", status: 404)
                }
                return ["Configuration": function("$LATEST")]
            },
            "ListVersionsByFunction": { _ in ["Versions": [function("$LATEST"), function("1"), function("2")]] },
            "ListAliases": { _ in
                [
                    "Aliases": [
                        [
                            "Name": "live", "FunctionVersion": "1",
                            "RoutingConfig": ["AdditionalVersionWeights": ["2": 0.25]],
                        ]
                    ]
                ]
            },
        ])

    private static func function(_ version: String) -> JSON {
        [
            "FunctionName": "orders-1", "Version": .string(version), "State": "Active", "Runtime": "python3.11",
            "MemorySize": 256,
            "CodeSize": 893, "LastModified": "2026-11-24T00:54:53.599+0000", "CodeSha256": "kVMOJKbKUB0IFXP5",
        ]
    }

    static let cloudWatch = FakeService(
        id: "cloudwatch",
        answers: [
            "DescribeAlarms": { _ in
                [
                    "MetricAlarms": [
                        [
                            "AlarmName": "orders-errors", "StateValue": "ALARM", "StateReason": .string(hostile),
                            "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 10,
                            "Threshold": 3.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                            "EvaluationPeriods": 1,
                        ]
                    ]
                ]
            },
            "GetMetricData": { call in
                .object([
                    "MetricDataResults": .array(
                        (call.input["MetricDataQueries"]?.array ?? []).map { query in
                            [
                                "Id": query["Id"] ?? "", "Timestamps": [1_795_481_980.0, 1_795_481_990.0],
                                "Values": [0.0, 5.0],
                            ]
                        })
                ])
            },
        ])

    static let logs = FakeService(
        id: "logs",
        answers: [
            "DescribeLogStreams": { _ in ["logStreams": [["logStreamName": "a"], ["logStreamName": "b"]]] },
            "FilterLogEvents": { call in
                let wanted = call.input["filterPattern"]?.string ?? ""
                let isKnown = wanted == "\"tea\""
                return ["events": isKnown ? [["timestamp": 1_795_481_999_000, "message": "only tea"]] : []]
            },
            "GetLogEvents": { call in
                let isFirst = call.input["logStreamName"] == "a"
                return [
                    "events": [
                        [
                            "timestamp": .int(isFirst ? 1_795_481_999_000 : 1_795_481_998_000),
                            "message": .string(isFirst ? "later \(hostile)\n" : "earlier\n"),
                        ]
                    ]
                ]
            },
        ])
}
