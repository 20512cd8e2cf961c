import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import Notation
import Testing

@testable import CloudFormation

@Suite("Modules in stacks")
struct ModuleUseTests {
    private static let scope = "123456789012/eu-west-1/"
    private static let able: JSON = ["Capabilities": ["CAPABILITY_AUTO_EXPAND"]]

    private func register(_ shop: Workshop, _ name: String, _ fragment: String, version: String = "00000001")
        async throws
    {
        let body = try TemplateFixture.tree(fragment)
        try await shop.test.ledger.write { write in
            let module = RegisteredModule(
                name: name, arn: "arn:\(name)", defaultVersion: version, count: 1, created: write.now,
                updated: write.now)
            try write.put(RegisteredModule.collection, Self.scope + name, module)
            let made = ModuleVersion(
                name: name, id: version, arn: "arn:\(name)/\(version)", schema: "{}", fragment: body,
                created: write.now)
            try write.put(ModuleVersion.collection, ModuleVersion.key(Self.scope, name, version), made)
        }
    }

    private static let thing =
        "Parameters: {Size: {Type: Number}}\nResources: {T: {Type: Test::Thing, Properties: {Size: !Ref Size}}}"

    @Test("loops make modules, and macros may bring them")
    func transforms() async throws {
        try await withWorkshop { shop in
            try await register(shop, "A::B::C::MODULE", Self.thing)
            let template = """
                Transform: AWS::LanguageExtensions
                Resources:
                  Fn::ForEach::Each:
                    - N
                    - [a, b]
                    - M${N}: {Type: 'A::B::C::MODULE', Properties: {Size: 3}}
                  After: {Type: Test::Thing, Properties: {Parent: !Ref Ma.T}}
                """
            let stack = try await shop.create("s", template, Self.able)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            let all = try await shop.call("DescribeStackResources", ["StackName": "s"])["StackResources"]?.array ?? []
            let origins = all.map { ($0["LogicalResourceId"]?.string ?? "", $0["ModuleInfo"]?["LogicalIdHierarchy"]) }
            #expect(origins.map(\.0) == ["After", "MaT", "MbT"])
            #expect(origins.map(\.1) == [nil, "Ma", "Mb"])
        }
    }

    @Test("what failed says where it comes from; a module moved out of is a change of metadata only")
    func origins() async throws {
        try await withWorkshop { shop in
            try await register(
                shop, "A::B::C::MODULE", "Resources: {T: {Type: Test::Thing, Properties: {Fail: create}}}")
            let failed = try await shop.create("bad", "Resources: {M: {Type: 'A::B::C::MODULE'}}", Self.able)
            #expect(failed["StackStatus"] == "ROLLBACK_COMPLETE")
            let resource = try await shop.call(
                "DescribeStackResource", ["StackName": "bad", "LogicalResourceId": "MT"])["StackResourceDetail"]
            #expect(resource?["ModuleInfo"]?["TypeHierarchy"] == "A::B::C::MODULE")

            try await register(shop, "A::B::D::MODULE", Self.thing)
            let module = "Resources: {M: {Type: 'A::B::D::MODULE', Properties: {Size: 1}}}"
            let made = try await shop.create("s", module, Self.able)
            #expect(made["StackStatus"] == "CREATE_COMPLETE")
            try await shop.update("s", "Resources: {MT: {Type: Test::Thing, Properties: {Size: '1'}}}")
            let plain = try await shop.call(
                "DescribeStackResource", ["StackName": "s", "LogicalResourceId": "MT"])["StackResourceDetail"]
            #expect(plain?["ModuleInfo"] == nil)
            #expect(shop.toys.calls == ["create MT"])
        }
    }

    @Test("a summary tells modules that are registered from those that are not")
    func summary() async throws {
        try await withWorkshop { shop in
            try await register(shop, "A::B::C::MODULE", Self.thing)
            let template =
                "Resources: {M: {Type: 'A::B::C::MODULE'}, N: {Type: 'No::Such::One::MODULE'}, "
                + "X: {Type: Test::Thing, Properties: {Parent: !Ref M.T}}}"
            let answer = try await shop.call(
                "GetTemplateSummary",
                [
                    "TemplateBody": .string(template),
                    "TemplateSummaryConfig": ["TreatUnrecognizedResourceTypesAsWarnings": true],
                ])
            #expect(answer["Warnings"]?["UnrecognizedResourceTypes"] == ["No::Such::One::MODULE"])
            #expect(answer["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"])
        }
    }

    @Test("a refactoring moves what a module brought, and needs no acknowledgement")
    func refactoring() async throws {
        try await withWorkshop { shop in
            try await register(shop, "A::B::C::MODULE", Self.thing)
            try await shop.create(
                "one", "Resources: {T: {Type: Test::Thing, Properties: {Size: '1'}}, K: {Type: Test::Thing}}")
            let definitions: JSON = [
                ["StackName": "one", "TemplateBody": "Resources: {K: {Type: Test::Thing}}"],
                [
                    "StackName": "two",
                    "TemplateBody": "Resources: {M: {Type: 'A::B::C::MODULE', Properties: {Size: 1}}}",
                ],
            ]
            let id = try await shop.call(
                "CreateStackRefactor", ["StackDefinitions": definitions, "EnableStackCreation": true])[
                    "StackRefactorId"]
            let refactor = try await shop.call("DescribeStackRefactor", ["StackRefactorId": id ?? ""])
            #expect(refactor["Status"] == "CREATE_COMPLETE", "\(refactor)")
            _ = try await shop.call("ExecuteStackRefactor", ["StackRefactorId": id ?? ""])
            let moved = try await shop.call("DescribeStackResources", ["StackName": "two"])["StackResources"]?[0]
            #expect(moved?["LogicalResourceId"] == "MT")
            #expect(moved?["ModuleInfo"]?["LogicalIdHierarchy"] == "M")
        }
    }
}

/// Trees of templates for tests.
enum TemplateFixture {
    static func tree(_ yaml: String) throws -> JSON { try TemplateBody(yaml).tree }
}
