import Cloud
import CloudTesting
@testable import CodeDeploy
import Ledger
import Notation
import Testing

@Suite("Lists and batches")
struct ListTests {
    /// A group with three deployments, a minute apart: succeeded, failed, succeeded.
    private func withDeployments(_ body: @Sendable (Shop, [String]) async throws -> Void) async throws {
        try await Shop.open { shop in
            try await shop.makeGroup("CodeDeployDefault.LambdaAllAtOnce")
            var ids: [String] = []
            for (from, to, status) in [(1, 2, "Succeeded"), (1, 3, "Failed"), (2, 3, "Succeeded")] {
                let id = try await shop.deploy(Shop.revision(from: from, to: to))
                try await shop.reach(status, id)
                ids.append(id)
                shop.time.advance(by: .seconds(60))
            }
            try await body(shop, ids)
        }
    }

    @Test("deployments are listed newest first, by state, by time and by group")
    func deployments() async throws {
        try await withDeployments { (shop, ids) async throws in
            #expect(try await shop.list([:]) == ids.reversed())
            #expect(try await shop.list(["includeOnlyStatuses": ["Succeeded"]]) == [ids[2], ids[0]])
            #expect(try await shop.list(["includeOnlyStatuses": ["Stopped", "Failed"]]) == [ids[1]])
            let group: JSON = ["applicationName": "shop", "deploymentGroupName": "orders"]
            #expect(try await shop.list(group).count == 3)
            let start = 1_750_000_000.0
            #expect(try await shop.list(["createTimeRange": ["start": .double(start + 30)]]) == [ids[2], ids[1]])
            #expect(try await shop.list(["createTimeRange": ["end": .double(start + 30)]]) == [ids[0]])
        }
    }

