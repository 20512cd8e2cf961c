import Notation

/// Policies that SAM writes itself.
enum RolePolicies {
    /// Who may take a role on: that service.
    static func assumed(by service: String) -> JSON {
        [
            "Version": "2012-10-17",
            "Statement": [
                ["Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": ["Service": [.string(service)]]]
            ],
        ]
    }

    /// A named policy of these statements.
    static func policy(_ name: String, _ statements: [JSON]) -> JSON {
        ["PolicyName": .string(name), "PolicyDocument": ["Statement": .array(statements)]]
    }

    /// A statement that allows an action, or several, on a resource.
    static func allow(_ action: JSON, on resource: JSON) -> JSON {
        ["Action": action, "Effect": "Allow", "Resource": resource]
    }

    static func sendMessage(to queue: JSON, _ id: String) -> JSON {
        policy(id + "SQSPolicy", [allow("sqs:SendMessage", on: queue)])
    }

    static func publish(to topic: JSON, _ id: String) -> JSON {
        policy(id + "SNSPolicy", [allow("sns:publish", on: topic)])
    }

    static func putEvents(to bus: JSON, _ id: String) -> JSON {
        policy(id + "EventBridgePolicy", [allow("events:PutEvents", on: bus)])
    }

    static func invoke(_ function: JSON, _ id: String) -> JSON {
        policy(id + "LambdaPolicy", [allow("lambda:InvokeFunction", on: function)])
    }

    static func putObjects(into bucket: JSON, _ id: String) -> JSON {
        policy(
            id + "S3Policy",
            [
                allow("s3:PutObject", on: Intrinsics.join("/", [bucket, "*"])),
                allow("s3:ListBucket", on: bucket),
            ])
    }

    static func startExecution(of stateMachine: JSON, _ id: String) -> JSON {
        policy(id + "StartExecutionPolicy", [allow("states:StartExecution", on: stateMachine)])
    }

    /// What a queue has to allow so that another service may put messages into it.
    static func queueAccess(to queue: JSON, for principal: JSON, from source: JSON) -> JSON {
        [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Action": "sqs:SendMessage", "Effect": "Allow", "Principal": principal, "Resource": queue,
                    "Condition": ["ArnEquals": ["aws:SourceArn": source]],
                ]
            ],
        ]
    }
}
