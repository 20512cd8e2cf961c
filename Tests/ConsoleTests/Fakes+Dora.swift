import Cloud
import Notation

extension Fakes {
    static let dora = FakeService(
        id: "slipway-dora",
        answers: [
            "GetFigures": { call in
                let name = call.input["service"]?.string
                guard name == nil || name == "orders" else {
                    throw AWSError("ServiceNotFoundException", "There is no service '\(name ?? "")'.", status: 404)
                }
                var answer: JSON = [
                    "rules": [
                        "version": "2026-11", "enough": 5,
                        "definitions": ["leadTime": .string("Per commit \(hostile)")],
                    ],
                    "scale": ["name": call.input["scale"] ?? "", "note": "Ours.", "year": 2024],
                    "services": [service("orders"), service("tea")],
                ]
                if name != nil { answer["services"] = [service("orders")] } else { answer["all"] = service("all") }
                return answer
            },
            "ListServices": { _ in
                ["services": [], "leftOut": [["service": "orders-staging", "reason": .string(hostile)]]]
            },
            "ListDeployments": { call in
                ["deployments": call.input["outcome"] == "caught" ? [] : [deployment]]
            },
            "GetDeployment": { call in
                guard call.input["id"] == "u-1" else {
                    throw AWSError("DeploymentDoesNotExistException", "No deployment", status: 404)
                }
                return deployment
            },
        ])

    private static func service(_ name: String) -> JSON {
        [
            "service": .string(name), "deployments": 12, "failed": 1, "caught": 2, "rollbacks": 1, "rework": 1,
            "isEnough": true, "tier": "high", "exposureMinutes": 0.5,
            "deploymentFrequency": ["perDay": 0.4, "days": 9, "ofDays": 30.0, "tier": "high"],
            "leadTime": ["median": 7380.0, "p90": 90_000.0, "commits": 31, "withoutCommits": 3, "tier": "elite"],
            "changeFailRate": ["rate": 0.0833, "failed": ["u-1"], "tier": "high"],
            "recoveryTime": ["median": 240.0, "recovered": 1, "open": 0, "tier": "elite"],
            "reworkRate": ["rate": 0.0833, "rework": ["u-2"]],
            "before": ["deployments": 4, "leadTime": ["median": 60.0], "changeFailRate": ["rate": 0.5]],
            "trend": [
                ["start": 1_795_300_000.0, "end": 1_795_386_400.0, "deployments": 2, "failed": 1, "leadTime": 60.0],
                ["start": 1_795_386_400.0, "end": 1_795_472_800.0, "deployments": 5, "failed": 0],
            ],
        ]
    }

    private static let deployment: JSON = [
        "id": "u-1", "service": "orders", "outcome": "failed", "started": 1_795_481_000.0, "ended": 1_795_481_900.0,
        "peak": 10, "reason": .string("The alarm fired \(hostile)"), "exposureMinutes": 0.5,
        "recoveredBy": "its rollback",
        "recoveryTime": 300.0, "pipeline": "orders", "executionId": "e-1",
        "stackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1",
        "shifts": [
            [
                "deploymentId": "d-FAILED", "functionName": "orders-1", "alias": "live", "oldVersion": "1",
                "newVersion": "2",
                "weights": [["time": 1_795_481_100.0, "weight": 10], ["time": 1_795_481_400.0, "weight": 0]],
            ]
        ],
        "changes": [
            [
                "commitId": "abcdef0123456789", "title": .string(hostile), "repository": "orders",
                "arrived": 1_795_480_000.0,
            ]
        ],
    ]
}
