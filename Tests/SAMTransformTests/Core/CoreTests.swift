import Notation
import Testing

@testable import SAMTransform

@Suite("Generated logical ids")
struct LogicalIDTests {
    @Test("hashes are over the text, or over sorted JSON without spaces and beyond ASCII escaped")
    func hashes() {
        // Checked with: printf '...' | sha1sum
        #expect(LogicalID.sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(LogicalID.hash("abc") == "a9993e3647")
        #expect(LogicalID.hash(["b": 1, "a": ["é"]]) == String(LogicalID.sha1(#"{"a":["\u00e9"],"b":1}"#).prefix(10)))
        #expect(LogicalID.make("P", over: nil) == "P")
        #expect(LogicalID.make("P", over: [:]) == "P")
        #expect(LogicalID.make("P", over: "abc", hash: "0123456789abcdef") == "P0123456789")
    }

    @Test(
        "only ASCII letters and digits make a name",
        arguments: [("Abc1", true), ("", false), ("a-b", false), ("é", false)])
    func names(text: String, isName: Bool) {
        #expect(LogicalID.isAlphanumeric(text) == isName)
    }
}

@Suite("Values as AWS sees them")
struct ValueTests {
    @Test(
        "nothing, zero and empty do not count as given",
        arguments: [JSON.null, false, 0, 0.0, "", [], [:]])
    func falsy(value: JSON) {
        #expect(!value.isTruthy)
        #expect(value.truthy == Optional<JSON>.none)
    }

    @Test(
        "messages print values as Python does",
        arguments: [
            (["a", 1, true, .null], "['a', 1, True, None]"), (["k": "it's"], #"{'k': "it's"}"#), ("plain", "plain"),
            ([1.5, "\n"], #"[1.5, '\n']"#),
        ] as [(JSON, String)])
    func printed(value: JSON, expected: String) {
        #expect(value.printed == expected)
    }

    @Test("more than ten conditions are nested")
    func combinedConditions() {
        #expect(Intrinsics.combined(["A"], name: "C") == nil)
        #expect(Intrinsics.combined(["A", "B"], name: "C")?.keys == ["C"])
        let many = Intrinsics.combined((1...11).map { "A\($0)" }, name: "C")
        #expect(many?["C1"]?["Fn::Or"]?.array?.count == 10)
        #expect(many?["C"] == ["Fn::Or": [["Condition": "A11"], ["Condition": "C1"]]])
    }

    @Test(
        "a reference names its resource",
        arguments: [
            (["Ref": "A"], "A"), (["Fn::GetAtt": ["A", "Arn"]], "A"), (["Fn::GetAtt": "A.Arn"], "A"),
            (["Fn::GetAtt": "A.B.C"], nil), (["Fn::Sub": "${A}"], nil), ("A", nil),
        ] as [(JSON, String?)])
    func referred(value: JSON, id: String?) {
        #expect(value.referredID == id)
    }
}

@Suite("Rules of properties")
struct PropertyTableTests {
    private let table = PropertyTable(rules: [
        "Name": "!s", "Size": "i", "Fixed": "~b", "Words": "[(s|m)]", "Map": "{i}", "Kind": "<Delete,Retain>",
        "Any": "~*",
    ])

    @Test(
        "what fits passes",
        arguments: [
            ["Name": "a"], ["Name": ["Ref": "X"]], ["Name": "a", "Size": true],
            ["Name": "a", "Words": ["a", ["b": 1]]],
            ["Name": "a", "Map": ["k": 1, "l": 2]], ["Name": "a", "Kind": "Retain", "Size": .null],
        ] as [JSONObject])
    func fits(properties: JSONObject) throws {
        try table.judge(properties, of: "X")
    }

    @Test(
        "what does not is refused in AWS's words",
        arguments: [
            ([:], "Missing required property 'Name'."),
            (["Name": 1], "Property 'Name' should be a string."),
            (["Name": "a", "Size": "1"], "Type of property 'Size' is invalid."),
            (["Name": "a", "Fixed": ["Ref": "X"]], "Type of property 'Fixed' is invalid."),
            (["Name": "a", "Words": [1]], "Type of property 'Words' is invalid."),
            (["Name": "a", "Kind": "x"], "Property 'Kind' should be a one of the strings: 'Delete' or 'Retain'."),
        ] as [(JSONObject, String)])
    func refuses(properties: JSONObject, text: String) {
        #expect(
            performing: { try table.judge(properties, of: "X") },
            throws: {
                ($0 as? Fault)?.message == "Resource with id [X] is invalid. \(text)"
            })
    }
}

@Suite("Nested properties that SAM judges")
struct ModelTests {
    private let table: JSON = [
        "fields": [
            "Need": [true, "str"], "Count": [false, ["union": ["dict", "int"]]], "List": [false, ["list": "float"]],
            "Inner": [false, ["fields": ["Word": [true, ["literal": ["a", "b"]]]]]], "On": [false, "bool"],
        ]
    ]

    @Test("values are turned to what the table wants")
    func converts() {
        let model = Model(["Need": 5, "Count": "7", "On": "yes", "List": ["1.5", 2]], table)
        #expect(model.problems.isEmpty)
        #expect(model.value == ["Need": "5", "Count": 7, "On": true, "List": [1.5, 2]])
    }

    @Test("all problems are told, those of one place together")
    func reports() {
        let model = Model(["Count": "x", "Inner": ["Word": "c", "More": 1], "List": [.null], "Z": 1, "B": 1], table)
        #expect(model.firstReport == "Property 'Need' is invalid.")
        #expect(
            model.fullReport
                == "Property 'Need' is required. Property 'Count' value must be dictionary or integer. "
                + "Property 'List.0' none is not an allowed value. "
                + "Property 'Inner.Word' unexpected value; permitted: 'a', 'b'. "
                + "Property 'Inner.More' is an invalid property. Property 'B' is an invalid property. "
                + "Property 'Z' is an invalid property.")
    }
}

@Suite("Where code lies")
struct CodeLocationTests {
    @Test(
        "an address is taken apart",
        arguments: [
            ("s3://bucket/a/b.zip", ["Bucket": "bucket", "Key": "a/b.zip"]),
            ("s3://bucket/key?versionId=7", ["Bucket": "bucket", "Key": "key", "Version": "7"]),
            ("s3://bucket//key#x", ["Bucket": "bucket", "Key": "key"]),
            ("s3://bucket", nil), ("s3:///key", nil), ("https://bucket/key", nil),
        ] as [(String, JSONObject?)])
    func parses(text: String, pointer: JSONObject?) {
        #expect(CodeLocation.parse(text) == pointer)
    }

    @Test("a parameter's path would be taken for part of the address")
    func refusesPaths() {
        #expect(throws: Fault.self) { try CodeLocation.s3("{{resolve:ssm:/a/b}}", of: "F", "CodeUri") }
    }
}
