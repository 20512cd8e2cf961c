import Cloud
import CloudTesting
import FoundationEssentials
import LedgerTesting
import Notation
import Testing

import Sandbox

@testable import Lambda

@Suite("Invoking", .timeLimit(.minutes(2)))
struct InvokeTests {
    @Test("A Python function answers, sees its context, and logs")
    func python() async throws {
        try await withLambda { f in
            try await f.create(
                "hello",
                [
                    "app.py": """
                    import os
                    def handler(event, context):
                        print("got", event["name"])
                        return {"hello": event["name"], "name": context.function_name, "env": os.environ["GREETING"],
                                "arn": context.invoked_function_arn, "key": os.environ["AWS_ACCESS_KEY_ID"],
                                "left": context.get_remaining_time_in_millis() > 2000,
                                "region": os.environ["AWS_REGION"]}
                    """
                ], more: ["Environment": ["Variables": ["GREETING": "hi"]]])
            let answer = try await f.invoke("hello", #"{"name": "you"}"#, ["LogType": "Tail"])
            #expect(answer.error == nil)
            #expect(answer.output["ExecutedVersion"] == "$LATEST")
            let expected: JSON = [
                "hello": "you", "name": "hello", "env": "hi", "key": "ASIATEST", "left": true, "region": "eu-west-1",
                "arn": "arn:aws:lambda:eu-west-1:123456789012:function:hello",
            ]
            #expect(answer.json == expected)
            let lines = answer.log.split(separator: "\n")
            #expect(lines.first?.hasPrefix("START RequestId: ") == true)
            #expect(lines.dropFirst().first == "got you")
            #expect(lines.dropLast().last?.hasPrefix("END RequestId: ") == true)
            #expect(lines.last?.contains("Memory Size: 128 MB") == true)
            #expect(lines.last?.contains("Init Duration: ") == true)
            let again = try await f.invoke("hello", #"{"name": "again"}"#, ["LogType": "Tail"])
            #expect(again.json["hello"] == "again")
            #expect(!again.log.contains("Init Duration"))
            #expect(f.service.environmentCount == 1)
            _ = await f.logs.line { $0.hasPrefix("REPORT") }
            #expect(f.logs.groups == ["/aws/lambda/hello"])
            #expect(f.logs.streams.first?.contains("/[$LATEST]") == true)
        }
    }

    @Test("A Node.js function answers, by promise and by callback")
    func node() async throws {
        try await withLambda { f in
            let code = """
                exports.async = async (event, context) => {
                  console.log('hi', event.n);
                  return { n: event.n + 1, name: context.functionName };
                };
                exports.callback = (event, context, callback) => callback(null, event.n * 2);
                exports.fails = async () => { throw new TypeError('no good'); };
                """
            try await f.create("async", runtime: "nodejs20.x", handler: "index.async", ["index.js": code])
            try await f.create("callback", runtime: "nodejs20.x", handler: "index.callback", ["index.js": code])
            try await f.create("fails", runtime: "nodejs20.x", handler: "index.fails", ["index.js": code])
            let answer = try await f.invoke("async", #"{"n": 1}"#, ["LogType": "Tail"])
            #expect(answer.json == ["n": 2, "name": "async"])
            #expect(answer.log.contains("\tINFO\thi 1\n"))
            #expect(try await f.invoke("callback", #"{"n": 4}"#).text == "8")
            let failed = try await f.invoke("fails")
            #expect(failed.error == "Unhandled")
            #expect(failed.json["errorType"] == "TypeError")
            #expect(failed.json["errorMessage"] == "no good")
            #expect(failed.json["trace"]?[0] == "TypeError: no good")
        }
    }

    @Test("A custom runtime of shell and curl runs unmodified")
    func custom() async throws {
        try await withLambda { f in
            let bootstrap = """
                #!/bin/sh
                api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
                while true; do
                  event=$(curl -sS -D /tmp/head "$api/invocation/next")
                  id=$(grep -i Lambda-Runtime-Aws-Request-Id /tmp/head | tr -d '[:space:]' | cut -d: -f2)
                  curl -sS -d "{\\"echo\\": $event}" "$api/invocation/$id/response" >/dev/null
                done
                """
            try await f.create("custom", runtime: "provided.al2023", handler: "any", ["bootstrap": bootstrap])
            #expect(try await f.invoke("custom", #"{"a": [1]}"#).json == ["echo": ["a": [1]]])
            #expect(try await f.invoke("custom", "7").json == ["echo": 7])
        }
    }

    @Test("AWS's own Python client runs unmodified", .enabled(if: AwsRuntimeClient.folder != nil))
    func awslambdaric() async throws {
        guard let folder = AwsRuntimeClient.folder else { return }
        try await withLambda { f in
            let python = AwsRuntimeClient.python
            let bootstrap = "#!/bin/sh\nexec \(python) -m awslambdaric app.handler\n"
            var files = [
                "bootstrap": bootstrap, "app.py": "def handler(event, context): return {'id': context.aws_request_id}",
            ]
            files["place.txt"] = folder
            try await f.create(
                "ric", runtime: "provided.al2023", files, more: ["Environment": ["Variables": ["PYTHONPATH": "/opt"]]])
            let layer = try await f.test.call(
                "lambda", "PublishLayerVersion",
                ["LayerName": "ric", "Content": ["ZipFile": .string(try AwsRuntimeClient.zip())]])
            try await f.test.call(
                "lambda", "UpdateFunctionConfiguration",
                ["FunctionName": "ric", "Layers": [layer["LayerVersionArn"] ?? ""]])
            let answer = try await f.invoke("ric")
            #expect(answer.error == nil, "\(answer.text)")
            #expect(answer.json["id"]?.string?.count == 36)
        }
    }

    @Test("Each way to fail has AWS's type and message, and costs no more time than it must")
    func failures() async throws {
        let code = """
            import os, sys, time
            def raises(event, context): raise ValueError("bad order")
            def exits(event, context): sys.exit(3)
            def dies(event, context): os.kill(os.getpid(), 9)
            def sleeps(event, context):
                print("before")
                time.sleep(60)
            def eats(event, context):
                data = []
                while True: data.append(b"x" * 10_000_000)
            def odd(event, context): return {1, 2}
            def prints(event, context):
                sys.stdout.write("no end of line")
                return 1
            """
        try await withLambda { f in
            func run(_ handler: String, timeout: Int = 30) async throws -> LambdaFixture.Answer {
                try await f.create(
                    handler, handler: "app." + handler, ["app.py": code], more: ["Timeout": .int(timeout)])
                return try await f.invoke(handler, "{}", ["LogType": "Tail"])
            }
            let raised = try await run("raises")
            #expect(raised.error == "Unhandled")
            #expect(raised.json["errorType"] == "ValueError")
            #expect(raised.json["errorMessage"] == "bad order")
            #expect(raised.json["stackTrace"]?[0]?.string?.contains("line 2, in raises\n    def raises") == true)
            #expect(
                raised.log.contains(
                    "[ERROR] ValueError: bad order\nTraceback (most recent call last):\n  File \"/var/task/app.py\""))
            let exited = try await run("exits")
            #expect(exited.json["errorType"] == "Runtime.ExitError")
            #expect(
                exited.json["errorMessage"]?.string?.hasSuffix(" Error: Runtime exited with error: exit status 3")
                    == true)
            #expect(exited.log.contains("Status: error\tError Type: Runtime.ExitError"))
            let died = try await run("dies")
            #expect(died.json["errorMessage"]?.string?.hasSuffix("signal: killed") == true)
            #expect(died.json["errorType"] == "Runtime.ExitError")
            let slept = try await run("sleeps", timeout: 1)
            #expect(slept.json["errorType"] == "Sandbox.Timedout")
            #expect(slept.json["errorMessage"]?.string?.hasSuffix(" Error: Task timed out after 1.00 seconds") == true)
            #expect(slept.log.contains("before\n"))
            #expect(slept.log.contains(" Task timed out after 1.00 seconds\nEND RequestId"))
            #expect(slept.log.contains("\tStatus: timeout"))
            let ate = try await run("eats")
            #expect(ate.json["errorType"] == "Runtime.OutOfMemory", "\(ate.text)")
            #expect(ate.log.contains("Max Memory Used: 128 MB"))
            let odd = try await run("odd")
            #expect(odd.json["errorType"] == "Runtime.MarshalError")
            #expect(try await run("prints").log.contains("no end of line\nEND"))
            // A failed process is replaced, a reported error is not the process's end.
            #expect(try await f.invoke("exits").json["errorType"] == "Runtime.ExitError")
            try await eventually("all figures are there") { f.metrics.sum("Invocations") == 8 ? true : nil }
            #expect(f.metrics.sum("Errors") == 7)
        }
    }

    @Test(
        "A start that fails says why",
        arguments: [
            (
                "python3.11", "missing.handler", "Runtime.ImportModuleError",
                "Unable to import module 'missing': No module named 'missing'"
            ),
            ("python3.11", "app.nothing", "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'app'"),
            ("python3.11", "broken.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'broken': "),
            ("python3.11", "fails.handler", "ZeroDivisionError", "division by zero"),
            ("python3.11", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
            ("python3.11", "leaves.handler", "Runtime.ExitError", "Runtime exited with error: exit status 9"),
            ("nodejs20.x", "app.nothing", "Runtime.ImportModuleError", "Error: Cannot find module 'app'"),
            ("nodejs20.x", "index.nothing", "Runtime.HandlerNotFound", "index.nothing is undefined or not exported"),
            (
                "provided.al2023", "any", "Runtime.InvalidEntrypoint",
                "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
            ),
        ])
    func starts(runtime: String, handler: String, type: String, message: String) async throws {
        try await withLambda { f in
            try await f.create(
                "bad", runtime: runtime, handler: handler,
                [
                    "app.py": "x = 1", "broken.py": "def handler(:\n", "fails.py": "1 / 0", "index.js": "exports.a = 1",
                    "leaves.py": "import os\nos._exit(9)",
                ])
            let answer = try await f.invoke("bad", "{}", ["LogType": "Tail"])
            #expect(answer.error == "Unhandled")
            #expect(answer.json["errorType"]?.string == type)
            #expect(answer.json["errorMessage"]?.string?.contains(message) == true, "\(answer.text)")
            #expect(answer.log.contains("START RequestId: ") || type == "Runtime.InvalidEntrypoint")
            #expect(try await f.invoke("bad").json["errorType"]?.string == type)
        }
    }

    @Test("Python's logging writes Lambda's lines, with the request in them")
    func logging() async throws {
        try await withLambda { f in
            let code = """
                import logging
                logger = logging.getLogger()
                logger.setLevel(logging.INFO)
                def handler(event, context):
                    logger.info("two\\nlines")
                    try:
                        1 / 0
                    except ZeroDivisionError:
                        logger.exception("caught")
                """
            try await f.create("logs", ["app.py": code])
            try await f.create("json", ["app.py": code], more: ["LoggingConfig": ["LogFormat": "JSON"]])
            let text = try await f.invoke("logs", "{}", ["LogType": "Tail"]).log
            let id = text.split(separator: " ").dropFirst(2).first ?? ""
            #expect(text.contains("[INFO]\t"))
            #expect(text.contains("Z\t\(id)\ttwo\nlines\n"))
            #expect(text.contains("\tcaught\nTraceback (most recent call last):\n"))
            let event = await f.logs.line { $0.contains("two") }
            #expect(event.contains("two\nlines"))
            let lines = try await f.invoke("json", "{}", ["LogType": "Tail"]).log.split(separator: "\n")
                .compactMap { try? JSON(parsing: String($0)) }
            #expect(lines.first?["type"] == "platform.start" && lines.last?["type"] == "platform.report")
            let json = lines.first { $0["level"] != nil }
            #expect(json?["message"] == "two\nlines")
            #expect(json?["level"] == "INFO")
        }
    }

    @Test("What cannot be an invocation is refused in AWS's words")
    func refusals() async throws {
        try await withLambda { f in
            func refusal(_ name: String, _ payload: String = "{}", _ more: JSON = [:]) async throws -> AWSError? {
                do { _ = try await f.invoke(name, payload, more) } catch let error as AWSError { return error }
                return nil
            }
            let missing = try await refusal("nobody")
            #expect(missing?.code == "ResourceNotFoundException" && missing?.status == 404)
            #expect(missing?.message == "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:nobody")
            try await f.create("there", ["app.py": "def handler(e, c): return 1"])
            #expect(try await refusal("there", "{", [:])?.code == "InvalidRequestContentException")
            let big = "\"" + String(repeating: "x", count: 6_291_456) + "\""
            #expect(try await refusal("there", big)?.code == "RequestTooLargeException")
            #expect(try await refusal("there:7")?.message.hasSuffix(":function:there:7") == true)
            #expect(try await refusal("there", "{}", ["Qualifier": "gone"])?.status == 404)
            #expect(try await f.invoke("there", "{}", ["InvocationType": "DryRun"]).output["StatusCode"] == 204)
            #expect(f.service.environmentCount == 0)
            #expect(try await f.invoke("123456789012:function:there", "").text == "1")
        }
    }

    @Test("Answers up to 6 MB pass, larger ones are an error of the function's")
    func largeAnswers() async throws {
        try await withLambda { f in
            try await f.create("big", ["app.py": "def handler(e, c): return 'x' * e"], more: ["MemorySize": 512])
            #expect(try await f.invoke("big", "6000000").text.utf8.count == 6_000_002)
            let refused = try await f.invoke("big", "7000000")
            #expect(refused.json["errorType"] == "Function.ResponseSizeTooLarge", "\(refused.text.prefix(200))")
            #expect(try await f.invoke("big", "3").text == "\"xxx\"")
        }
    }
}

/// AWS's Runtime Interface Client for Python, when it is installed for this machine's interpreter.
enum AwsRuntimeClient {
    static let python = "/usr/bin/python3"

    static let folder: String? = {
        let places = ProcessInfo.processInfo.environment["SLIPWAY_TEST_AWSLAMBDARIC"].map { [$0] } ?? []
        return places.first { FileManager.default.fileExists(atPath: $0 + "/awslambdaric") }
    }()

    /// The client as a layer.
    static func zip() throws -> String {
        let file = "/tmp/slipway-ric-\(UInt64.random(in: 0 ... .max)).zip"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Archive.zip(folder: folder ?? "", to: file)
        return try Data(contentsOf: URL(filePath: file)).base64EncodedString()
    }
}
