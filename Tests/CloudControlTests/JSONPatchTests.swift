import Notation
import Testing

@testable import CloudControl

@Suite("JSON patches")
struct JSONPatchTests {
    /// Cases after RFC 6902, appendix A.
    @Test(
        "a patch changes the document as RFC 6902 says",
        arguments: [
            (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
            (#"{"foo":["a","b"]}"#, #"[{"op":"add","path":"/foo/1","value":"x"}]"#, #"{"foo":["a","x","b"]}"#),
            (#"{"foo":["a"]}"#, #"[{"op":"add","path":"/foo/-","value":["x"]}]"#, #"{"foo":["a",["x"]]}"#),
            (#"{"a":1,"b":2}"#, #"[{"op":"remove","path":"/a"}]"#, #"{"b":2}"#),
            (#"{"foo":["a","b","c"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["a","c"]}"#),
            (#"{"a":1}"#, #"[{"op":"replace","path":"/a","value":{"b":2}}]"#, #"{"a":{"b":2}}"#),
            (
                #"{"foo":{"bar":1,"waldo":2},"qux":{"c":3}}"#,
                #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                #"{"foo":{"bar":1},"qux":{"c":3,"thud":2}}"#
            ),
            (#"{"foo":["a","b","c"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/2"}]"#, #"{"foo":["a","c","b"]}"#),
            (#"{"a":{"b":1}}"#, #"[{"op":"copy","from":"/a/b","path":"/c"}]"#, #"{"a":{"b":1},"c":1}"#),
            (
                #"{"a/b":1,"m~n":2}"#, #"[{"op":"test","path":"/a~1b","value":1},{"op":"remove","path":"/m~0n"}]"#,
                #"{"a/b":1}"#
            ),
            (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[]}]"#, "[]"),
            (#"{"a":1}"#, "[]", #"{"a":1}"#),
            (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":null}]"#, #"{"a":null}"#),
        ])
    func changes(document: String, patch: String, result: String) throws {
        let after = try JSONPatch(parsing: patch).apply(to: try JSON(parsing: document))
        #expect(after.text(.canonical) == (try JSON(parsing: result)).text(.canonical))
    }

    @Test(
        "what cannot be applied says where",
        arguments: [
            (#"[{"op":"remove","path":"/z"}]"#, "There is nothing at '/z'."),
            (#"[{"op":"replace","path":"/l/7","value":1}]"#, "There is nothing at '/l/7'."),
            (#"[{"op":"add","path":"/z/y","value":1}]"#, "There is nothing at '/z'."),
            (#"[{"op":"add","path":"/l/5","value":1}]"#, "There is nothing at '/l/5'."),
            (#"[{"op":"test","path":"/a","value":2}]"#, "The test at '/a' does not hold."),
            (#"[{"op":"move","from":"/o","path":"/o/p"}]"#, "'/o' cannot be moved into itself."),
        ])
    func refusals(patch: String, message: String) throws {
        let document: JSON = ["a": 1, "l": [1], "o": [:]]
        #expect(throws: JSONPatch.Failure(message: message)) { try JSONPatch(parsing: patch).apply(to: document) }
    }

    @Test(
        "what is no patch is refused before anything is changed",
        arguments: [
            "{}", "nonsense", #"[{"op":"add","path":"/a"}]"#, #"[{"op":"jump","path":"/a"}]"#, #"[{"path":"/a"}]"#,
            #"[{"op":"remove","path":"a"}]"#, #"[{"op":"copy","path":"/a"}]"#,
        ])
    func unreadable(patch: String) {
        #expect(throws: JSONPatch.Failure.self) { try JSONPatch(parsing: patch) }
    }
}
