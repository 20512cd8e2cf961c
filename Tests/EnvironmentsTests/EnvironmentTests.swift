import CloudFormation
import CloudFormationTemplate
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import Environments

@Suite("Environments that are copied")
struct EnvironmentTests {
    @Test(
        "the environment's name is replaced where it is a word of its own",
        arguments: [
            ("production", "staging"), ("production-orders", "staging-orders"),
            ("orders.production.example", "orders.staging.example"),
            ("preproduction", "preproduction"), ("productions", "productions"), ("production2", "production2"),
            ("production production", "staging staging"), ("my/production", "my/staging"), ("", ""),
            ("xproduction-production", "xproduction-staging"),
        ])
    func words(text: String, expected: String) {
        #expect(EnvironmentWord(from: "production", to: "staging").replacing(in: text) == expected)
    }

    private func source(
        _ name: String, _ yaml: String, parameters: [Stack.Parameter] = [], exports: [String] = [],
        imports: [String] = []
    ) throws -> EnvironmentPlan.Source {
        .init(
            id: "arn:\(name)", name: name, template: yaml, body: try TemplateBody(yaml).tree, parameters: parameters,
            tags: [.init(key: "environment", value: "production")], capabilities: [], exports: exports, imports: imports
        )
    }

    private func plan(
        _ sources: [EnvironmentPlan.Source], overrides: [EnvironmentPlan.Override] = [],
        standing: [String: EnvironmentPlan.Standing] = [:]
    ) -> EnvironmentPlan {
        EnvironmentPlan(
            of: "production", as: "staging", sources: sources, overrides: overrides, standing: { standing[$0] },
            facts: {
                .init(nameProperty: $0 == "AWS::S3::Bucket" ? "BucketName" : nil, holdsData: $0 == "AWS::S3::Bucket")
            })
    }

    @Test("names, parameters, exports and imports follow; what leans on another comes after it; data is left out")
    func follows() throws {
        let network = try source(
            "production-network",
            "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: production-logs}}}\n"
                + "Outputs: {O: {Value: x, Export: {Name: production-id}}}",
            exports: ["production-id"])
        let orders = try source(
            "orders", "Resources: {A: {Type: T, Properties: {V: !ImportValue production-id}}}",
            parameters: [
                .init(name: "Host", value: "production.example", resolved: nil, isNoEcho: false),
                .init(name: "Key", value: "secret", resolved: nil, isNoEcho: true),
                .init(name: "Size", value: "3", resolved: nil, isNoEcho: false),
            ], imports: ["production-id"])
        let plan = plan([network, orders], overrides: [.init(stack: "orders", name: "Size", value: "1")])
        #expect(plan.obstacles.isEmpty, "\(plan.obstacles)")
        #expect(plan.copies.map(\.target) == ["orders-staging", "staging-network"])
        #expect(plan.copies[0].needs == ["staging-network"])
        #expect(plan.copies[0].parameters.map(\.value) == ["staging.example", "secret", "1"])
        #expect(plan.copies[0].template.contains("staging-id"))
        #expect(plan.copies[1].template.contains("staging-logs"))
        #expect(plan.copies[1].notes.contains("B (AWS::S3::Bucket) starts empty"))
        #expect(plan.copies[1].tags.contains(.init(key: "environment", value: "staging")))
        #expect(!plan.view.text().contains("secret"))
    }

    @Test("what would be there twice stands in the way, and is said beforehand")
    func obstacles() throws {
        let named = try source(
            "production-a", "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}}")
        #expect(plan([named]).obstacles.first?.contains("'logs' in every environment") == true)
        let exporting = try source("production-a", "Resources: {}\nOutputs: {O: {Value: x, Export: {Name: id}}}")
        #expect(plan([exporting]).obstacles.first?.contains("'id' in every environment") == true)
        let plain = try source("production-a", "Resources: {A: {Type: T}}")
        #expect(plan([plain], standing: ["staging-a": .init(environment: nil)]).obstacles.count == 1)
        #expect(plan([plain], standing: ["staging-a": .init(environment: "staging")]).copies.first?.isUpdate == true)
        #expect(plan([plain], overrides: [.init(stack: nil, name: "Nope", value: "")]).obstacles.count == 1)
        #expect(plan([]).obstacles.count == 1)
    }

