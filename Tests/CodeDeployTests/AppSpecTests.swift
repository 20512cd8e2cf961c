@testable import CodeDeploy
import Testing

@Suite("AppSpec files")
struct AppSpecTests {
    private static let lambda = """
        version: 0.0
        Resources:
          - orders:
              Type: AWS::Lambda::Function
              Properties:
                Name: orders
                Alias: live
                CurrentVersion: 1
                TargetVersion: "2"
        Hooks:
          - BeforeAllowTraffic: check
          - AfterAllowTraffic: arn:aws:lambda:eu-west-1:123456789012:function:verify
        """
    private static let expected = AppSpec(
        resource: .lambda(Orders.target),
        hooks: [
            "BeforeAllowTraffic": "check", "AfterAllowTraffic": "arn:aws:lambda:eu-west-1:123456789012:function:verify",
        ])

    @Test("are read as YAML, as JSON, and whatever the case of their first words")
    func reads() throws {
        #expect(try AppSpecReader.read(Self.lambda) == Self.expected)
        let lower = Self.lambda.replacing("Resources:", with: "resources:").replacing("Hooks:", with: "hooks:")
        #expect(try AppSpecReader.read(lower) == Self.expected)
        let json = """
            {
            \t"version": "0.0",
            \t"Resources": [{"orders": {"Type": "AWS::Lambda::Function", "Properties":
            \t\t{"Name": "orders", "Alias": "live", "CurrentVersion": "1", "TargetVersion": 2}}}]
            }
            """
        #expect(try AppSpecReader.read(json) == AppSpec(resource: .lambda(Orders.target)))
    }

    @Test("for containers are read too")
    func ecs() throws {
        let text = """
            version: 0.0
            Resources:
              - TargetService:
                  Type: AWS::ECS::Service
                  Properties:
                    TaskDefinition: arn:aws:ecs:eu-west-1:1:task-definition/web:2
                    LoadBalancerInfo: {ContainerName: web, ContainerPort: 80}
            Hooks:
              - AfterAllowTestTraffic: smoke
            """
        let target = ECSTarget(
            taskDefinition: "arn:aws:ecs:eu-west-1:1:task-definition/web:2", containerName: "web", containerPort: 80)
        #expect(
            try AppSpecReader.read(text) == AppSpec(resource: .ecs(target), hooks: ["AfterAllowTestTraffic": "smoke"]))
    }

    private struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (String) -> String
        let says: String
    }

    private static let bad: [Bad] = [
        Bad(testDescription: "no version", change: { $0.replacing("version: 0.0\n", with: "") }, says: "no 'version'"),
        Bad(testDescription: "another version", change: { $0.replacing("0.0", with: "1.0") }, says: "must be 0.0"),
        Bad(
            testDescription: "$LATEST", change: { $0.replacing("\"2\"", with: "$LATEST") },
            says: "'TargetVersion' must be the number"),
        Bad(testDescription: "version nought", change: { $0.replacing("\"2\"", with: "0") }, says: "'TargetVersion'"),
        Bad(testDescription: "no alias", change: { $0.replacing("Alias: live", with: "Extra: live") }, says: "'Alias'"),
        Bad(
            testDescription: "unknown property", change: { $0.replacing("Alias: live", with: "Extra: live") },
            says: "'Extra'"),
        Bad(
            testDescription: "unknown type", change: { $0.replacing("Lambda::Function", with: "S3::Bucket") },
            says: "S3::Bucket"),
        Bad(
            testDescription: "a hook of containers",
            change: { $0.replacing("BeforeAllowTraffic", with: "BeforeInstall") },
            says: "'BeforeInstall' is no hook here"),
        Bad(
            testDescription: "a hook twice", change: { $0.replacing("AfterAllowTraffic", with: "BeforeAllowTraffic") },
            says: "given twice"),
        Bad(testDescription: "a server's file", change: { $0 + "\nfiles: []" }, says: "'files' has no place"),
        Bad(
            testDescription: "tabs", change: { $0.replacing("  - orders", with: "\t- orders") },
            says: "neither YAML nor JSON"),
        Bad(testDescription: "nothing", change: { _ in "" }, says: "must be a mapping"),
        Bad(testDescription: "base64", change: { _ in "dmVyc2lvbjogMC4w" }, says: "must be a mapping"),
        Bad(testDescription: "too large", change: { $0 + String(repeating: "#", count: 300_000) }, says: "larger than"),
    ]

    @Test("that are wrong are refused with what is wrong", arguments: bad)
    private func refuses(bad: Bad) {
        let refusal = #expect(throws: AppSpecError.self) { try AppSpecReader.read(bad.change(Self.lambda)) }
        #expect(refusal?.description.contains(bad.says) == true, "\(refusal?.description ?? "")")
    }

    @Test("tell every problem at once, with its line")
    func problems() throws {
        let text = Self.lambda.replacing("\"2\"", with: "two").replacing("Alias: live", with: "alias: live")
        let refusal = #expect(throws: AppSpecError.self) { try AppSpecReader.read(text) }
        #expect(refusal?.problems.count == 3)
        #expect(refusal?.description.contains("(line 9)") == true)
    }
}
