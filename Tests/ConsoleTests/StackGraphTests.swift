import Notation
import Testing

@testable import Console

@Suite("The graph of a stack's resources")
struct StackGraphTests {
    @Test("what leans on what is read from references, attributes, texts and DependsOn")
    func needs() {
        let template: JSON = [
            "Resources": [
                "A": ["Type": "T"], "B": ["Type": "T", "Properties": ["X": ["Ref": "A"]]],
                "C": ["Type": "T", "Properties": ["X": ["Fn::GetAtt": ["B", "Arn"]], "Y": ["Fn::GetAtt": "A.Arn"]]],
                "D": ["Type": "T", "Properties": ["X": ["Fn::Sub": "${A}-${B.Arn}-${!C}-${AWS::Region}"]]],
                "E": ["Type": "T", "DependsOn": ["D", "Nobody"], "Properties": ["X": ["Ref": "E"]]],
                "F": ["Type": "T", "DependsOn": "E"],
            ]
        ]
        let needs = StackGraph.needs(template)
        #expect(needs["A"] == [])
        #expect(needs["B"] == ["A"])
        #expect(needs["C"] == ["A", "B"])
        #expect(needs["D"] == ["A", "B"])
        #expect(needs["E"] == ["D"])
        #expect(needs["F"] == ["E"])
    }

    private func node(_ name: String, _ needs: [String] = [], status: String = "CREATE_COMPLETE") -> StackGraph.Node {
        .init(name: name, type: "AWS::SSM::Parameter", status: status, needs: needs)
    }

    @Test("each stands to the right of everything it leans on, circles included somehow")
    func columns() {
        let graph = StackGraph(nodes: [
            node("C", ["B", "A"]), node("B", ["A"]), node("A"), node("X"), node("L", ["Gone"]),
        ])
        #expect(graph.columns.map { $0.map(\.name) } == [["A", "L", "X"], ["B"], ["C"]])
        let circle = StackGraph(nodes: [node("A", ["B"]), node("B", ["A"])])
        #expect(circle.columns.flatMap { $0 }.count == 2)
    }

    @Test("the drawing has a shape for each resource, a line for each reference, and no markup of anybody else's")
    func drawing() {
        let markup = StackGraph(
            nodes: [node("A", status: "CREATE_FAILED"), node("<b>", ["A"], status: "UPDATE_IN_PROGRESS")]
        ).html.markup
        #expect(markup.components(of: "<rect") == 2)
        #expect(markup.components(of: "<path") == 1)
        #expect(markup.contains("node bad") && markup.contains("node busy"))
        #expect(!markup.contains("<b>"))
        #expect(StackGraph(nodes: []).html.markup.isEmpty)
        #expect(StackGraph(nodes: (0...StackGraph.limit).map { node("N\($0)") }).html.markup.isEmpty)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
