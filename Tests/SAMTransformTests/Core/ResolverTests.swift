import Notation
import Testing

@testable import SAMTransform

@Suite("References to parameters")
struct ResolverTests {
    private let resolver = Resolver(parameters: [
        "A": "one", "Number": 3, "List": ["x"], "AWS::Region": "eu-central-1",
        "Later": "{{IntrinsicFunction:stack/X.Outputs.Y/Fn::GetAtt}}",
    ])

    @Test(
        "a reference becomes the parameter's value, everything else stays",
        arguments: [
            (["Ref": "A"], "one"),
            (["Ref": "Number"], 3),
            (["Ref": "List"], ["x"]),
            (["Ref": "Unknown"], ["Ref": "Unknown"]),
            (["Ref": "Later"], ["Ref": "Later"]),
            (["Ref": "A", "Other": 1], ["Ref": "A", "Other": 1]),
            (["a": [["Ref": "A"], "b"]], ["a": ["one", "b"]]),
            (["Fn::Sub": "${A}-${AWS::Region}-${B}"], ["Fn::Sub": "one-eu-central-1-${B}"]),
            (["Fn::Sub": ["${A}${v}", ["v": ["Ref": "A"]]]], ["Fn::Sub": ["one${v}", ["v": "one"]]]),
            (["Fn::Sub": "$A ${!A} ${A ${A}"], ["Fn::Sub": "$A ${!A} ${A one"]),
            (["Fn::GetAtt": ["A", "Arn"]], ["Fn::GetAtt": ["A", "Arn"]]),
        ] as [(JSON, JSON)])
    func resolves(given: JSON, expected: JSON) throws {
        #expect(try resolver.resolve(given) == expected)
    }

    @Test("a text cannot take in a value that is no text")
    func refusesValuesInTexts() {
        #expect(throws: Fault.self) { try resolver.resolve(["Fn::Sub": "${Number}"]) }
    }

    @Test("a plain Ref resolved in place leaves the place as it was, anything deeper does not")
    func resolvesInPlace() throws {
        var plain: JSON? = ["Ref": "A"]
        #expect(try resolver.resolve(inPlace: &plain) == "one")
        #expect(plain == ["Ref": "A"])
        var deep: JSON? = ["x": ["Ref": "A"]]
        _ = try resolver.resolve(inPlace: &deep)
        #expect(deep == ["x": "one"])
    }
}

@Suite("Mappings that SAM looks into")
struct MappingsTests {
    private let mappings = Mappings(["Map": ["Top": ["Second": "found"]], "Flat": "x", "Half": ["Top": "x"]])

    @Test(
        "a place that is there is looked up, one that is not stays",
        arguments: [
            (["Map", "Top", "Second"], "found"),
            (["Map", "Top", "Else"], ["Fn::FindInMap": ["Map", "Top", "Else"]]),
            (["Else", "Top", "Second"], ["Fn::FindInMap": ["Else", "Top", "Second"]]),
            (["Map", ["Ref": "X"], "Second"], ["Fn::FindInMap": ["Map", ["Ref": "X"], "Second"]]),
        ] as [(JSON, JSON)])
    func looksUp(arguments: JSON, expected: JSON) throws {
        #expect(try mappings.resolve(["Fn::FindInMap": arguments]) == expected)
    }

    @Test(
        "a call that is none, and a mapping without two levels, are refused",
        arguments: ["Map", ["Map", "Top"], ["Flat", "a", "b"], ["Half", "Top", "b"]] as [JSON])
    func refuses(arguments: JSON) {
        #expect(throws: Fault.self) { try mappings.resolve(["Fn::FindInMap": arguments]) }
    }
}

@Suite("References to what SAM renamed or derived")
struct ReferencesTests {
    private let references = References(
        renamed: ["Layer": "Layer0123456789"], derived: ["Fn": ["Alias": "FnAliaslive", "Version": "FnVersion1"]])

    @Test(
        "references follow",
        arguments: [
            (["Ref": "Layer"], ["Ref": "Layer0123456789"]),
            (["Ref": "Fn.Alias"], ["Ref": "FnAliaslive"]),
            (["Ref": "Fn"], ["Ref": "Fn"]),
            (["Fn::GetAtt": ["Fn", "Version.Version"]], ["Fn::GetAtt": ["FnVersion1", "Version"]]),
            (["Fn::GetAtt": ["Layer", "Arn"]], ["Fn::GetAtt": ["Layer0123456789", "Arn"]]),
            (["Fn::Sub": "${Layer}/${Fn.Alias}/${Fn.Arn}"], ["Fn::Sub": "${Layer0123456789}/${FnAliaslive}/${Fn.Arn}"]),
            (["DependsOn": ["Layer", "Fn"]], ["DependsOn": ["Layer0123456789", "Fn"]]),
            (["DependsOn": "Layer", "x": 1], ["DependsOn": "Layer0123456789", "x": 1]),
            (["LayerName": "Layer"], ["LayerName": "Layer"]),
        ] as [(JSON, JSON)])
    func follow(given: JSON, expected: JSON) {
        #expect(references.rewriting(given) == expected)
    }
}
