import Cloud
import CloudTesting
import Foundation
import Ledger
import Notation
import SSM
import Testing

private func withStore(_ body: (TestCloud) async throws -> Void) async throws {
    try await withTestCloud(services: { _, ledger in [try SSMService(ledger: ledger)] }, body)
}

extension TestCloud {
    fileprivate func put(_ name: String, _ value: String, _ type: String = "String", _ more: JSON = [:]) async throws {
        var input: JSON = ["Name": .string(name), "Value": .string(value), "Type": .string(type)]
        for (key, value) in more.object ?? [:] { input[key] = value }
        try await call("ssm", "PutParameter", input)
    }
}

@Suite("Parameters")
struct ParameterTests {
    @Test("keep their versions, and any of them can be read by number or label")
    func versions() async throws {
        try await withStore { store in
            try await store.put("/a/b", "1")
            try await store.put("/a/b", "2", "String", ["Overwrite": true])
            try await store.call(
                "ssm", "LabelParameterVersion", ["Name": "/a/b", "ParameterVersion": 1, "Labels": ["old", "1x"]])
            for (name, value) in [("/a/b", "2"), ("/a/b:1", "1"), ("/a/b:old", "1")] {
                let got = try await store.call("ssm", "GetParameter", ["Name": .string(name)])
                #expect(got["Parameter"]?["Value"]?.string == value)
            }
            #expect(
                try await store.refusal("ssm", "GetParameter", ["Name": "/a/b:9"])?.code == "ParameterVersionNotFound")
            let history = try await store.call("ssm", "GetParameterHistory", ["Name": "/a/b"])
            #expect(history["Parameters"]?.array?.count == 2)
        }
    }

    @Test("that are secure are sealed at rest and opened only on request")
    func secure() async throws {
        try await withStore { store in
            try await store.put("s", "hush-hush", "SecureString")
            let sealed = try await store.call("ssm", "GetParameter", ["Name": "s"])["Parameter"]?["Value"]?.string
            #expect(sealed?.contains("hush") == false)
            let open = try await store.call("ssm", "GetParameter", ["Name": "s", "WithDecryption": true])
            #expect(open["Parameter"]?["Value"] == "hush-hush")
            let files = try FileManager.default.contentsOfDirectory(atPath: store.ledger.folder)
            for file in files where file.hasPrefix("ledger") {
                let data = FileManager.default.contents(atPath: store.ledger.folder + "/" + file) ?? Data()
                #expect(data.range(of: Data("hush-hush".utf8)) == nil)
            }
        }
    }

    @Test("are found by path, in pages, and by filters")
    func paths() async throws {
        try await withStore { store in
            for number in 10..<35 { try await store.put("/p/\(number)", "v") }
            try await store.put("/p/x/y", "v", "String", ["Tags": [["Key": "team", "Value": "a"]]])
            var names: [String] = []
            var input: JSON = ["Path": "/p"]
            repeat {
                let page = try await store.call("ssm", "GetParametersByPath", input)
                names += page["Parameters"]?.array?.compactMap { $0["Name"]?.string } ?? []
                input["NextToken"] = page["NextToken"]
            } while input["NextToken"] != nil
            #expect(names.count == 25)
            let deep = try await store.call("ssm", "GetParametersByPath", ["Path": "/p/x/", "Recursive": true])
            #expect(deep["Parameters"]?.array?.count == 1)
            let tagged = try await store.call(
                "ssm", "DescribeParameters", ["ParameterFilters": [["Key": "tag:team", "Values": ["a"]]]])
            #expect(tagged["Parameters"]?[0]?["Name"] == "/p/x/y")
        }
    }

    static let refusals: [(JSON, String)] = [
        (["Name": "/a", "Value": "1", "Type": "String"], "ParameterAlreadyExists"),
        (["Name": "a/b", "Value": "1", "Type": "String"], "ValidationException"),
        (["Name": "/aws/b", "Value": "1", "Type": "String"], "ValidationException"),
        (["Name": "/n", "Value": "1"], "ValidationException"),
        (
            ["Name": "/n", "Value": "12", "Type": "String", "AllowedPattern": "[0-9]"],
            "ParameterPatternMismatchException"
        ),
        (["Name": "/n", "Value": "12", "Type": "String", "AllowedPattern": "["], "InvalidAllowedPatternException"),
        (
            ["Name": .string("/n" + String(repeating: "/x", count: 15)), "Value": "1", "Type": "String"],
            "HierarchyLevelLimitExceededException"
        ),
        (
            ["Name": "/n", "Value": .string(String(repeating: "x", count: 4097)), "Type": "String"],
            "ValidationException"
        ),
        (["Name": "/n", "Value": "1", "Type": "String", "Policies": "[]"], "NotImplemented"),
    ]

    @Test("that cannot be are refused in AWS's words", arguments: refusals)
    func refused(input: JSON, code: String) async throws {
        try await withStore { store in
            try await store.put("/a", "1")
            #expect(try await store.refusal("ssm", "PutParameter", input)?.code == code)
        }
    }

    @Test("are told of in the log when they are made, changed, labelled and removed")
    func events() async throws {
        try await withStore { store in
            try await store.put("/a", "1", "String", ["Description": "words"])
            try await store.put("/a", "2", "String", ["Overwrite": true])
            try await store.call("ssm", "LabelParameterVersion", ["Name": "/a", "Labels": ["live"]])
            try await store.put("/b", "1")
            try await store.call("ssm", "DeleteParameter", ["Name": "/a"])
            try await store.call("ssm", "DeleteParameters", ["Names": ["/b", "/none"]])
            let events = try await store.ledger.events(after: 0).map(\.event)
            #expect(events.allSatisfy { $0.detailType == "Parameter Store Change" && $0.source == "aws.ssm" })
            let told = events.map { [$0.detail["operation"]?.string, $0.detail["name"]?.string] }
            #expect(
                told == [
                    ["Create", "/a"], ["Update", "/a"], ["LabelParameterVersion", "/a"], ["Create", "/b"],
                    ["Delete", "/a"], ["Delete", "/b"],
                ])
            #expect(events.last?.detail["type"] == "String")
            #expect(events.first?.detail["description"] == "words")
        }
    }

    @Test("are removed, and what is not there is named")
    func removal() async throws {
        try await withStore { store in
            try await store.put("a", "1")
            let gone = try await store.call("ssm", "DeleteParameters", ["Names": ["a", "b"]])
            #expect(gone == ["DeletedParameters": ["a"], "InvalidParameters": ["b"]])
            #expect(try await store.refusal("ssm", "DeleteParameter", ["Name": "a"])?.code == "ParameterNotFound")
        }
    }
}

