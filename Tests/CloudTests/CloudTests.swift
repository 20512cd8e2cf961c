import Cloud
import CloudTesting
import Notation
import Testing

private struct Greeter: CloudService {
    struct Input: Decodable { var name: String }
    struct Output: Encodable { var greeting: String, nobody: String? }
    struct Odd: Error {}
    let id = "greeter"
    var operations: [Operation] {
        [
            Operation("Greet", enforces: "name Options.Loud Tags.Key", stores: "Mood") { (input: Input, call) in
                if input.name == "odd" { throw Odd() }
                return Output(greeting: "Hello \(input.name) in \(call.caller.region)", nobody: nil)
            }
        ]
    }
}

@Suite("At the door")
struct CloudTests {
    @Test("a call reaches its handler and nil members stay out of the answer")
    func dispatch() async throws {
        try await withTestCloud(services: { _, _ in [Greeter()] }) { test in
            let answer = try await test.call("greeter", "Greet", ["name": "Ana", "Mood": "fine"])
            #expect(answer == ["greeting": "Hello Ana in eu-west-1"])
        }
    }

    static let refusals: [(String, String, JSON, String)] = [
        ("greeter", "Shout", [:], "greeter:Shout"),
        ("other", "Greet", [:], "other:Greet"),
        ("greeter", "Greet", ["name": "a", "Colour": "red"], "'Colour'"),
        ("greeter", "Greet", ["name": "a", "Options": ["Loud": true, "Slow": true]], "'Options.Slow'"),
        ("greeter", "Greet", ["name": "a", "Tags": [["Key": "k", "Value": "v"]]], "'Tags.Value'"),
    ]

    @Test("what a service does not offer is refused by name", arguments: refusals)
    func refused(service: String, operation: String, input: JSON, named: String) async throws {
        try await withTestCloud(services: { _, _ in [Greeter()] }) { test in
            let refusal = try await test.refusal(service, operation, input)
            #expect(refusal?.code == "NotImplemented")
            #expect(refusal?.message.contains(named) == true)
        }
    }

    @Test("a member of the wrong kind is a refusal, a failure inside is not told in detail")
    func failures() async throws {
        try await withTestCloud(services: { _, _ in [Greeter()] }) { test in
            #expect(try await test.refusal("greeter", "Greet", ["name": 1])?.code == "SerializationException")
            #expect(try await test.refusal("greeter", "Greet")?.message == "The member 'name' is missing.")
            let failure = try await test.refusal("greeter", "Greet", ["name": "odd"])
            #expect(failure?.status == 500)
            #expect(failure?.message.contains("Odd") == false)
        }
    }

    @Test("generated names keep their suffix whatever the limit", arguments: [20, 32, 64, 128])
    func names(limit: Int) async throws {
        try await withTestCloud(services: { _, _ in [] }) { test in
            let request = ResourceRequest(
                cloud: test.cloud, caller: test.caller, stackID: "s", stackName: String(repeating: "stack", count: 20),
                logicalID: String(repeating: "Logical", count: 20), properties: [:], key: "k", suffix: "ABCDEF123456")
            let name = request.generatedName(limit: limit)
            #expect(name.count <= limit)
            #expect(name.hasSuffix("-ABCDEF123456"))
        }
    }
}
