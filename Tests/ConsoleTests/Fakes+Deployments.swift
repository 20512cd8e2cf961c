import Cloud
import Notation

extension Fakes {
    static let codeDeploy = FakeService(
        id: "codedeploy",
        answers: [
            "ListDeployments": { call in
                guard let wanted = call.input["includeOnlyStatuses"]?.array else {
                    return ["deployments": ["d-RUNS", "d-FAILED"]]
                }
                return ["deployments": wanted.contains("Failed") ? ["d-FAILED"] : ["d-RUNS"]]
            },
            "BatchGetDeployments": { call in
                let infos = (call.input["deploymentIds"]?.array ?? []).map { id -> JSON in
                    [
                        "deploymentId": id, "status": id == "d-RUNS" ? "InProgress" : "Failed",
                        "applicationName": "shop",
                        "deploymentGroupName": "orders", "createTime": 1_795_481_980.0, "creator": "user",
                    ]
                }
                return ["deploymentsInfo": .array(infos)]
            },
        ])

    static let slipway = FakeService(
        id: "slipway",
        answers: [
            "DescribeDeployment": { call in try describe(call.input["deploymentId"]?.string ?? "") },
            "WhyDeployment": { _ in why },
            "PromoteDeployment": { call in try describe(call.input["deploymentId"]?.string ?? "") },
            "PauseDeployment": { _ in
                throw AWSError("InvalidDeploymentStatusException", "It cannot do that: there is no wait to hold.")
            },
            "RollbackDeployment": { _ in ["deploymentId": "d-BACK"] },
        ])

    private static func describe(_ id: String) throws -> JSON {
        switch id {
        case "d-RUNS": return running
        case "d-FAILED": return failed
        default: throw AWSError("DeploymentDoesNotExistException", "The deployment \(id) could not be found")
        }
    }

    private static let alarm: JSON = [
        "name": "orders-errors", "state": "OK", "reason": "quiet", "counts": true,
        "definition": [
            "namespace": "AWS/Lambda", "metric": "Errors", "statistic": "Sum",
            "dimensions": ["FunctionName": "orders-1"],
            "comparison": "GreaterThanOrEqualToThreshold", "threshold": 3.0, "period": 10, "evaluationPeriods": 1,
        ],
    ]

    /// Ten percent, twelve seconds to go.
    static let running: JSON = [
        "deploymentId": "d-RUNS", "applicationName": "shop", "deploymentGroupName": "orders", "status": "InProgress",
        "deploymentConfigName": "Canary10Percent20Seconds", "verdict": "10 % of the traffic goes to version 2.",
        "isPaused": false, "canPromote": true, "canPause": true, "canAbort": true, "weights": ["old": 90, "new": 10],
        "functionName": "orders-1", "alias": "live", "oldVersion": "1", "newVersion": "2",
        "createTime": 1_795_481_980.0,
        "secondsToNextStep": 12.4, "alarms": [alarm],
        "externalId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1",
        "steps": [
            [
                "name": "BeforeAllowTraffic", "kind": "hook", "state": "done", "text": "CodeDeployHook_orders",
                "startTime": 1_795_481_981.0, "endTime": 1_795_481_982.5,
            ],
            ["name": "10 %", "kind": "traffic", "weight": 10, "state": "active", "startTime": 1_795_481_992.0],
            ["name": "100 %", "kind": "traffic", "weight": 100, "state": "pending", "startTime": 1_795_482_012.0],
        ],
        "history": [
            ["name": "TrafficShifted", "time": 1_795_481_992.0, "text": "10 % goes to version 2.", "weight": 10]
        ],
    ]

    /// Taken back, with evidence.
    static var failed: JSON {
        var view = running
        view["deploymentId"] = "d-FAILED"
        view["status"] = "Failed"
        view["verdict"] = .string("Failed and rolled back: " + hostile)
        view["completeTime"] = 1_795_481_999.0
        view["weights"] = ["old": 100, "new": 0]
        for name in ["canPromote", "canPause", "canAbort"] { view[name] = false }
        view["error"] = ["code": "ALARM_ACTIVE", "message": "One or more alarms have been activated."]
        view["cause"] = .string("Version 2 fails: KeyError: " + hostile)
        view["rollback"] = ["message": "back", "startTime": 1_795_481_998.0, "deploymentId": "d-BACK"]
        return view
    }

    static var why: JSON {
        [
            "chain": [.string("KeyError: " + hostile), "All traffic goes to version 1."],
            "next": ["slipway logs orders-1"],
            "evidence": [
                "lines": [["time": 1_795_481_997.0, "text": .string("[ERROR] " + hostile)]],
                "figures": [["name": "Errors", "old": 0.0, "new": 7.0]],
                "differences": [["setting": "Timeout", "old": "3", "new": "10"]], "gaps": ["No traces were kept."],
            ],
        ]
    }
}
