import Cloud
import CloudFormationTemplate
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudControl

@Suite("Cloud Control")
struct CloudControlTests {
    private func call(_ shop: Workshop, _ operation: String, _ input: JSON) async throws -> JSON {
        try await shop.test.call("cloudcontrol", operation, input)
    }

    private func refusal(_ shop: Workshop, _ operation: String, _ input: JSON) async throws -> String? {
        try await shop.test.refusal("cloudcontrol", operation, input)?.description
    }

    /// The request as soon as it has come to its end.
    private func ended(_ shop: Workshop, _ answer: JSON) async throws -> JSON {
        let token = answer["ProgressEvent"]?["RequestToken"] ?? ""
        return try await eventually("the end of the request") {
            let event = try await call(shop, "GetResourceRequestStatus", ["RequestToken": token])["ProgressEvent"]
            let status = event?["OperationStatus"]?.string ?? ""
            return status.hasSuffix("IN_PROGRESS") ? Optional.none : event
        }
    }

    private func make(_ shop: Workshop, _ properties: String, _ more: JSON = [:]) async throws -> JSON {
        var input: JSON = ["TypeName": "Test::Thing", "DesiredState": .string(properties)]
        for (name, value) in more.object ?? [:] { input[name] = value }
        return try await ended(shop, try await call(shop, "CreateResource", input))
    }

