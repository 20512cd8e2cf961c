import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import S3

/// A function that writes down what it is sent, and fails as often as it is told to.
private final class Listener: CloudService {
    let id = "lambda"
    let heard = Mutex<[JSON]>([])
    let failures = Mutex(0)

    var operations: [Operation] {
        [
            Operation("GetPolicy", enforces: "FunctionName") { call in
                guard call.input["FunctionName"]?.string?.hasSuffix(":function:open") == true else {
                    throw AWSError("ResourceNotFoundException", "no policy", status: 404)
                }
                let policy =
                    #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::artifacts"}}}]}"#
                return Reply(["Policy": .string(policy)])
            },
            Operation("Invoke", enforces: "FunctionName InvocationType") { [self] call in
                let fails = failures.withLock { count in
                    count -= 1
                    return count >= 0
                }
                if fails { throw AWSError("ServiceException", "not now", status: 500) }
                #expect(call.caller.invokedBy == "s3.amazonaws.com" && call.caller.region == "eu-west-1")
                let body = try await call.payload?.collected(limit: 1 << 20) ?? []
                let message = try JSON(parsing: body)
                heard.withLock { $0.append(message["Records"]?[0] ?? [:]) }
                return Reply()
            },
        ]
    }
}

@Suite("Notifications")
struct NotificationTests {
    private static let arn: JSON = "arn:aws:lambda:eu-west-1:123456789012:function:open"

    private func withListener(_ body: (S3Fixture, Listener, S3Service) async throws -> Void) async throws {
        let listener = Listener()
        try await withTestCloud { cloud, ledger in
            [S3Service(cloud: cloud, ledger: ledger, blobs: try Blobs(ledger: ledger)), listener]
        } _: { test in
            let fixture = S3Fixture(test: test, bucket: "artifacts")
            try await fixture.call("CreateBucket", ["CreateBucketConfiguration": ["LocationConstraint": "eu-west-1"]])
            let service = S3Service(cloud: test.cloud, ledger: test.ledger, blobs: try Blobs(ledger: test.ledger))
            try await body(fixture, listener, service)
        }
    }

    @Test("reach the function for the events and keys asked for, in order, also what happened while nobody delivered")
    func delivery() async throws {
        try await withListener { s3, listener, service in
            let filter: JSON = [
                "Key": ["FilterRules": [["Name": "Prefix", "Value": "in/"], ["Name": "suffix", "Value": ".txt"]]]
            ]
            let target: JSON = [
                "LambdaFunctionArn": Self.arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
                "Filter": filter,
            ]
            try await s3.call(
                "PutBucketNotificationConfiguration",
                ["NotificationConfiguration": ["LambdaFunctionConfigurations": [target]]])
            let stored = try await s3.call("GetBucketNotificationConfiguration")["LambdaFunctionConfigurations"]?[0]
            #expect(stored?["Id"] != nil && stored?["Filter"] == filter)
            listener.failures.withLock { $0 = 2 }
            for key in ["in/a b.txt", "in/a.bin", "out/a.txt"] { try await s3.put(key, "hello") }
            try await s3.call("DeleteObject", ["Key": "in/a b.txt"])
            for _ in 0..<2 {
                // The second round starts where the first ended: nothing is told twice.
                let delivery = Task { try await service.deliverNotifications() }  // ended two lines below
                try await eventually("two messages") { listener.heard.withLock { $0.count == 2 ? true : nil } }
                try await eventually("the place") {
                    try await s3.test.ledger.cursor("s3.notifications") == 4 ? true : nil
                }
                delivery.cancel()
                _ = await delivery.result
            }
            let heard = listener.heard.withLock { $0 }
            #expect(heard.map { $0["eventName"] } == ["ObjectCreated:Put", "ObjectRemoved:Delete"])
            #expect(heard[0]["s3"]?["object"]?["key"] == "in/a+b.txt")
            #expect(heard[0]["s3"]?["object"]?["size"] == 5 && heard[0]["s3"]?["object"]?["eTag"] != nil)
            #expect(heard[0]["s3"]?["bucket"]?["arn"] == "arn:aws:s3:::artifacts")
        }
    }

    static let refused: [(JSON, String)] = [
        (
            [
                "LambdaFunctionConfigurations": [
                    [
                        "LambdaFunctionArn": "arn:aws:lambda:eu-west-1:1:function:closed",
                        "Events": ["s3:ObjectCreated:*"],
                    ]
                ]
            ], "InvalidArgument"
        ),
        (["LambdaFunctionConfigurations": [["LambdaFunctionArn": arn, "Events": ["created"]]]], "InvalidArgument"),
        (
            ["LambdaFunctionConfigurations": [["LambdaFunctionArn": arn, "Events": ["s3:Replication:*"]]]],
            "NotImplemented"
        ),
        (
            ["QueueConfigurations": [["QueueArn": "arn:aws:sqs:eu-west-1:1:q", "Events": ["s3:ObjectCreated:*"]]]],
            "InvalidArgument"
        ),
    ]

    @Test("that could not be sent are refused when they are asked for", arguments: refused)
    func refusals(configuration: JSON, code: String) async throws {
        try await withListener { s3, _, _ in
            let refusal = try await s3.refusal(
                "PutBucketNotificationConfiguration", ["NotificationConfiguration": configuration])
            #expect(refusal == code)
        }
    }
}
