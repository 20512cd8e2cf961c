import Notation
import Testing

@testable import SAMTransform

@Suite("Values of API documents")
struct PyValueTests {
    @Test(
        "values print as Python prints them",
        arguments: [
            ("null", "None"), ("true", "True"), ("[1, 2.5, false]", "[1, 2.5, False]"), (#""text""#, "text"),
            (#"["it's"]"#, #"[u"it's"]"#), (#"{"Ref": "A"}"#, "{u'Ref': u'A'}"), ("[]", "[]"), ("{}", "{}"),
            (#"{"b": {"a": [null]}}"#, "{u'b': {u'a': [None]}}"),
        ])
    func printing(json: String, expected: String) throws {
        #expect(PyValue(try JSON(parsing: json), isTemplate: true).printed == expected)
    }

    @Test(
        "the transform's own texts print without a u, and keep letters beyond ASCII",
        arguments: [
            ("plain", "['plain']"), ("it's", #"["it's"]"#), ("é\n", #"['é\n']"#), ("a\\b", #"['a\\b']"#),
            ("\u{2028}", #"['\u2028']"#), ("\u{1F600}", "['\u{1F600}']"), ("\u{7}", #"['\x07']"#),
            ("'\"", #"['\'"']"#),
        ])
    func plainTexts(text: String, expected: String) {
        #expect(PyValue.list([.text(PyText(text))]).printed == expected)
    }

    @Test("JSON texts have Python's separators, order and escapes")
    func jsonTexts() throws {
        let value = PyValue(plain: ["b": [1, true, .null], "a": "é\"\\\n\u{1F600}", "c": ["x": 2.5]])
        var text = ""
        value.writeJSON(to: &text)
        #expect(
            text == #"{"b": [1, true, null], "a": "\u00e9\"\\\n\ud83d\ude00", "c": {"x": 2.5}}"#)
    }

    @Test(
        "what Python counts as false",
        arguments: [
            ("null", false), ("false", false), ("0", false), ("0.0", false), (#""""#, false), ("[]", false),
            ("{}", false),
            ("true", true), ("-1", true), (#""0""#, true), ("[0]", true), (#"{"a": null}"#, true),
        ])
    func truth(json: String, expected: Bool) throws {
        let value = PyValue(try JSON(parsing: json), isTemplate: true)
        #expect(value.isTruthy == expected)
        #expect((value.truthy != nil) == expected)
    }

    @Test("a template's tree comes back unchanged", arguments: [true, false])
    func roundTrip(isTemplate: Bool) throws {
        let json = try JSON(
            parsing: #"{"a": [1, 2.5, "x", null, {"b": {}}], "c": {"d": true}, "e": {"f": 1, "g": 2, "h": [[]]}}"#)
        #expect(PyValue(json, isTemplate: isTemplate).json == json)
        #expect(PyValue(json, isTemplate: isTemplate).deepCopied().json == json)
    }

    @Test("equal values may print differently")
    func equality() {
        let json: JSON = ["a": "x", "b": ["c": 1]]
        #expect(PyValue(json, isTemplate: true) == PyValue(json, isTemplate: false))
        #expect(PyValue(json, isTemplate: true) != PyValue(["a": "x"], isTemplate: true))
    }

    @Test(
        "intrinsic functions are objects of one known member",
        arguments: [
            (#"{"Ref": "A"}"#, "Ref"), (#"{"Fn::If": []}"#, "Fn::If"), (#"{"Condition": "C"}"#, "Condition"),
            (#"{"Ref": "A", "b": 1}"#, nil), (#"{"Type": "A"}"#, nil), ("[]", nil),
        ] as [(String, String?)])
    func intrinsics(json: String, expected: String?) throws {
        #expect(PyValue(try JSON(parsing: json), isTemplate: true).intrinsicName == expected)
    }
}

@Suite("Parameters in API documents")
struct PyParametersTests {
    private let parameters = PyParameters(values: [
        "Name": "orders", "Zone": .list(["a", "b"]), "AWS::Region": "eu-west-1",
        "Later": "{{IntrinsicFunction:api/Stack.Outputs.Api/Fn::GetAtt}}",
    ])

    @Test(
        "references to parameters become their values",
        arguments: [
            (#"{"Ref": "Name"}"#, #""orders""#),
            (#"{"Ref": "Unknown"}"#, #"{"Ref": "Unknown"}"#),
            (#"{"Ref": "Later"}"#, #"{"Ref": "Later"}"#),
            (#"{"Ref": "Zone"}"#, #"["a", "b"]"#),
            (#"[{"a": {"Ref": "Name"}}]"#, #"[{"a": "orders"}]"#),
            (
                #"{"Fn::Sub": "${Name}-${AWS::Region}-${Api.Arn}-${Name}"}"#,
                #"{"Fn::Sub": "orders-eu-west-1-${Api.Arn}-orders"}"#
            ),
            (
                #"{"Fn::Sub": ["${Name}${x}", {"x": {"Ref": "Name"}}]}"#,
                #"{"Fn::Sub": ["orders${x}", {"x": "orders"}]}"#
            ),
            (#"{"Fn::Sub": "${!Name} ${Na me} ${"}"#, #"{"Fn::Sub": "${!Name} ${Na me} ${"}"#),
            (#"{"Fn::Join": ["", [{"Ref": "Name"}]]}"#, #"{"Fn::Join": ["", ["orders"]]}"#),
        ])
    func replacing(json: String, expected: String) throws {
        let value = PyValue(try JSON(parsing: json), isTemplate: true)
        #expect(try parameters.resolved(value).json == (try JSON(parsing: expected)))
    }

    @Test("a text takes in only texts")
    func substitutingAList() throws {
        let value = PyValue(["Fn::Sub": "${Zone}"], isTemplate: true)
        #expect(throws: Fault.self) { try parameters.resolved(value) }
    }

    @Test("a template's text stays one when a parameter is put in")
    func staysUnicode() throws {
        let value = PyValue(["Fn::Sub": "${Name}"], isTemplate: true)
        #expect(try parameters.resolved(value).printed == "{u'Fn::Sub': u'orders'}")
    }
}
