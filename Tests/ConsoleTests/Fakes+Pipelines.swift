import Cloud
import Notation

extension Fakes {
    static let codePipeline = FakeService(
        id: "codepipeline",
        answers: [
            "ListPipelines": { _ in ["pipelines": [["name": "orders"]]] },
            "StartPipelineExecution": { _ in ["pipelineExecutionId": "e-new"] },
            "RollbackStage": { _ in ["pipelineExecutionId": "e-back"] },
            "PutApprovalResult": { call in
                guard call.input["token"]?.string == "t-1" else {
                    throw AWSError("InvalidApprovalTokenException", "The approval token is not valid.")
                }
                return [:]
            },
            "RetryStageExecution": { _ in ["pipelineExecutionId": "e-1"] },
            "StopPipelineExecution": { _ in ["pipelineExecutionId": "e-1"] },
            "EnableStageTransition": { _ in [:] }, "DisableStageTransition": { _ in [:] },
        ])

    static let slipwayPipelines = FakeService(
        id: "slipway-codepipeline",
        answers: [
            "ViewPipeline": { call in
                guard call.input["name"]?.string == "orders" else {
                    throw AWSError("PipelineNotFoundException", "Account does not have a pipeline of that name")
                }
                return [
                    "name": "orders", "version": 3, "executionMode": "QUEUED", "stages": stages,
                    "executions": [execution("e-1", "InProgress"), execution("e-0", "Failed")],
                ]
            },
            "ViewExecution": { call in
                let id = call.input["executionId"]?.string ?? ""
                guard ["e-0", "e-1"].contains(id) else {
                    throw AWSError("PipelineExecutionNotFoundException", "No such execution")
                }
                var view = execution(id, id == "e-1" ? "InProgress" : "Failed")
                view["stages"] = stages
                return view
            },
        ])

    private static func execution(_ id: String, _ status: String) -> JSON {
        [
            "pipelineName": "orders", "executionId": .string(id), "number": id == "e-1" ? 2 : 1,
            "status": .string(status), "started": 1_795_481_900.0, "updated": 1_795_481_990.0,
            "trigger": ["type": "StartPipelineExecution", "detail": "arn:aws:iam::123456789012:user/alice"],
            "revisions": [
                [
                    "actionName": "Source", "revisionId": "abcdef0123456789",
                    "message": .string("Sells tea \(hostile)\n\nMore"),
                ]
            ],
            "variables": [["name": "Stage", "value": .string(hostile)]],
        ]
    }

    private static let stages: JSON = [
        [
            "name": "Source", "status": "Succeeded", "executionId": "e-1", "attempts": 1, "waiting": [],
            "actions": [
                action(
                    "Fetch", "Source", "CodeCommit", "Succeeded",
                    [
                        "revision": ["revisionId": "abcdef0123456789", "message": .string(hostile)]
                    ])
            ],
        ],
        [
            "name": "Build", "status": "Failed", "executionId": "e-1", "attempts": 2, "waiting": ["e-2"],
            "inbound": ["enabled": false, "reason": .string("Freeze \(hostile)"), "by": "arn:aws:iam::1:user/bob"],
            "actions": [
                action(
                    "Test", "Test", "CodeBuild", "Failed",
                    [
                        "external": ["kind": "build", "id": "orders:1"],
                        "error": [
                            "code": "JobFailed", "message": .string("1 test failed \(hostile)"),
                            "evidence": ["E  assert 1 == 2"],
                        ],
                    ]),
                action("Lint", "Build", "CodeBuild", "Succeeded", [:]),
            ],
        ],
        [
            "name": "Production", "attempts": 1, "waiting": [],
            "inbound": ["enabled": true],
            "actions": [
                action(
                    "Agree", "Approval", "Manual", "InProgress",
                    [
                        "token": "t-1", "runOrder": 1,
                        "approval": [
                            "customData": .string("Ship it? \(hostile)"), "link": "javascript:alert(1)",
                            "expires": 1_795_500_000.0,
                        ],
                    ]),
                action("Deploy", "Deploy", "CloudFormation", nil, ["runOrder": 2]),
            ],
        ],
    ]

    private static func action(
        _ name: String, _ category: String, _ provider: String, _ status: String?, _ more: JSON
    ) -> JSON {
        var action: JSON = [
            "name": .string(name), "category": .string(category), "provider": .string(provider), "runOrder": 1,
        ]
        if let status {
            action["status"] = .string(status)
            action["executionId"] = "e-1"
            action["started"] = 1_795_481_950.0
        }
        for (key, value) in more.object ?? [:] { action[key] = value }
        return action
    }

