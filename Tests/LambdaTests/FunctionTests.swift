import Cloud
import CloudTesting
import FoundationEssentials
import HTTP
import LedgerTesting
import Notation
import Testing

@testable import Lambda

/// A request that is to be refused, and how.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    let input: JSON
    let code: String
    let message: String

    init(_ input: JSON, _ code: String, _ message: String) {
        self.input = input
        self.code = code
        self.message = message
    }

    var testDescription: String { input.text() }
}

@Suite("Functions, versions and aliases", .timeLimit(.minutes(2)))
struct FunctionTests {
    private static let code = ["app.py": "def handler(event, context): return 1"]
    private static let changed = ["app.py": "def handler(event, context): return 2"]
    private static let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders"

    private func update(_ f: LambdaFixture, _ files: [String: String], _ more: JSON = [:]) async throws -> JSON {
        var input: JSON = ["FunctionName": "orders", "ZipFile": .string(try LambdaFixture.zip(files))]
        for (key, value) in more.object ?? [:] { input[key] = value }
        return try await f.test.call("lambda", "UpdateFunctionCode", input)
    }

    @Test("A new function is active at once and shows what it was given")
    func create() async throws {
        try await withLambda { f in
            let made = try await f.create(
                "orders", Self.code, more: ["Description": "all of them", "Tags": ["team": "a"]])
            #expect(made["FunctionArn"]?.string == Self.arn)
            #expect(made["State"] == "Active" && made["LastUpdateStatus"] == "Successful")
            #expect(made["Version"] == "$LATEST" && made["Timeout"] == 3 && made["MemorySize"] == 128)
            #expect(made["CodeSha256"]?.string?.count == 44)
            #expect(made["LastModified"]?.string?.hasSuffix("+0000") == true)
            let read = try await f.test.call("lambda", "GetFunction", ["FunctionName": .string(Self.arn)])
            #expect(read["Configuration"]?["Description"] == "all of them")
            #expect(read["Tags"] == ["team": "a"])
            let location = read["Code"]?["Location"]?.string ?? ""
            let path = String(location.dropFirst("http://127.0.0.1:4566".count))
            let download = await f.service.http(HTTPRequest(method: "GET", target: path))
            #expect(download?.status == 200)
            #expect(download?.body.length == read["Configuration"]?["CodeSize"]?.int)
            let twice = try await f.test.refusal(
                "lambda", "CreateFunction",
                [
                    "FunctionName": "orders", "Runtime": "python3.11", "Handler": "app.handler",
                    "Role": LambdaFixture.role,
                    "Code": ["ZipFile": .string(try LambdaFixture.zip(Self.code))],
                ])
            #expect(twice?.code == "ResourceConflictException" && twice?.status == 409)
            #expect(twice?.message == "Function already exist: orders")
        }
    }