    @Test("batches leave out what is not there, and are limited")
    func batches() async throws {
        try await withDeployments { shop, ids in
            let found = try await shop.call(
                "BatchGetDeployments", ["deploymentIds": .array((ids + ["d-NOTTHERE1"]).map(JSON.string))])
            #expect(found["deploymentsInfo"]?.array?.map { $0["deploymentId"]?.string } == ids)
            #expect(
                try await shop.refusal("BatchGetDeployments", ["deploymentIds": []]) == "DeploymentIdRequiredException")
            let applications = try await shop.call("BatchGetApplications", ["applicationNames": ["shop", "none"]])
            #expect(applications["applicationsInfo"]?.array?.count == 1)
            let revisions: JSON = [
                "applicationName": "shop", "revisions": [Shop.revision(), Shop.revision(from: 7, to: 8)],
            ]
            let known = try await shop.call("BatchGetApplicationRevisions", revisions)
            #expect(known["revisions"]?.array?.count == 1)
            #expect(known["revisions"]?[0]?["genericRevisionInfo"]?["deploymentGroups"]?.array == ["orders"])
        }
    }

    @Test("the next deployment knows the revision that succeeded before")
    func previousRevision() async throws {
        try await withDeployments { (shop, ids) async throws in
            #expect(try await shop.info(ids[0])["previousRevision"] == nil)
            #expect(try await shop.info(ids[2])["previousRevision"] == Shop.revision())
        }
    }

    @Test("targets are listed, filtered, and there is but one")
    func targets() async throws {
        try await withDeployments { (shop, ids) async throws in
            let id = JSON.string(ids[0])
            #expect(try await shop.targets(of: ids[0], [:]) == ["orders"])
            #expect(try await shop.targets(of: ids[0], ["TargetStatus": ["Succeeded"]]) == ["orders"])
            #expect(try await shop.targets(of: ids[0], ["TargetStatus": ["Failed"]]) == [])
            let wrong: JSON = ["deploymentId": id, "targetFilters": ["Colour": ["red"]]]
            #expect(try await shop.refusal("ListDeploymentTargets", wrong) == "InvalidTargetFilterNameException")
            for (operation, input, code) in [
                (
                    "GetDeploymentTarget", ["deploymentId": id, "targetId": "x"],
                    "DeploymentTargetDoesNotExistException"
                ),
                ("GetDeploymentTarget", ["deploymentId": id], "DeploymentTargetIdRequiredException"),
                (
                    "BatchGetDeploymentTargets", ["deploymentId": id, "targetIds": ["a", "b"]],
                    "DeploymentTargetListSizeExceededException"
                ),
                ("GetDeploymentInstance", ["deploymentId": id, "instanceId": "i"], "InvalidComputePlatformException"),
                ("ContinueDeployment", ["deploymentId": id], "DeploymentAlreadyCompletedException"),
                ("StopDeployment", ["deploymentId": id], "DeploymentAlreadyCompletedException"),
            ] as [(String, JSON, String)] {
                #expect(try await shop.refusal(operation, input) == code, "\(operation)")
            }
        }
    }

    @Test("a deployment under way has no wait to be continued")
    func continuation() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            let id = JSON.string(try await shop.deploy())
            for (wait, code) in [
                ("READY_WAIT", "DeploymentIsNotInReadyStateException"),
                ("TERMINATION_WAIT", "UnsupportedActionForDeploymentTypeException"),
                ("COFFEE", "InvalidDeploymentWaitTypeException"),
            ] {
                let input: JSON = ["deploymentId": id, "deploymentWaitType": .string(wait)]
                #expect(try await shop.refusal("ContinueDeployment", input) == code)
            }
            let skip = try await shop.refusal("SkipWaitTimeForInstanceTermination", ["deploymentId": id])
            #expect(skip == "UnsupportedActionForDeploymentTypeException")
        }
    }

    @Test("revisions are sorted and filtered as asked")
    func revisions() async throws {
        try await Shop.open { shop in
            try await shop.makeGroup()
            for key in ["a/1", "a/2", "b/1"] {
                let place: JSON = ["bucket": "bucket", "key": .string(key), "bundleType": "JSON"]
                let revision: JSON = ["revisionType": "S3", "s3Location": place]
                try await shop.call("RegisterApplicationRevision", ["applicationName": "shop", "revision": revision])
                shop.time.advance(by: .seconds(1))
            }
            #expect(
                try await shop.keys(["sortBy": "registerTime", "sortOrder": "descending"]) == ["b/1", "a/2", "a/1"])
            #expect(
                try await shop.keys(["sortBy": "registerTime", "s3Bucket": "bucket", "s3KeyPrefix": "a/"]) == [
                    "a/1", "a/2",
                ])
            #expect(try await shop.keys(["deployed": "include"]) == [])
            #expect(try await shop.keys(["deployed": "exclude"]).count == 3)
        }
    }
}

@Suite("Pages")
struct PageTests {
    @Test("of every size add up to the list, in its order", arguments: [0, 1, 99, 100, 101, 200, 250])
    func pages(count: Int) throws {
        let all = (0..<count).map { "item\($0 * 7919 % 1009)" }
        var seen: [String] = []
        var token: String?
        repeat {
            let page = try Page(all, token: token)
            #expect(page.items.count <= 100)
            seen += page.items
            token = page.nextToken
        } while token != nil
        #expect(seen == all)
    }
}

extension Shop {
    fileprivate func list(_ input: JSON) async throws -> [String] {
        let answer = try await call("ListDeployments", input)
        return (answer["deployments"]?.array ?? []).compactMap(\.string)
    }

    fileprivate func targets(of id: String, _ filters: JSON) async throws -> [JSON] {
        let input: JSON = ["deploymentId": .string(id), "targetFilters": filters]
        return try await call("ListDeploymentTargets", input)["targetIds"]?.array ?? []
    }

    fileprivate func keys(_ input: JSON) async throws -> [String?] {
        var input = input
        input["applicationName"] = "shop"
        let found = try await call("ListApplicationRevisions", input)["revisions"]?.array ?? []
        return found.map { $0["s3Location"]?["key"]?.string }
    }
}