    static let codeBuild = FakeService(
        id: "codebuild",
        answers: [
            "ListBuilds": { _ in ["ids": ["orders:1"]] },
            "BatchGetBuilds": { call in
                ["builds": call.input["ids"]?[0] == "orders:1" ? [build] : []]
            },
            "StopBuild": { _ in throw AWSError("InvalidInputException", "The build is over.") },
            "RetryBuild": { _ in ["build": ["id": "orders:2"]] },
            "BatchGetReports": { _ in
                [
                    "reports": [
                        [
                            "name": "unit", "status": "FAILED", "arn": "arn:report",
                            "testSummary": [
                                "total": 3, "statusCounts": ["SUCCEEDED": 2, "FAILED": 1],
                                "durationInNanoSeconds": 1_500_000_000,
                            ],
                        ]
                    ]
                ]
            },
            "DescribeTestCases": { _ in
                [
                    "testCases": [
                        ["name": .string("test_tea \(hostile)"), "status": "FAILED", "message": "assert 1 == 2"]
                    ]
                ]
            },
        ])

    private static let build: JSON = [
        "id": "orders:1", "projectName": "orders", "buildStatus": "FAILED", "buildComplete": true, "buildNumber": 7,
        "currentPhase": "COMPLETED", "startTime": 1_795_481_950.0, "endTime": 1_795_481_980.0,
        "initiator": "codepipeline/orders", "resolvedSourceVersion": "abcdef0123456789",
        "logs": ["groupName": "/aws/codebuild/orders", "streamName": "a"], "reportArns": ["arn:report"],
        "phases": [
            ["phaseType": "INSTALL", "phaseStatus": "SUCCEEDED", "durationInSeconds": 2],
            [
                "phaseType": "BUILD", "phaseStatus": "FAILED", "durationInSeconds": 28,
                "contexts": [
                    ["statusCode": "COMMAND_EXECUTION_ERROR", "message": .string("pytest ended with 1 \(hostile)")]
                ],
            ],
        ],
        "artifacts": ["location": "arn:aws:s3:::artifacts/orders.zip", "sha256sum": "0011223344556677"],
        "environment": [
            "image": "aws/codebuild/standard:7.0",
            "environmentVariables": [
                ["name": "MODE", "value": .string(hostile), "type": "PLAINTEXT"],
                ["name": "KEY", "value": "/orders/key", "type": "PARAMETER_STORE"],
            ],
        ],
    ]

    static let codeCommit = FakeService(
        id: "codecommit",
        answers: [
            "ListRepositories": { _ in ["repositories": [["repositoryName": "orders"]]] },
            "BatchGetRepositories": { _ in ["repositories": [repository]] },
            "GetRepository": { call in
                guard call.input["repositoryName"]?.string == "orders" else {
                    throw AWSError("RepositoryDoesNotExistException", "There is no such repository")
                }
                return ["repositoryMetadata": repository]
            },
            "ListBranches": { _ in ["branches": ["main", .string(hostile)]] },
            "ListPullRequests": { _ in ["pullRequestIds": ["12"]] },
            "GetPullRequest": { _ in
                [
                    "pullRequest": [
                        "title": .string("Adds \(hostile)"), "authorArn": "arn:aws:iam::1:user/carol",
                        "pullRequestTargets": [
                            ["sourceReference": "refs/heads/tea", "destinationReference": "refs/heads/main"]
                        ],
                    ]
                ]
            },
        ])

    private static let repository: JSON = [
        "repositoryName": "orders", "defaultBranch": "main", "cloneUrlHttp": "http://127.0.0.1:4566/v1/repos/orders",
        "repositoryDescription": .string(hostile), "lastModifiedDate": 1_795_481_000.0,
    ]

    static let slipwayRepositories = FakeService(
        id: "slipway-codecommit",
        answers: [
            "ListCommits": { call in
                [
                    "commits": [
                        [
                            "commitId": "abcdef0123456789", "author": .string("Dora \(hostile)"),
                            "committerDate": 1_795_481_000,
                            "message": .string("On \(call.input["specifier"]?.string ?? ""): tea\n\nBody"),
                        ]
                    ]
                ]
            }
        ])
}