    private static let badFunctions: [RefusalCase] = [
        RefusalCase(["Runtime": "java21"], "InvalidParameterValueException", "Slipway cannot run the runtime java21"),
        RefusalCase(["Timeout": 901], "ValidationException", "less than or equal to 900"),
        RefusalCase(
            ["Environment": ["Variables": ["AWS_REGION": "x"]]], "InvalidParameterValueException", "AWS_REGION"),
        RefusalCase(
            ["Code": ["ZipFile": "bm90IGEgemlw"]], "InvalidParameterValueException", "Could not unzip uploaded file."),
        RefusalCase(["Code": [:]], "InvalidParameterValueException", "Please provide a source for function code."),
        RefusalCase(
            ["Code": ["S3Bucket": "b", "S3Key": "k"]], "InvalidParameterValueException", "S3 Error Code: NotImplemented"
        ),
        RefusalCase(["PackageType": "Image"], "NotImplemented", "package type Image"),
        RefusalCase(
            ["Layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:x:1"]], "InvalidParameterValueException",
            "Layer version"),
        RefusalCase(["Architectures": ["arm64"]], "NotImplemented", "arm64"),
        RefusalCase(["Handler": ""], "InvalidParameterValueException", "Handler is mandatory"),
        RefusalCase(["FileSystemConfigs": [[:]]], "NotImplemented", "FileSystemConfigs"),
    ]

    @Test("What is wrong with a new function is said in AWS's words, and nothing is made", arguments: badFunctions)
    func refusedFunctions(one: RefusalCase) async throws {
        try await withLambda { f in
            let refusal = await #expect(throws: AWSError.self) {
                try await f.create("orders", Self.code, more: one.input)
            }
            #expect(refusal?.code == one.code)
            #expect(refusal?.message.contains(one.message) == true, "\(refusal?.message ?? "")")
            let list = try await f.test.call("lambda", "ListFunctions")
            #expect(list["Functions"] == [])
        }
    }

    @Test("A runtime that is not installed runs on the nearest one and says so; strict mode refuses it")
    func substitution() async throws {
        try await withLambda { f in
            let made = try await f.create("old", runtime: "python3.99", Self.code)
            #expect(
                made["RuntimeVersionConfig"]?["Error"]?["Message"]?.string?.hasPrefix("python3.99 is not installed")
                    == true)
            let answer = try await f.invoke("old")
            #expect(answer.text == "1")
            _ = await f.logs.line {
                $0.hasPrefix("[WARN] python3.99 is not installed on this machine: the function runs on python")
            }
        }
        var strict = LambdaService.Options()
        strict.isStrict = true
        try await withLambda(options: strict) { f in
            let refusal = await #expect(throws: AWSError.self) {
                try await f.create("old", runtime: "python3.99", Self.code)
            }
            #expect(refusal?.message.hasPrefix("python3.99 is not installed") == true)
        }
    }

    @Test("Versions freeze what they publish, and publishing twice publishes once")
    func versions() async throws {
        try await withLambda { f in
            let made = try await f.create("orders", Self.code, more: ["Publish": true])
            #expect(made["Version"] == "1")
            let again = try await f.test.call("lambda", "PublishVersion", ["FunctionName": "orders"])
            #expect(again["Version"] == "1")
            let updated = try await update(f, Self.changed, ["Publish": true])
            #expect(updated["Version"] == "2" && updated["FunctionArn"]?.string == Self.arn + ":2")
            #expect(try await f.invoke("orders:1").text == "1")
            #expect(try await f.invoke("orders", "{}", ["Qualifier": "2"]).text == "2")
            let wrong = try await f.test.refusal(
                "lambda", "PublishVersion", ["FunctionName": "orders", "CodeSha256": "abc"])
            #expect(
                wrong?.message.hasPrefix("CodeSHA256 (abc) is different from current CodeSHA256 in $LATEST (") == true)
            let list = try await f.test.call(
                "lambda", "ListVersionsByFunction", ["FunctionName": "orders", "MaxItems": 2])
            #expect(list["Versions"]?.array?.compactMap { $0["Version"]?.string } == ["$LATEST", "1"])
            let rest = try await f.test.call(
                "lambda", "ListVersionsByFunction", ["FunctionName": "orders", "Marker": list["NextMarker"] ?? ""])
            #expect(rest["Versions"]?.array?.compactMap { $0["Version"]?.string } == ["2"])
            try await f.test.call("lambda", "DeleteFunction", ["FunctionName": "orders:1"])
            #expect(try await f.test.refusal("lambda", "GetFunction", ["FunctionName": "orders:1"])?.status == 404)
            try await f.test.call("lambda", "UpdateFunctionConfiguration", ["FunctionName": "orders", "Timeout": 9])
            let third = try await f.test.call(
                "lambda", "PublishVersion", ["FunctionName": "orders", "Description": "nine"])
            #expect(third["Version"] == "3" && third["Timeout"] == 9 && third["Description"] == "nine")
        }
    }

    @Test("A change of code or settings reaches the next invocation, and RevisionId guards it")
    func updates() async throws {
        try await withLambda { f in
            let made = try await f.create("orders", Self.code)
            #expect(try await f.invoke("orders").text == "1")
            let updated = try await update(f, Self.changed)
            #expect(updated["RevisionId"] != made["RevisionId"])
            #expect(try await f.invoke("orders").text == "2")
            try await eventually("the old environment is gone") { f.service.environmentCount == 1 ? true : nil }
            let stale = try await f.test.refusal(
                "lambda", "UpdateFunctionConfiguration",
                ["FunctionName": "orders", "MemorySize": 256, "RevisionId": made["RevisionId"] ?? ""])
            #expect(stale?.code == "PreconditionFailedException" && stale?.status == 412)
            let changed = try await f.test.call(
                "lambda", "UpdateFunctionConfiguration",
                [
                    "FunctionName": "orders", "Environment": ["Variables": ["A": "b"]],
                    "RevisionId": updated["RevisionId"] ?? "",
                ])
            #expect(changed["Environment"]?["Variables"] == ["A": "b"])
            let dry = try await update(f, Self.code, ["DryRun": true])
            #expect(dry["CodeSha256"] != updated["CodeSha256"])
            #expect(try await f.invoke("orders").text == "2")
        }
    }

    @Test("An alias splits its traffic by its weights, drawn for every invocation")
    func weights() async throws {
        try await withLambda { f in
            try await f.create("orders", Self.code, more: ["Publish": true])
            _ = try await update(f, Self.changed, ["Publish": true])
            let alias = try await f.test.call(
                "lambda", "CreateAlias",
                [
                    "FunctionName": "orders", "Name": "live", "FunctionVersion": "1",
                    "RoutingConfig": ["AdditionalVersionWeights": ["2": 0.5]],
                ])
            #expect(alias["AliasArn"]?.string == Self.arn + ":live")
            #expect(alias["RoutingConfig"]?["AdditionalVersionWeights"] == ["2": 0.5])
            var seen: [String: Int] = [:]
            for _ in 0..<60 {
                let answer = try await f.invoke("orders:live")
                #expect(answer.output["ExecutedVersion"]?.string == answer.text)
                seen[answer.text, default: 0] += 1
            }
            #expect((10...50).contains(seen["2"] ?? 0))
            let stale = try await f.test.refusal(
                "lambda", "UpdateAlias",
                ["FunctionName": "orders", "Name": "live", "FunctionVersion": "2", "RevisionId": "x"])
            #expect(stale?.code == "PreconditionFailedException")
            let moved = try await f.test.call(
                "lambda", "UpdateAlias",
                [
                    "FunctionName": "orders", "Name": "live", "FunctionVersion": "2",
                    "RoutingConfig": ["AdditionalVersionWeights": [:]], "RevisionId": alias["RevisionId"] ?? "",
                ])
            #expect(moved["RoutingConfig"] == nil)
            for _ in 0..<5 { #expect(try await f.invoke("orders:live").text == "2") }
            let held = try await f.test.refusal("lambda", "DeleteFunction", ["FunctionName": "orders:2"])
            #expect(held?.code == "ResourceConflictException")
            let executed = f.metrics.all.last?.dimensionSets.last
            #expect(executed?.map(\.value) == ["orders", "orders:live", "2"])
            #expect(executed?.map(\.name) == ["FunctionName", "Resource", "ExecutedVersion"])
        }
    }

    private static let badAliases: [RefusalCase] = [
        RefusalCase(["FunctionVersion": "9"], "ResourceNotFoundException", "function:orders:9"),
        RefusalCase(
            ["RoutingConfig": ["AdditionalVersionWeights": ["1": 0.5]]], "InvalidParameterValueException",
            "already included"),
        RefusalCase(
            ["RoutingConfig": ["AdditionalVersionWeights": ["2": 1.5]]], "ValidationException",
            "less than or equal to 1.0"),
        RefusalCase(
            ["RoutingConfig": ["AdditionalVersionWeights": ["7": 0.5]]], "ResourceNotFoundException",
            "function:orders:7"),
        RefusalCase(["RoutingConfig": ["AdditionalVersionWeights": ["x": 0.5]]], "ValidationException", "[0-9]+"),
        RefusalCase(
            ["FunctionVersion": "$LATEST", "RoutingConfig": ["AdditionalVersionWeights": ["1": 0.5]]],
            "InvalidParameterValueException", "$LATEST is not supported for an alias"
        ),
        RefusalCase(["Name": "12"], "ValidationException", "at 'name'"),
        RefusalCase(["Name": "live"], "ResourceConflictException", "Alias already exists: arn:"),
    ]

    @Test("An alias that cannot be is refused", arguments: badAliases)
    func refusedAliases(one: RefusalCase) async throws {
        try await withLambda { f in
            try await f.create("orders", Self.code, more: ["Publish": true])
            _ = try await update(f, Self.changed, ["Publish": true])
            let live: JSON = ["FunctionName": "orders", "Name": "live", "FunctionVersion": "1"]
            try await f.test.call("lambda", "CreateAlias", live)
            var input: JSON = ["FunctionName": "orders", "Name": "next", "FunctionVersion": "1"]
            for (key, value) in one.input.object ?? [:] { input[key] = value }
            let refusal = try await f.test.refusal("lambda", "CreateAlias", input)
            #expect(refusal?.code == one.code)
            #expect(refusal?.message.contains(one.message) == true, "\(refusal?.message ?? "")")
            let list = try await f.test.call("lambda", "ListAliases", ["FunctionName": "orders"])
            #expect(list["Aliases"]?.array?.count == 1)
        }
    }

    @Test("Deleting a function takes everything of it away, its processes included")
    func delete() async throws {
        try await withLambda { f in
            try await f.create("orders", Self.code, more: ["Publish": true])
            try await f.test.call(
                "lambda", "CreateAlias", ["FunctionName": "orders", "Name": "live", "FunctionVersion": "1"])
            try await f.test.call("lambda", "CreateFunctionUrlConfig", ["FunctionName": "orders", "AuthType": "NONE"])
            #expect(try await f.invoke("orders:live").text == "1")
            try await f.test.call("lambda", "DeleteFunction", ["FunctionName": "orders"])
            try await eventually("its environment is gone") { f.service.environmentCount == 0 ? true : nil }
            for operation in ["GetFunction", "GetAlias", "GetFunctionUrlConfig"] {
                let input: JSON = ["FunctionName": "orders", "Name": "live"]
                let refusal = try await f.test.refusal(
                    "lambda", operation, operation == "GetAlias" ? input : ["FunctionName": "orders"])
                #expect(refusal?.status == 404)
            }
            try await f.create("orders", Self.changed)
            #expect(try await f.invoke("orders").text == "2")
            #expect(try await f.test.call("lambda", "PublishVersion", ["FunctionName": "orders"])["Version"] == "1")
        }
    }

    @Test("Layers show at /opt, later ones over earlier ones")
    func layers() async throws {
        try await withLambda { f in
            var arns: [JSON] = []
            for (name, text) in [("one", "first"), ("two", "second")] {
                let zip = try LambdaFixture.zip(["python/shared.py": "NAME = '\(text)'", "\(name).txt": text])
                let layer = try await f.test.call(
                    "lambda", "PublishLayerVersion",
                    [
                        "LayerName": .string(name), "Content": ["ZipFile": .string(zip)],
                        "CompatibleRuntimes": ["python3.11"],
                    ])
                #expect(layer["Version"] == 1)
                arns.append(layer["LayerVersionArn"] ?? "")
            }
            let code = [
                "app.py": "import os, shared\ndef handler(e, c): return [shared.NAME, sorted(os.listdir('/opt'))]"
            ]
            let made = try await f.create("orders", code, more: ["Layers": .array(arns)])
            #expect(made["Layers"]?.array?.count == 2)
            #expect(try await f.invoke("orders").json == ["second", ["one.txt", "python", "two.txt"]])
            let list = try await f.test.call("lambda", "ListLayers", ["CompatibleRuntime": "python3.11"])
            #expect(list["Layers"]?.array?.compactMap { $0["LayerName"]?.string } == ["one", "two"])
            try await f.test.call("lambda", "DeleteLayerVersion", ["LayerName": "one", "VersionNumber": 1])
            #expect(
                try await f.test.refusal("lambda", "GetLayerVersion", ["LayerName": "one", "VersionNumber": 1])?.status
                    == 404)
            let zip = try LambdaFixture.zip(["a": "b"])
            let next = try await f.test.call(
                "lambda", "PublishLayerVersion", ["LayerName": "one", "Content": ["ZipFile": .string(zip)]])
            #expect(next["Version"] == 2)
        }
    }

    @Test("Policies, tags, event settings and account figures are kept and shown")
    func settings() async throws {
        try await withLambda { f in
            try await f.create("orders", Self.code)
            let permission: JSON = [
                "FunctionName": "orders", "StatementId": "s3", "Action": "lambda:InvokeFunction",
                "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b",
            ]
            var nobody = permission
            nobody["Principal"] = "foo"
            #expect(
                try await f.test.refusal("lambda", "AddPermission", nobody)?.message
                    == "The provided principal was invalid. Please check the principal and try again.")
            try await f.test.call("lambda", "AddPermission", permission)
            #expect(
                try await f.test.refusal("lambda", "AddPermission", permission)?.code == "ResourceConflictException")
            let text = try await f.test.call("lambda", "GetPolicy", ["FunctionName": "orders"])["Policy"]?.string ?? ""
            let policy = try JSON(parsing: text)
            #expect(policy["Statement"]?[0]?["Principal"] == ["Service": "s3.amazonaws.com"])
            #expect(policy["Statement"]?[0]?["Condition"] == ["ArnLike": ["AWS:SourceArn": "arn:aws:s3:::b"]])
            try await f.test.call("lambda", "RemovePermission", ["FunctionName": "orders", "StatementId": "s3"])
            #expect(try await f.test.refusal("lambda", "GetPolicy", ["FunctionName": "orders"])?.status == 404)

            try await f.test.call(
                "lambda", "TagResource", ["Resource": .string(Self.arn), "Tags": ["a": "1", "b": "2"]])
            try await f.test.call("lambda", "UntagResource", ["Resource": .string(Self.arn), "TagKeys": ["a"]])
            #expect(try await f.test.call("lambda", "ListTags", ["Resource": .string(Self.arn)])["Tags"] == ["b": "2"])

            let event = try await f.test.call(
                "lambda", "PutFunctionEventInvokeConfig", ["FunctionName": "orders", "MaximumRetryAttempts": 1])
            #expect(event["FunctionArn"]?.string == Self.arn + ":$LATEST" && event["MaximumRetryAttempts"] == 1)
            try await f.test.call("lambda", "DeleteFunctionEventInvokeConfig", ["FunctionName": "orders"])
            #expect(
                try await f.test.refusal("lambda", "GetFunctionEventInvokeConfig", ["FunctionName": "orders"])?.status
                    == 404)
            let account = try await f.test.call("lambda", "GetAccountSettings")
            #expect(account["AccountUsage"]?["FunctionCount"] == 1)
            #expect(account["AccountLimit"]?["UnreservedConcurrentExecutions"] == 1000)
        }
    }
}

