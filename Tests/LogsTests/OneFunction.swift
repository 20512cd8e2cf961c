import Cloud
import HTTP
import Notation
import Synchronization

/// A Lambda service of one function that remembers what it is invoked with.
final class OneFunction: CloudService {
    let id = "lambda"
    let payloads = Mutex<[JSON]>([])

    var operations: [Operation] {
        [
            Operation("GetFunctionConfiguration", enforces: "FunctionName") { (input: [String: String], _) in
                guard input["FunctionName"]?.hasSuffix(":f") == true else {
                    throw AWSError("ResourceNotFoundException", "Function not found", status: 404)
                }
                return ["FunctionName": "f"] as JSON
            },
            Operation(
                "Invoke", enforces: "FunctionName InvocationType",
                raw: { call in
                    let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
                    let tree = try JSON(parsing: bytes)
                    self.payloads.withLock { $0.append(tree) }
                    return Reply(["StatusCode": 202])
                }),
        ]
    }
}
