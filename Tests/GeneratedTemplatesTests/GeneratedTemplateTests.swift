import Cloud
import CloudFormationTemplate
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation
@testable import GeneratedTemplates

@Suite("Scans and generated templates")
struct GeneratedTemplateTests {
    @Test("a tree as YAML is the same tree again")
    func yaml() throws {
        let values: [JSON] = [
            [
                "A": ["b", ["c": 1, "d": [[], [:], .null, true]]], "yes": "no", "with space": "a: b # c",
                "n": [["x", "y"], ["z"]],
            ],
            ["text": "line\nline", "empty": "", "number": 1.5, "-": "- x"],
        ]
        for value in values {
            let text = "Root:\n" + YAMLText(value).text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
            #expect(try TemplateText(parsing: text).body["Root"]?.text(.canonical) == value.text(.canonical), "\(text)")
        }
    }

    @Test("what stands is found, made a template of, and the template makes the same again")
    func round() async throws {
        try await withWorkshop(beside: room) { shop in
            try await shop.create(
                "s",
                "Resources: {A: {Type: Test::Thing, Properties: {Size: 1}}, B: {Type: Test::Thing, Properties: {Parent: !Ref A}}}"
            )
            let scan =
                try await shop.call("StartResourceScan", ["ScanFilters": [["Types": ["Test::*"]]]])["ResourceScanId"]
                ?? ""
            try await eventually("the scan's end") {
                try await shop.call("DescribeResourceScan", ["ResourceScanId": scan])["Status"] == "COMPLETE"
                    ? true : nil
            }
            let found =
                try await shop.call("ListResourceScanResources", ["ResourceScanId": scan])["Resources"]?.array ?? []
            #expect(found.count == 2)
            #expect(found.allSatisfy { $0["ManagedByStack"] == true })
            _ = try await shop.call("CreateGeneratedTemplate", ["GeneratedTemplateName": "g", "StackName": "s"])
            let described = try await shop.call("DescribeGeneratedTemplate", ["GeneratedTemplateName": "g"])
            #expect(described["Status"] == "COMPLETE")
            for format in ["JSON", "YAML"] {
                let text = try await shop.call(
                    "GetGeneratedTemplate", ["GeneratedTemplateName": "g", "Format": .string(format)])
                let body = try TemplateText(parsing: text["TemplateBody"]?.string ?? "").body
                #expect(body["Resources"]?["B"]?["Properties"]?["Parent"] == ["Ref": "A"], "\(body)")
                #expect(body["Resources"]?["A"]?["DeletionPolicy"] == "Retain")
                let name = "copy" + format
                #expect(try await shop.create(name, body.text())["StackStatus"] == "CREATE_COMPLETE")
            }
            let update: JSON = [
                "GeneratedTemplateName": "g", "RemoveResources": ["B"], "NewGeneratedTemplateName": "h",
            ]
            _ = try await shop.call("UpdateGeneratedTemplate", update)
            #expect(try await shop.call("ListGeneratedTemplates")["Summaries"]?[0]?["NumberOfResources"] == 1)
            #expect(
                try await shop.refusal("GetGeneratedTemplate", ["GeneratedTemplateName": "g"])?.hasPrefix(
                    "GeneratedTemplateNotFound") == true)
            _ = try await shop.call("DeleteGeneratedTemplate", ["GeneratedTemplateName": "h"])
        }
    }

    @Test("a scan is forgotten 30 days after its end, with all that it found, and no sooner")
    func forgotten() async throws {
        try await withWorkshop(beside: room) { shop in
            try await shop.create("s", "Resources: {A: {Type: Test::Thing, Properties: {Size: 1}}}")
            let scan = try await shop.call("StartResourceScan")["ResourceScanId"] ?? ""
            try await eventually("the scan's end") {
                try await shop.call("DescribeResourceScan", ["ResourceScanId": scan])["Status"] == "COMPLETE"
                    ? true : nil
            }
            let sweep = ResourceScanSweep(runner: MachineRunner(ledger: shop.test.ledger))
            let now = shop.test.ledger.surroundings.now
            try await sweep.sweep(Broom(ledger: shop.test.ledger), now + .seconds(29 * 86_400))
            #expect(try await !shop.test.ledger.list(ScannedResource.collection).isEmpty)
            try await sweep.sweep(Broom(ledger: shop.test.ledger), now + .seconds(30 * 86_400 + 60))
            #expect(try await shop.test.ledger.list(ScannedResource.collection).isEmpty)
            let refusal = try await shop.refusal("DescribeResourceScan", ["ResourceScanId": scan])
            #expect(refusal?.hasPrefix("ResourceScanNotFound") == true)
        }
    }

    @Test("what cannot be read is said of each resource")
    func unreadable() async throws {
        try await withWorkshop(beside: room) { shop in
            let input: JSON = [
                "GeneratedTemplateName": "g",
                "Resources": [
                    ["ResourceType": "Test::Thing", "ResourceIdentifier": ["Id": "none"]],
                    ["ResourceType": "AWS::IAM::Role", "ResourceIdentifier": ["RoleName": "r"]],
                ],
            ]
            _ = try await shop.call("CreateGeneratedTemplate", input)
            let described = try await shop.call("DescribeGeneratedTemplate", ["GeneratedTemplateName": "g"])
            #expect(described["Status"] == "FAILED")
            #expect(described["Progress"]?["ResourcesFailed"] == 2)
            #expect(described["Resources"]?[0]?["ResourceStatusReason"]?.string?.contains("was not found") == true)
            let unknown: JSON = [
                "GeneratedTemplateName": "x",
                "Resources": [["ResourceType": "AWS::EC2::VPC", "ResourceIdentifier": ["VpcId": "v"]]],
            ]
            #expect(try await shop.refusal("CreateGeneratedTemplate", unknown)?.hasPrefix("ValidationError") == true)
        }
    }

    @Test("a scan ends whatever fails, comes twice or after a crash", arguments: 0..<100 as Range<UInt64>)
    func simulated(seed: UInt64) throws {
        let types = (0..<7).map { "T\($0)" }
        let scan = ResourceScan(id: "i", account: "1", region: "r", principal: "p", types: types, filters: nil)
        var course = MachineSimulation(scan, seed: seed, roughness: .rough)
        let chance = SeededChance(seed: seed)
        let broken = Set(types.filter { _ in chance.fraction() < 0.4 })
        try course.send(.start)
        try course.run { command, _, _ in
            guard case .scan(let type) = command else { return nil }
            return .scanned(type: type, count: 3, trouble: broken.contains(type) ? "no" : nil)
        }
        #expect(course.isFinished)
        #expect(course.engine.status == (broken.count == types.count ? "FAILED" : "COMPLETE"))
        #expect(course.engine.troubles.count == broken.count)
    }
}
