import Notation
import Testing

@testable import Wire

@Suite("Validation")
struct ValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let operation: String
        let input: JSON
        let code: String
        let message: String
        var testDescription: String { "\(operation) \(input)" }
    }

    private static let functionPattern =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"#
        + #"(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"#

    static let cases = [
        Case(
            operation: "lambda.PutFunctionConcurrency", input: [:], code: "ValidationException",
            message:
                "2 validation errors detected: Value null at 'functionName' failed to satisfy constraint: Member"
                + " must not be null; Value null at 'reservedConcurrentExecutions' failed to satisfy constraint:"
                + " Member must not be null"
        ),
        Case(
            operation: "lambda.DeleteFunctionConcurrency", input: ["FunctionName": ""], code: "ValidationException",
            message:
                "2 validation errors detected: Value '' at 'functionName' failed to satisfy constraint: Member must"
                + " have length greater than or equal to 1; Value '' at 'functionName' failed to satisfy constraint:"
                + " Member must satisfy regular expression pattern: \(functionPattern)"),
        Case(
            operation: "lambda.UpdateFunctionConfiguration", input: ["FunctionName": "f", "MemorySize": 64],
            code: "ValidationException",
            message:
                "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have"
                + " value greater than or equal to 128"),
        Case(
            operation: "ssm.AddTagsToResource",
            input: [
                "ResourceType": "Parameter", "ResourceId": "p",
                "Tags": [["Key": "k", "Value": "v"], ["Key": "", "Value": "v"]],
            ],
            code: "ValidationException",
            message:
                "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must"
                + " have length greater than or equal to 1"),
        Case(
            operation: "ssm.GetParameters", input: ["Names": []], code: "ValidationException",
            message:
                "1 validation error detected: Value '[]' at 'names' failed to satisfy constraint: Member must have"
                + " length greater than or equal to 1"),
        Case(
            operation: "sts.AssumeRole", input: ["RoleArn": "arn:aws:iam::1:role/r", "RoleSessionName": "a b"],
            code: "ValidationError",
            message:
                "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member"
                + #" must satisfy regular expression pattern: [\w+=,.@-]*"#),
        Case(
            operation: "iam.GetRole", input: ["RoleName": "a b"], code: "ValidationError",
            message:
                "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the"
                + " following: +=,.@_-"),
        Case(
            operation: "cloudwatch.PutMetricData", input: ["Namespace": "N", "MetricData": [["Value": 1]]],
            code: "MissingRequiredParameterException",
            message: "The parameter MetricData.member.1.MetricName is required."),
        Case(
            operation: "codedeploy.GetApplication", input: [:], code: "ApplicationNameRequiredException",
            message: "applicationName is a required field."),
        Case(
            operation: "s3.PutBucketVersioning", input: ["Bucket": "b"], code: "MissingRequestBodyError",
            message: "Request Body is empty"),
        Case(
            operation: "s3.PutBucketVersioning", input: ["Bucket": "b", "VersioningConfiguration": ["Status": "On"]],
            code: "MalformedXML",
            message: "The XML you provided was not well-formed or did not validate against our published schema"),
    ]

    private func operation(_ name: String) throws -> OperationModel {
        let parts = name.split(separator: ".").map(String.init)
        return try #require(Models.service(parts[0])?.operation(parts[1]))
    }

    @Test("broken constraints are worded as AWS does", arguments: cases)
    func wording(broken: Case) throws {
        let fault = try operation(broken.operation).validate(broken.input)
        #expect(fault?.code == broken.code)
        #expect(fault?.message == broken.message)
    }

    @Test("what keeps to the constraints passes")
    func passes() throws {
        #expect(try operation("lambda.GetFunction").validate(["FunctionName": "f:live", "Unknown": 1]) == nil)
        #expect(try operation("sts.GetCallerIdentity").validate([:]) == nil)
        #expect(try operation("lambda.Invoke").validate(["FunctionName": "f"]) == nil)
    }

    @Test("sensitive values are not repeated")
    func sensitive() throws {
        let secret = "S3CRET" + String(repeating: "x", count: 70_000)
        let fault = try operation("lambda.UpdateFunctionConfiguration").validate([
            "FunctionName": "f", "Environment": ["Variables": ["1bad": .string(secret)]],
        ])
        let message = try #require(fault?.message)
        #expect(message.contains("'environment.variables'"))
        #expect(!message.contains("S3CRET"))
    }

    @Test("an unknown runtime is refused in Lambda's own words")
    func runtime() throws {
        let fault = try operation("lambda.UpdateFunctionConfiguration").validate([
            "FunctionName": "f", "Runtime": "cobol",
        ])
        #expect(fault?.code == "InvalidParameterValueException")
        #expect(
            fault?.message.hasPrefix(
                "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [") == true)
        #expect(fault?.message.hasSuffix("] or be a valid ARN") == true)
    }

    @Test("lengths count UTF-16 units, and a blob's bytes")
    func lengths() throws {
        let put = try operation("ssm.LabelParameterVersion")
        let name = String(repeating: "😀", count: 50)
        #expect(put.validate(["Name": "p", "Labels": [.string(name)]]) == nil)
        #expect(
            put.validate(["Name": "p", "Labels": [.string(name + "a")]])?.message.contains(
                "[Member must have length less than or equal to 100") == true)
    }

    @Test("any value of the right types is judged without a crash, and by the number of errors it says")
    func properties() throws {
        var generator = SplitMix(seed: 7)
        for service in Models.ids {
            for operation in Models.service(service)?.operations.values.sorted(by: { $0.name < $1.name }) ?? [] {
                guard let shape = operation.input else { continue }
                for _ in 0..<4 {
                    let fault = operation.validate(Trees.random(shape, using: &generator))
                    guard let message = fault?.message, message.contains("validation error") else { continue }
                    let count = message.split(separator: " ").first.flatMap { Int($0) }
                    #expect((count ?? 0) >= 1 && (count ?? 0) <= 30)
                }
            }
        }
    }
}

