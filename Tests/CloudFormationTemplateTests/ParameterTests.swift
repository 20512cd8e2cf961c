import CloudFormationTemplate
import Notation
import Testing

@Suite("Parameters")
struct ParameterTests {
    private func bind(_ declaration: String, _ value: String?) throws -> ParameterValues {
        let template = try template("Parameters:\n  P: \(declaration)\nResources:\n  B: {Type: T}")
        return try template.bind(value.map { [.init("P", $0)] } ?? [])
    }

    @Test(
        "a value that breaks a constraint is refused with CloudFormation's message",
        arguments: [
            ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues"),
            ("{Type: String, AllowedPattern: '[a-z]+'}", "ab1", "Parameter 'P' must match pattern [a-z]+"),
            (
                "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: lower case only}", "A",
                "Parameter P failed to satisfy constraint: lower case only"
            ),
            ("{Type: String, MinLength: 3}", "ab", "Parameter 'P' must contain at least 3 characters"),
            ("{Type: String, MaxLength: '3'}", "abcd", "Parameter 'P' must contain at most 3 characters"),
            ("{Type: Number}", "x", "Parameter 'P' must be a number"),
            ("{Type: Number, MinValue: 2}", "1", "Parameter 'P' must be a number not less than 2"),
            ("{Type: Number, MaxValue: 2}", "2.5", "Parameter 'P' must be a number not greater than 2"),
            ("{Type: List<Number>}", "1, x", "Parameter 'P' must be a number"),
            ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a,c", "Parameter 'P' must be one of AllowedValues"),
            ("{Type: String}", nil, "Parameters: [P] must have values"),
        ] as [(String, String?, String)])
    func refused(_ declaration: String, _ value: String?, _ message: String) {
        #expect(failure { _ = try bind(declaration, value) } == message)
    }

    @Test(
        "an allowed value is what Ref yields",
        arguments: [
            ("{Type: String, AllowedPattern: '[a-z]+', MinLength: 1}", "abc", "abc"),
            ("{Type: Number, AllowedValues: [1, 2.5]}", "2.50", "2.50"),
            ("{Type: Number, Default: 7}", nil, "7"),
            ("{Type: CommaDelimitedList}", "a, b ,c", ["a", "b", "c"]),
            ("{Type: List<Number>}", "80,443", ["80", "443"]),
            ("{Type: List<AWS::EC2::Subnet::Id>}", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]),
            ("{Type: AWS::EC2::VPC::Id}", "vpc-1", "vpc-1"),
            ("{Type: String, Default: ''}", nil, ""),
        ] as [(String, String?, JSON)])
    func allowed(_ declaration: String, _ value: String?, _ expected: JSON) throws {
        #expect(try bind(declaration, value).bound.first?.value == expected)
    }

    @Test("names that the template does not declare are refused")
    func unknown() throws {
        let template = try template("Resources:\n  B: {Type: T}")
        #expect(
            failure { _ = try template.bind([.init("X", "1"), .init("Y", "2")]) }
                == "Parameters: [X, Y] do not exist in the template")
    }

    @Test("a value is kept only when there was one")
    func previous() throws {
        let template = try template("Parameters: {P: {Type: String, Default: d}}\nResources:\n  B: {Type: T}")
        let kept = try template.bind([.init("P", nil, usesPrevious: true)], previous: ["P": "old"])
        #expect(kept.texts == ["P": "old"])
        #expect(
            failure { _ = try template.bind([.init("P", nil, usesPrevious: true)]) }
                == "Invalid input for parameter key P. Cannot specify usePreviousValue as true for a parameter key not in "
                + "the previous template")
    }

    @Test("a parameter kept in Systems Manager is looked up by the caller")
    func stored() throws {
        let template = try template(
            "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /a}}\nResources:\n  B: {Type: T}"
        )
        #expect(try template.bind([]).lookups == ["/a"])
        let bound = try template.bind([], stored: ["/a": "x,y"])
        #expect(bound.lookups.isEmpty)
        #expect(bound.bound.first?.value == ["x", "y"])
        #expect(bound.bound.first?.text == "/a")
    }

    @Test("what must not be echoed is shown as stars")
    func noEcho() throws {
        #expect(try bind("{Type: String, NoEcho: true}", "secret").bound.first?.shown == "****")
        #expect(try bind("{Type: String}", "open").bound.first?.shown == "open")
    }

    @Test("a default that breaks its own constraint is found when the template is read")
    func badDefault() throws {
        let report = try report("Parameters: {P: {Type: Number, Default: x}}\nResources:\n  B: {Type: T}")
        #expect(report.message == "Template format error: Parameter 'P' must be a number")
    }
}