    // MARK: The machine

    private func machine() -> EnvironmentMachine {
        EnvironmentMachine(name: "e", account: "1", region: "r", principal: "p", source: "s")
    }

    @Test(
        "whatever fails, comes twice or after a crash, it ends; and with an end nothing is left of it",
        arguments: 0..<300 as Range<UInt64>)
    func simulated(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 9)
        let count = Int(1 + chance.next() % 8)
        let parts = (0..<count).map { index in
            EnvironmentMachine.Part(
                name: "s\(index)", needs: (0..<index).filter { _ in chance.fraction() < 0.3 }.map { "s\($0)" })
        }
        let broken = Set(parts.map(\.name).filter { _ in chance.fraction() < 0.15 })
        var standing: Set<String> = []
        var clinging = Set(parts.map(\.name).filter { _ in chance.fraction() < 0.15 })
        var course = MachineSimulation(
            machine(), seed: seed, roughness: .init(repeats: 0.2, doubles: 0.2, crashes: 0.1))
        let world: MachineSimulation<EnvironmentMachine>.World = { command, _, now in
            switch command {
            case .deploy(let name, let round):
                for need in parts.first(where: { $0.name == name })?.needs ?? [] {
                    #expect(standing.contains(need), "seed \(seed): \(name) before \(need)")
                }
                if broken.contains(name) { return .ended(name: name, round: round, stackID: nil, trouble: "broken") }
                standing.insert(name)
                return .ended(name: name, round: round, stackID: "arn:\(name)", trouble: nil)
            case .delete(let name, let round, let stackID):
                guard clinging.remove(name) == nil else {
                    return .ended(name: name, round: round, stackID: stackID, trouble: "clings")
                }
                if stackID != nil { standing.remove(name) }
                return .ended(name: name, round: round, stackID: stackID, trouble: nil)
            }
        }
        try course.send(.copy(parts: parts, round: 1, expires: course.now + .seconds(3600)))
        try course.run(until: course.now + .seconds(600), world: world)
        let ends: Set<String> = broken.isEmpty ? ["ready"] : ["failed"]
        #expect(ends.contains(course.engine.status), "seed \(seed): \(course.engine.status)")
        // Its time is over; what clings goes at a later try.
        try course.run(until: course.now + .seconds(100_000), world: world)
        #expect(course.engine.status == "removed", "seed \(seed): \(course.engine)")
        #expect(standing.isEmpty, "seed \(seed): \(standing)")
    }

    @Test("a copy is brought up to date by another, and stacks that wait in a circle are told of")
    func rounds() throws {
        var machine = machine()
        let now = Timestamp(seconds: 1)
        _ = machine.advance(.copy(parts: [.init(name: "a", needs: [])], round: 1, expires: nil), now: now)
        #expect(machine.advance(.copy(parts: [], round: 2, expires: nil), now: now).commands.isEmpty)
        _ = machine.advance(.ended(name: "a", round: 1, stackID: "arn:a", trouble: nil), now: now)
        #expect(machine.status == "ready")
        let second = machine.advance(.copy(parts: [.init(name: "b", needs: [])], round: 2, expires: nil), now: now)
        #expect(second.commands.count == 1)
        _ = machine.advance(.ended(name: "b", round: 1, stackID: "late", trouble: nil), now: now)
        #expect(machine.status == "copying")
        _ = machine.advance(.ended(name: "b", round: 2, stackID: "arn:b", trouble: nil), now: now)
        #expect(machine.parts.map(\.name) == ["b", "a"])
        #expect(machine.advance(.remove, now: now).commands.count == 2)

        var circle = self.machine()
        let parts: [EnvironmentMachine.Part] = [.init(name: "a", needs: ["b"]), .init(name: "b", needs: ["a"])]
        _ = circle.advance(.copy(parts: parts, round: 1, expires: nil), now: now)
        #expect(circle.status == "failed")
        #expect(circle.parts.allSatisfy { $0.reason != nil })
    }
}