/// A seeded source of chance.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// Random values of shapes, good and bad.
enum Trees {
    private static let texts = [
        "", "a", "with space", "ü漢😀", "<&>\"'", "$LATEST", "a\u{1}b", "100%+", String(repeating: "x", count: 300),
    ]

    static func random(_ shape: Shape, depth: Int = 0, using generator: inout SplitMix) -> JSON {
        if shape.isDocument { return ["any": [1, "thing"]] }
        switch shape.kind {
        case .structure:
            var object = JSONObject()
            for member in shape.members where depth < 5 && Bool.random(using: &generator) {
                object[member.name] = random(member.shape, depth: depth + 1, using: &generator)
            }
            return .object(object)
        case .list:
            guard let inner = shape.element?.shape, depth < 6 else { return [] }
            return .array(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    random(inner, depth: depth + 1, using: &generator)
                })
        case .map:
            guard let inner = shape.value?.shape, depth < 6 else { return [:] }
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                object[texts.randomElement(using: &generator) ?? ""] = random(
                    inner, depth: depth + 1, using: &generator)
            }
            return .object(object)
        case .string: return .string((shape.values + texts).randomElement(using: &generator) ?? "")
        case .blob: return .string(Base64.encode((0..<Int.random(in: 0...9, using: &generator)).map { UInt8($0) }))
        case .boolean: return .bool(Bool.random(using: &generator))
        case .integer: return .int(Int(Int32.random(in: .min ... .max, using: &generator)))
        case .long: return .int(Int.random(in: .min ... .max, using: &generator))
        case .double, .float: return .double(Double.random(in: -1e9...1e9, using: &generator))
        case .timestamp: return .int(Int.random(in: 0...4_000_000_000, using: &generator))
        }
    }
}