    @Test("a resource is made, read, listed, changed by a patch and deleted")
    func life() async throws {
        try await withWorkshop(beside: room) { shop in
            let made = try await make(shop, #"{"Size": 1, "Name": "a"}"#)
            #expect(made["OperationStatus"] == "SUCCESS")
            #expect(made["Operation"] == "CREATE")
            let id = try #require(made["Identifier"]?.string)
            let target: JSON = ["TypeName": "Test::Thing", "Identifier": .string(id)]
            let read = try await call(shop, "GetResource", target)
            #expect(read["ResourceDescription"]?["Identifier"]?.string == id)
            let properties = try JSON(parsing: read["ResourceDescription"]?["Properties"]?.string ?? "")
            #expect(properties["Size"]?.loose == "1")
            let listed = try await call(shop, "ListResources", ["TypeName": "Test::Thing"])
            #expect(listed["ResourceDescriptions"]?.array?.map { $0["Identifier"]?.string } == [id])

            var patch = target
            patch["PatchDocument"] = #"[{"op": "replace", "path": "/Size", "value": 7}]"#
            #expect(
                try await ended(shop, try await call(shop, "UpdateResource", patch))["OperationStatus"] == "SUCCESS")
            #expect(shop.toys.things[id]?["Size"]?.loose == "7")
            #expect(
                try await ended(shop, try await call(shop, "DeleteResource", target))["OperationStatus"] == "SUCCESS")
            #expect(shop.toys.things.isEmpty)
            #expect(try await refusal(shop, "GetResource", target)?.hasPrefix("ResourceNotFoundException") == true)
            #expect(try await refusal(shop, "DeleteResource", target)?.hasPrefix("ResourceNotFoundException") == true)
            let all = try await call(shop, "ListResourceRequests", [:])["ResourceRequestStatusSummaries"]?.array ?? []
            #expect(Set(all.compactMap { $0["Operation"]?.string }) == ["CREATE", "UPDATE", "DELETE"])
        }
    }

    @Test("a failure has the handler's code and the service's words")
    func failure() async throws {
        try await withWorkshop(beside: room) { shop in
            let failed = try await make(shop, #"{"Fail": "create"}"#)
            #expect(failed["OperationStatus"] == "FAILED")
            #expect(failed["ErrorCode"] == "InvalidRequest")
            #expect(failed["StatusMessage"] == "This thing cannot create.")
            let filter: JSON = ["ResourceRequestStatusFilter": ["OperationStatuses": ["SUCCESS"]]]
            let good = try await call(shop, "ListResourceRequests", filter)["ResourceRequestStatusSummaries"]
            #expect(good?.array?.isEmpty == true)
        }
    }

    @Test("a client's token begins one request, and only that")
    func tokens() async throws {
        try await withWorkshop(beside: room) { shop in
            let first = try await make(shop, #"{"Size": 1}"#, ["ClientToken": "t"])
            let second = try await make(shop, #"{"Size": 1}"#, ["ClientToken": "t"])
            #expect(first["RequestToken"] == second["RequestToken"])
            #expect(shop.toys.things.count == 1)
            let other: JSON = ["TypeName": "Test::Thing", "DesiredState": #"{"Size": 2}"#, "ClientToken": "t"]
            #expect(try await refusal(shop, "CreateResource", other)?.hasPrefix("ClientTokenConflictException") == true)
        }
    }

    @Test(
        "what cannot be done is refused before anything is touched",
        arguments: [
            ("CreateResource", ["TypeName": "No::Such::Type", "DesiredState": "{}"], "TypeNotFoundException"),
            ("CreateResource", ["TypeName": "AWS::EC2::VPC", "DesiredState": "{}"], "UnsupportedActionException"),
            ("CreateResource", ["TypeName": "Test::Thing", "DesiredState": "[]"], "InvalidRequestException"),
            (
                "CreateResource", ["TypeName": "Test::Thing", "DesiredState": #"{"Sise": 1}"#],
                "InvalidRequestException"
            ),
            ("GetResource", ["TypeName": "AWS::IAM::Role", "Identifier": "x"], "UnsupportedActionException"),
            ("ListResources", ["TypeName": "AWS::IAM::Role"], "UnsupportedActionException"),
            ("GetResourceRequestStatus", ["RequestToken": "x"], "RequestTokenNotFoundException"),
            ("CancelResourceRequest", ["RequestToken": "x"], "RequestTokenNotFoundException"),
            (
                "UpdateResource", ["TypeName": "Test::Thing", "Identifier": "x", "PatchDocument": "{}"],
                "InvalidRequestException"
            ),
            (
                "UpdateResource", ["TypeName": "Test::Thing", "Identifier": "x", "PatchDocument": "[]"],
                "ResourceNotFoundException"
            ),
        ] as [(String, JSON, String)])
    func refusals(operation: String, input: JSON, code: String) async throws {
        try await withWorkshop(beside: room) { shop in
            let answer = try await refusal(shop, operation, input)
            #expect(answer?.hasPrefix(code + ":") == true)
            #expect(shop.toys.things.isEmpty)
        }
    }

    @Test("a patch may not touch what only the beginning can set")
    func createOnly() async throws {
        try await withWorkshop(beside: room) { shop in
            let id = try await make(shop, #"{"Name": "a"}"#)["Identifier"] ?? ""
            let input: JSON = [
                "TypeName": "Test::Thing", "Identifier": id,
                "PatchDocument": #"[{"op": "replace", "path": "/Name", "value": "b"}]"#,
            ]
            #expect(
                try await refusal(shop, "UpdateResource", input)
                    == "NotUpdatableException: Invalid patch update: createOnlyProperties [/properties/Name] cannot be updated"
            )
        }
    }

    // MARK: The machine

    private func subject() -> ResourceRequestMachine.Subject {
        .init(token: "t", kind: .create, type: "T", account: "1", region: "r", principal: "p", properties: [:])
    }

    @Test("whatever comes twice, late or after a crash, a request ends once", arguments: 0..<200 as Range<UInt64>)
    func simulated(seed: UInt64) throws {
        let chance = SeededChance(seed: seed)
        let fails = chance.fraction() < 0.3
        let isCancelled = chance.fraction() < 0.3
        var course = MachineSimulation(ResourceRequestMachine(subject()), seed: seed, roughness: .rough)
        try course.send(.start)
        if isCancelled { try course.send(.cancel) }
        var wasBroken = false
        try course.run { command, _, _ in
            guard case .act = command else {
                wasBroken = true
                return nil
            }
            if wasBroken { return .brokenOff }
            return fails ? .failed(code: "InvalidRequest", message: "no") : .succeeded(identifier: "i", model: ["A": 1])
        }
        #expect(course.isFinished)
        let ends: Set<ResourceRequestMachine.Status> =
            isCancelled ? [.cancelComplete, .failed, .success] : fails ? [.failed] : [.success]
        #expect(ends.contains(course.engine.status))
        let told = course.log.compactMap { $0.detail["status"]?.string }
        #expect(told.last == course.engine.status.rawValue)
        #expect(Set(told).count == told.count)
    }
}
