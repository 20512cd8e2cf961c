import Notation
import Patterns
import Testing

@Suite("Input transformers")
struct InputTransformerTests {
    static let event: JSON = [
        "time": "2015-11-11T21:29:54Z", "source": "aws.ec2", "resources": ["arn:1", "arn:2"],
        "detail": [
            "instance-id": "i-0123", "state": "RUNNING", "n": 5, "tags": [["k": "a"], ["k": "b"]], "q": "a\"b",
        ],
    ]
    private static let surroundings = InputTransformer.Surroundings(
        ruleARN: "arn:aws:events:eu-west-1:1:rule/example", ruleName: "example",
        ingestionTime: Timestamp(microseconds: 0))
    private static let paths = [
        "instance": "$.detail.instance-id", "state": "$.detail.state", "n": "$.detail.n", "detail": "$.detail",
        "missing": "$.detail.nope", "q": "$.detail.q", "first": "$.resources[0]", "keys": "$.detail.tags[*].k",
    ]

    @Test(
        "a template is filled in",
        arguments: [
            (#""instance <instance> is in <state>""#, #""instance i-0123 is in RUNNING""#),
            (#""instance \"<instance>\" is in <state>""#, #""instance \"i-0123\" is in RUNNING""#),
            (
                #"{ "instance" : <instance>, "state": [9, <state>, true] }"#,
                #"{"instance":"i-0123","state":[9,"RUNNING",true]}"#
            ),
            (#"{"a": "<state>", "n": <n>, "t": "n is <n>"}"#, #"{"a":"RUNNING","n":5,"t":"n is 5"}"#),
            (#"{"m": <missing>, "t": "<missing>!"}"#, #"{"m":null,"t":"!"}"#),
            (#"{"q": "<q>"}"#, #"{"q":"a\"b"}"#), (#"<keys>"#, #"["a","b"]"#), (#"<first>"#, #""arn:1""#),
            (
                #"{"r": <aws.events.rule-name>, "a": "<aws.events.rule-arn>"}"#,
                #"{"r":"example","a":"arn:aws:events:eu-west-1:1:rule/example"}"#
            ),
            (#"<aws.events.event.ingestion-time>"#, #""1970-01-01T00:00:00Z""#),
            (#""<b>bold</b> <state>""#, #""<b>bold</b> RUNNING""#),
            ("\"one <state>\"\n\"two <n>\"", "\"one RUNNING\"\n\"two 5\""),
        ])
    func templates(_ template: String, _ expected: String) throws {
        let transformer = try InputTransformer(paths: Self.paths, template: template)
        #expect(transformer.transform(Self.event, Self.surroundings) == expected)
    }

    @Test("the whole event is put in as JSON, with or without its detail")
    func wholeEvents() throws {
        let whole = try InputTransformer(paths: [:], template: #"{"e": <aws.events.event.json>}"#)
        #expect(try JSON(parsing: whole.transform(Self.event, Self.surroundings))["e"] == Self.event)
        let short = try InputTransformer(paths: [:], template: "<aws.events.event>")
        let value = try JSON(parsing: short.transform(Self.event, Self.surroundings))
        #expect(value["detail"] == nil && value["source"] == "aws.ec2")
    }

    @Test("what cannot be used is refused")
    func refusals() {
        for (paths, template) in [
            (["a": "detail"], "<a>"), (["a": "$.x["], "<a>"), (["aws.events.event": "$"], "1"), ([:], "plain text"),
            (["a": "$"], "{\"x\": <a>"), (Dictionary(uniqueKeysWithValues: (0..<101).map { ("v\($0)", "$") }), "1"),
        ] as [([String: String], String)] {
            #expect(throws: InputTransformer.Misfit.self) { try InputTransformer(paths: paths, template: template) }
        }
    }

    private static let places: [(String, JSON?)] = [
        ("$", Self.event), ("$.detail.n", 5), ("$.resources[1]", "arn:2"), ("$.resources[2]", nil),
        ("$['detail']['state']", "RUNNING"), ("$.resources[*]", ["arn:1", "arn:2"]), ("$.nope[*]", .array([])),
    ]

    @Test("paths lead to values", arguments: Self.places)
    func paths(_ path: String, _ expected: JSON?) throws {
        let path = try #require(EventPath(path))
        #expect(path.value(in: Self.event) == expected)
    }
}