@Suite("Names of functions")
struct FunctionNameTests {
    private static let caller = Caller.root(account: "123456789012", region: "eu-west-1")

    @Test(
        "Every form that AWS takes is understood",
        arguments: [
            ("orders", nil, "orders"), ("orders:live", nil, "orders:live"), ("orders", "7", "orders:7"),
            ("function:orders", nil, "orders"), ("123456789012:function:orders:$LATEST", nil, "orders:$LATEST"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:orders", "live", "orders:live"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:orders:live", "live", "orders:live"),
        ])
    func forms(text: String, qualifier: String?, expected: String) throws {
        let name = try FunctionName(parsing: text, qualifier: qualifier, for: Self.caller)
        #expect(name.arn == "arn:aws:lambda:eu-west-1:123456789012:function:" + expected)
    }

    @Test(
        "What is no name is refused",
        arguments: ["", "a b", "arn:aws:s3:::x", "a:b:c:d", "ä", "orders:", "a/b", String(repeating: "x", count: 65)])
    func refused(text: String) {
        #expect(throws: AWSError.self) { try FunctionName(parsing: text, for: Self.caller) }
    }

    @Test("A qualifier may not contradict the one in the name")
    func contradiction() {
        #expect { try FunctionName(parsing: "orders:live", qualifier: "test", for: Self.caller) } throws: {
            ($0 as? AWSError)?.code == "InvalidParameterValueException"
        }
    }
}
