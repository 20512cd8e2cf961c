import Notation
import Patterns
import Testing

@Suite("Event patterns")
struct EventPatternTests {
    /// An event with some of everything.
    static let event: JSON = [
        "version": "0", "source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change",
        "time": "2026-11-23T09:30:00Z", "resources": ["arn:aws:codecommit:eu-west-1:1:shop", "arn:aws:other"],
        "detail": [
            "event": "referenceUpdated", "referenceName": "main", "price": 300.0, "count": 7, "flag": true,
            "nothing": .null, "empty": "", "address": "10.0.0.17", "v6": "2001:db8::1", "path": "dir/sub/file.png",
            "tags": ["red", "blue"], "none": [],
            "people": [["first": "Ada", "last": "Lovelace"], ["first": "Alan", "last": "Turing"]],
            "dotted.name": "yes", "nested": ["list": [[1, 2], [3]]],
        ],
    ]

    @Test(
        "a comparison holds of the value that stands there, or not",
        arguments: [
            (#"{"source": ["aws.codecommit"]}"#, true),
            (#"{"source": ["aws.ec2", "aws.codecommit"]}"#, true),
            (#"{"source": ["AWS.codecommit"]}"#, false),
            (#"{"resources": ["arn:aws:other"]}"#, true),
            (#"{"resources": ["arn:aws:none"]}"#, false),
            (#"{"missing": ["x"]}"#, false),
            (#"{"detail": {"price": [300]}}"#, true),
            (#"{"detail": {"price": [3.0e2]}}"#, true),
            (#"{"detail": {"price": ["300"]}}"#, false),
            (#"{"detail": {"count": [7.0]}}"#, true),
            (#"{"detail": {"flag": [true]}}"#, true),
            (#"{"detail": {"flag": [false, "true"]}}"#, false),
            (#"{"detail": {"nothing": [null]}}"#, true),
            (#"{"detail": {"empty": [""]}}"#, true),
            (#"{"detail": {"empty": [null]}}"#, false),
            (#"{"detail": {"missing": [null]}}"#, false),
            (#"{"detail": {"tags": ["blue"]}}"#, true),
            (#"{"detail": {"nested": {"list": [3]}}}"#, true),
            (#"{"detail.event": ["referenceUpdated"]}"#, true),
            (#"{"detail": {"dotted.name": ["yes"]}}"#, true),
        ])
    func plainValues(_ pattern: String, _ holds: Bool) throws {
        #expect(try EventPattern(pattern).matches(Self.event) == holds)
    }

    @Test(
        "comparisons of texts",
        arguments: [
            (#"{"time": [{"prefix": "2026-11"}]}"#, true), (#"{"time": [{"prefix": "2025"}]}"#, false),
            (#"{"detail": {"path": [{"suffix": ".png"}]}}"#, true),
            (#"{"detail": {"path": [{"suffix": "png."}]}}"#, false),
            (#"{"detail": {"count": [{"prefix": ""}]}}"#, false),
            (#"{"detail": {"event": [{"equals-ignore-case": "REFERENCEUPDATED"}]}}"#, true),
            (#"{"detail": {"event": [{"prefix": {"equals-ignore-case": "REFERENCE"}}]}}"#, true),
            (#"{"detail": {"event": [{"suffix": {"equals-ignore-case": "DATED"}}]}}"#, true),
            (#"{"detail": {"event": [{"suffix": {"equals-ignore-case": "created"}}]}}"#, false),
            (#"{"detail": {"path": [{"wildcard": "dir/*.png"}]}}"#, true),
            (#"{"detail": {"path": [{"wildcard": "*sub*"}]}}"#, true),
            (#"{"detail": {"path": [{"wildcard": "dir/*.gif"}]}}"#, false),
            (#"{"detail": {"path": [{"exactly": "dir/sub/file.png"}]}}"#, true),
            (#"{"detail": {"address": [{"cidr": "10.0.0.0/24"}]}}"#, true),
            (#"{"detail": {"address": [{"cidr": "10.0.1.0/24"}]}}"#, false),
            (#"{"detail": {"v6": [{"cidr": "2001:db8::/32"}]}}"#, true),
            (#"{"detail": {"v6": ["2001:0db8:0:0::1"]}}"#, true),
        ])
    func texts(_ pattern: String, _ holds: Bool) throws {
        #expect(try EventPattern(pattern).matches(Self.event) == holds)
    }

    @Test(
        "anything-but holds of what is there and is something else",
        arguments: [
            (#"{"detail": {"event": [{"anything-but": "referenceDeleted"}]}}"#, true),
            (#"{"detail": {"event": [{"anything-but": ["a", "referenceUpdated"]}]}}"#, false),
            (#"{"detail": {"missing": [{"anything-but": "x"}]}}"#, false),
            (#"{"detail": {"count": [{"anything-but": [8, 9]}]}}"#, true),
            (#"{"detail": {"count": [{"anything-but": 7.0}]}}"#, false),
            (#"{"detail": {"count": [{"anything-but": "7"}]}}"#, true),
            (#"{"detail": {"tags": [{"anything-but": "red"}]}}"#, true),
            (#"{"detail": {"tags": [{"anything-but": ["red", "blue"]}]}}"#, false),
            (#"{"detail": {"event": [{"anything-but": {"prefix": "ref"}}]}}"#, false),
            (#"{"detail": {"event": [{"anything-but": {"prefix": ["a", "b"]}}]}}"#, true),
            (#"{"detail": {"path": [{"anything-but": {"suffix": ".png"}}]}}"#, false),
            (#"{"detail": {"path": [{"anything-but": {"wildcard": "*/lib/*"}}]}}"#, true),
            (#"{"detail": {"path": [{"anything-but": {"wildcard": "*/sub/*"}}]}}"#, false),
            (#"{"detail": {"event": [{"anything-but": {"equals-ignore-case": ["REFERENCEUPDATED"]}}]}}"#, false),
        ])
    func anythingBut(_ pattern: String, _ holds: Bool) throws {
        #expect(try EventPattern(pattern).matches(Self.event) == holds)
    }

    @Test(
        "numbers between bounds",
        arguments: [
            (#"["=", 300]"#, true), (#"[">", 300]"#, false), (#"[">=", 300]"#, true), (#"["<", 300.5]"#, true),
            (#"["<=", 299]"#, false), (#"[">", 0, "<=", 300]"#, true), (#"[">", 0, "<", 300]"#, false),
        ])
    func numbers(_ terms: String, _ holds: Bool) throws {
        let pattern = try EventPattern(#"{"detail": {"price": [{"numeric": \#(terms)}]}}"#)
        #expect(pattern.matches(Self.event) == holds)
    }

    @Test(
        "presence and absence are asked of plain values",
        arguments: [
            (#"{"detail": {"price": [{"exists": true}]}}"#, true),
            (#"{"detail": {"price": [{"exists": false}]}}"#, false),
            (#"{"detail": {"missing": [{"exists": false}]}}"#, true),
            (#"{"detail": {"missing": {"deep": [{"exists": false}]}}}"#, true),
            (#"{"detail": {"nested": [{"exists": true}]}}"#, false),
            (#"{"detail": {"nested": [{"exists": false}]}}"#, true),
            (#"{"detail": {"none": [{"exists": false}]}}"#, true),
            (#"{"detail": {"missing": ["x", {"exists": false}]}}"#, true),
            (#"{"detail": {"people": {"first": [{"exists": false}]}}}"#, false),
            (#"{"detail": {"people": {"age": [{"exists": false}], "first": ["Ada"]}}}"#, true),
        ])
    func existence(_ pattern: String, _ holds: Bool) throws {
        #expect(try EventPattern(pattern).matches(Self.event) == holds)
    }

    @Test("members of one object are looked for in one element of a list")
    func sameElement() throws {
        let ada = try EventPattern(#"{"detail": {"people": {"first": ["Ada"], "last": ["Lovelace"]}}}"#)
        let mixed = try EventPattern(#"{"detail": {"people": {"first": ["Ada"], "last": ["Turing"]}}}"#)
        #expect(ada.matches(Self.event))
        #expect(!mixed.matches(Self.event))
    }

    @Test(
        "$or takes one of its branches",
        arguments: [
            (#"{"$or": [{"source": ["x"]}, {"version": ["0"]}]}"#, true),
            (#"{"$or": [{"source": ["x"]}, {"version": ["1"]}]}"#, false),
            (#"{"source": ["x"], "$or": [{"source": ["aws.codecommit"]}, {"version": ["1"]}]}"#, true),
            (
                #"{"detail": {"event": ["referenceUpdated"], "$or": [{"count": [1]}, {"price": [300]}]}}"#,
                true
            ),
            (#"{"detail": {"$or": [{"count": [1]}, {"$or": [{"count": [7]}, {"count": [8]}]}]}}"#, true),
            (#"{"version": ["1"], "$or": [{"source": ["x"]}, {"source": ["aws.codecommit"]}]}"#, false),
        ])
    func alternatives(_ pattern: String, _ holds: Bool) throws {
        #expect(try EventPattern(pattern).matches(Self.event) == holds)
    }

    @Test(
        "what is no pattern is refused in AWS's words",
        arguments: [
            (#"[]"#, "Filter is not an object"), (#"{}"#, "Empty objects are not allowed"),
            (#"{"a": {}}"#, "Empty objects are not allowed"), (#"{"a": []}"#, "Empty arrays are not allowed"),
            (#"{"a": "x"}"#, #""a" must be an object or an array"#),
            (#"{"a": [["x"]]}"#, "Match value must be String, number, true, false, or null"),
            (#"{"a": [{}]}"#, "Match expression name not found"),
            (#"{"a": [{"like": "x"}]}"#, "Unrecognized match type like"),
            (#"{"a": [{"prefix": 1}]}"#, "prefix match pattern must be a string"),
            (#"{"a": [{"suffix": ["x"]}]}"#, "suffix match pattern must be a string"),
            (#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed in match expression"),
            (#"{"a": [{"wildcard": "a**b"}]}"#, "Consecutive wildcard characters at pos 1"),
            (#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 1"),
            (#"{"a": [{"exists": "true"}]}"#, "exists match pattern must be either true or false."),
            (#"{"a": [{"numeric": "1"}]}"#, "Value of numeric must be an array."),
            (#"{"a": [{"numeric": []}]}"#, "Invalid member in numeric match: ]"),
            (#"{"a": [{"numeric": ["~", 1]}]}"#, "Unrecognized numeric range operator: ~"),
            (#"{"a": [{"numeric": [">", "1"]}]}"#, "Value of > must be numeric"),
            (#"{"a": [{"numeric": [">", 5, "<", 4]}]}"#, "Bottom must be less than top"),
            (#"{"a": [{"numeric": ["<", 5, ">", 4]}]}"#, "Too many elements in numeric expression"),
            (#"{"a": [{"numeric": [">", 6e9]}]}"#, "Value must be between -5.0E9 and 5.0E9, inclusive"),
            (#"{"a": [{"anything-but": {"cidr": "x"}}]}"#, "Unsupported anything-but pattern: cidr"),
            (
                #"{"a": [{"anything-but": ["x", 1]}]}"#,
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            ),
            (#"{"a": [{"anything-but": [true]}]}"#, "Inside anything but list, start|null|boolean is not supported."),
            (#"{"a": [{"anything-but": {"prefix": ""}}]}"#, "Null prefix/suffix not allowed"),
            (#"{"$or": {}}"#, "It must be an Array followed with $or."),
            (#"{"$or": [{"a": ["x"]}]}"#, "There must have at least 2 Objects in $or relationship."),
            (#"{"$or": [1, 2]}"#, "Only JSON object is allowed in array of $or relationship."),
            (
                #"{"$or": [{"prefix": ["x"]}, {"a": ["x"]}]}"#,
                "prefix is Ruler reserved fieldName which cannot be used inside $or."
            ),
        ])
    func refusals(_ pattern: String, _ reason: String) {
        let error = #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
        #expect(error?.reason == reason)
    }

    @Test("the message names the place as AWS does")
    func place() {
        let pattern = #"{"source": ["aws.health"], "detail": {}}"#
        let error = #expect(throws: EventPatternError.self) { try EventPattern(pattern) }
        #expect(
            error?.description == "Event pattern is not valid. Reason: Empty objects are not allowed at "
                + "[Source: (String)\"\(pattern)\"; line: 1, column: 40]")
        let lines = "{\n  \"detail\": {\n    \"slug\": \"x\"\n  }\n}"
        let second = #expect(throws: EventPatternError.self) { try EventPattern(lines) }
        #expect(second?.mark == Mark(line: 3, column: 14))
    }

    @Test("a pattern with too many combinations or levels is refused")
    func limits() {
        let pair = #"[{"a": ["x"]}, {"b": ["y"]}]"#
        let many = "{" + (0..<10).map { #""k\#($0)": {"$or": \#(pair)}"# }.joined(separator: ",") + "}"
        #expect(throws: EventPatternError.self) { try EventPattern(many) }
        let deep = String(repeating: #"{"a":"#, count: 104) + #"["x"]"# + String(repeating: "}", count: 104)
        #expect(throws: EventPatternError.self) { try EventPattern(deep) }
    }
}