@Suite("AWS::SSM::Parameter")
struct ParameterTypeTests {
    private func request(_ store: TestCloud, _ properties: JSON, physicalID: String? = nil, previous: JSON? = nil)
        -> ResourceRequest
    {
        ResourceRequest(
            cloud: store.cloud, caller: store.caller, stackID: "arn:stack", stackName: "s", logicalID: "P",
            properties: properties,
            previous: previous, physicalID: physicalID, key: "k", suffix: "ABCDEF123456")
    }

    @Test("is made once however often it is asked for, changed, and removed")
    func life() async throws {
        try await withStore { store in
            let type = try #require(store.cloud.resourceType("AWS::SSM::Parameter"))
            let wanted: JSON = ["Type": "String", "Value": "1", "Tags": ["a": "b"]]
            let made = try await type.actions.create(request(store, wanted))
            #expect(made.physicalID == "CFN-P-ABCDEF123456")
            #expect(try await type.actions.create(request(store, wanted)).physicalID == made.physicalID)
            let update = try #require(type.actions.update)
            let changed: JSON = ["Type": "String", "Value": "2"]
            _ = try await update(request(store, changed, physicalID: made.physicalID, previous: wanted))
            let read = try await type.actions.read?(request(store, changed, physicalID: made.physicalID))
            #expect(read?["Value"] == "2")
            for _ in 0..<2 { try await type.actions.delete(request(store, changed, physicalID: made.physicalID)) }
        }
    }

    @Test("does not take over a parameter of somebody else")
    func collision() async throws {
        try await withStore { store in
            try await store.put("/mine", "1")
            let type = try #require(store.cloud.resourceType("AWS::SSM::Parameter"))
            await #expect(throws: AWSError.self) {
                _ = try await type.actions.create(request(store, ["Name": "/mine", "Type": "String", "Value": "2"]))
            }
        }
    }
}
