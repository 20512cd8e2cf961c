import Notation
import SAMTransform
import Testing

@Suite("Ids of API deployments")
struct DeploymentTests {
    private static func cases() throws -> [JSON] {
        // The fixture is broken into lines anywhere, also within texts, which have no line breaks of their own.
        try #require(try JSON(parsing: DeploymentFixtures.cases.replacing("\n", with: "")).array)
    }

    private static func transform(_ template: JSON) throws -> JSON {
        let parameters: JSONObject = ["param1": "value1", "param2": "value2"]
        let context = SAMTransform.Context(region: "ap-southeast-1", parameters: parameters)
        return try SAMTransform(context: context).transform(template)
    }

    private static func deployments(in template: JSON) -> Set<String> {
        Set((template["Resources"]?.object ?? [:]).filter { $1["Type"] == "AWS::ApiGateway::Deployment" }.keys)
    }

    @Test("random templates get the ids that AWS's translator gives them")
    func ids() throws {
        let cases = try Self.cases()
        #expect(cases.count >= 40)
        for (number, test) in cases.enumerated() {
            let template = try #require(test[0])
            let expected = Set((test[1]?.array ?? []).compactMap(\.string))
            #expect(!expected.isEmpty)
            #expect(Self.deployments(in: try Self.transform(template)) == expected, "template \(number)")
        }
    }

    @Test("the same template always gets the same ids")
    func repeatable() throws {
        for test in try Self.cases().prefix(10) {
            let template = try #require(test[0])
            #expect(try Self.transform(template) == Self.transform(template))
        }
    }

    @Test("a stage shows the deployment that was made")
    func stages() throws {
        for test in try Self.cases() {
            let result = try Self.transform(try #require(test[0]))
            let shown = (result["Resources"]?.object ?? [:]).values
                .filter { $0["Type"] == "AWS::ApiGateway::Stage" }
                .compactMap { $0["Properties"]?["DeploymentId"]?["Ref"]?.string }
            #expect(Set(shown) == Self.deployments(in: result))
        }
    }

    @Test("what is done to a transformed template again changes nothing")
    func idempotence() throws {
        for test in try Self.cases() {
            let once = try Self.transform(try #require(test[0]))
            #expect(try Self.transform(once) == once)
        }
    }
}
