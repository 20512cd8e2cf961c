import Patterns
import Testing

@Suite("Filter policies")
struct FilterPolicyTests {
    private static let attributes: [String: FilterPolicy.Attribute] = [
        "store": .init(type: "String", value: "example_corp"), "price": .init(type: "Number", value: "210.75"),
        "interests": .init(type: "String.Array", value: #"["soccer", "rugby", 5, true, null]"#),
        "raw": .init(type: "Binary", value: ""), "code": .init(type: "String", value: "100"),
    ]

    @Test(
        "attributes are compared as their types say",
        arguments: [
            (#"{}"#, true), (#"{"store": ["example_corp"]}"#, true), (#"{"store": ["other"]}"#, false),
            (#"{"price": [{"numeric": [">=", 100]}]}"#, true), (#"{"price": [210.75]}"#, true),
            (#"{"price": ["210.75"]}"#, false), (#"{"code": [100]}"#, false), (#"{"code": ["100"]}"#, true),
            (#"{"interests": ["rugby", "tennis"]}"#, true), (#"{"interests": [5]}"#, true),
            (#"{"interests": [true]}"#, true), (#"{"interests": ["tennis"]}"#, false),
            (#"{"interests": [{"anything-but": ["soccer"]}]}"#, true),
            (#"{"raw": [{"exists": true}]}"#, false), (#"{"missing": [{"exists": false}]}"#, true),
            (#"{"store": ["example_corp"], "price": [{"numeric": ["<", 5]}]}"#, false),
            (#"{"$or": [{"store": ["x"]}, {"price": [210.75]}]}"#, true),
        ])
    func attributes(_ policy: String, _ accepts: Bool) throws {
        let policy = try FilterPolicy(policy, scope: .attributes)
        #expect(policy.accepts(attributes: Self.attributes, body: "") == accepts)
    }

    @Test(
        "the body is compared as JSON, and one that is none is held back",
        arguments: [
            (#"{"order": {"state": ["paid"]}}"#, #"{"order": {"state": "paid"}}"#, true),
            (#"{"order": {"state": ["paid"]}}"#, #"{"order": {"state": "open"}}"#, false),
            (#"{"items": {"id": [2]}}"#, #"{"items": [{"id": 1}, {"id": 2}]}"#, true),
            (#"{"order": ["x"]}"#, "plain text", false), (#"{"a": [1]}"#, "[1]", false), (#"{}"#, "plain text", true),
        ])
    func bodies(_ policy: String, _ body: String, _ accepts: Bool) throws {
        #expect(try FilterPolicy(policy, scope: .body).accepts(attributes: [:], body: body) == accepts)
    }

    @Test(
        "a policy that SNS refuses is refused",
        arguments: [
            ("{", FilterPolicy.Scope.attributes, "FilterPolicy: failed to parse JSON."),
            (
                #"{"a": {"b": ["x"]}}"#, .attributes,
                "Filter policy scope MessageAttributes does not support nested filter policy"
            ),
            (
                #"{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}"#, .attributes,
                "FilterPolicy: Filter policy can not have more than 5 keys"
            ),
            (
                #"{"a":[1,2,3,4,5,6,7,8,9,10,11,12,13],"b":[1,2,3,4,5,6,7,8,9,10,11,12]}"#, .attributes,
                "FilterPolicy: Filter policy is too complex"
            ),
            (
                #"{"a":{"b":{"c":[1,2,3,4,5,6,7,8,9,10]}},"d":{"e":[1,2,3]}}"#, .body,
                "FilterPolicy: Filter policy is too complex"
            ),
            (
                #"{"a": "x"}"#, .attributes,
                #"FilterPolicy: "a" must be an object or an array "#
                    + #"at [Source: (String)"{"a": "x"}"; line: 1, column: 8]"#
            ),
        ])
    func refusals(_ policy: String, _ scope: FilterPolicy.Scope, _ reason: String) {
        let error = #expect(throws: FilterPolicyError.self) { try FilterPolicy(policy, scope: scope) }
        #expect(error?.reason == reason)
    }
}
