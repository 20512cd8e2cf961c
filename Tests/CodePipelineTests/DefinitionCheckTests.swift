import Cloud
@testable import CodePipeline
import Notation
import Testing

@Suite("What a declaration may say")
struct DefinitionCheckTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let code: String
        let words: String
        let tree: JSON
        var testDescription: String { name }
    }

    private static func refusal(_ tree: JSON) throws -> AWSError? {
        let definition = try tree.decode(PipelineDefinition.self)
        do throws(AWSError) {
            try DefinitionCheck(definition: definition, region: "eu-west-1", custom: []).run()
            return nil
        } catch { return error }
    }

    private static let plain = Declarations.stage("Gate", [Declarations.approval()])
    private static let structure = "InvalidStructureException"
    private static let stage = "InvalidStageDeclarationException"
    private static let action = "InvalidActionDeclarationException"

    private static func one(_ action: JSON) -> JSON { Declarations.pipeline([Declarations.stage("Next", [action])]) }

    private static func build(_ configuration: JSON, inputs: [String] = ["Source"]) -> JSON {
        [
            "name": "Build",
            "actionTypeId": ["category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"],
            "configuration": configuration, "inputArtifacts": .array(inputs.map { ["name": .string($0)] }),
        ]
    }

    private static func conditioned(_ member: String, _ conditions: JSON, _ more: JSON = [:]) -> JSON {
        var extra: JSON = [:]
        extra[member] = conditions
        return Declarations.pipeline([Declarations.stage("Next", [Declarations.approval()], extra)], more)
    }

    private static func rule(_ provider: String, _ configuration: JSON) -> JSON {
        [
            "name": "Ask",
            "ruleTypeId": ["category": "Rule", "owner": "AWS", "provider": .string(provider), "version": "1"],
            "configuration": configuration,
        ]
    }

    static let structureCases: [Case] = [
        Case(
            name: "one stage", code: structure, words: "minimum of 2 stages", tree: Declarations.pipeline([])),
        Case(
            name: "fifty-one stages", code: structure, words: "maximum of 50",
            tree: Declarations.pipeline((0..<50).map { Declarations.stage("S\($0)", [Declarations.approval()]) })),
        Case(
            name: "first stage without a source", code: structure,
            words: "should start with a stage that only contains",
            tree: Declarations.pipeline([plain], sources: [Declarations.approval()])),
        Case(
            name: "a source later", code: structure, words: "only be in the first stage",
            tree: Declarations.pipeline([Declarations.stage("Next", [Declarations.source(output: "Other")])])),
        Case(
            name: "the same stage twice", code: stage, words: "'Gate' is used more than once",
            tree: Declarations.pipeline([plain, plain])),
        Case(
            name: "a stage without actions", code: stage, words: "has 0 actions",
            tree: Declarations.pipeline([Declarations.stage("Next", [])])),
        Case(
            name: "the same action twice", code: action, words: "'Approve' is used more than once",
            tree: Declarations.pipeline([
                Declarations.stage("Next", [Declarations.approval(), Declarations.approval()])
            ])),
        Case(
            name: "no store", code: structure, words: "either artifactStore or artifactStores",
            tree: Declarations.pipeline([plain], ["artifactStore": .null])),
        Case(
            name: "both stores", code: structure, words: "not both",
            tree: Declarations.pipeline([plain], ["artifactStores": ["eu-west-1": ["type": "S3", "location": "a-b"]]])),
        Case(
            name: "a foreign region with one store", code: structure, words: "us-east-1",
            tree: one(Declarations.approval("Approve", ["region": "us-east-1"]))),
        Case(
            name: "stores without the own region", code: structure, words: "region eu-west-1",
            tree: Declarations.pipeline(
                [plain],
                ["artifactStore": .null, "artifactStores": ["us-east-1": ["type": "S3", "location": "a-b"]]])),
    ]

    static let actionCases: [Case] = [
        Case(
            name: "unknown provider", code: action, words: "is not available in region EU_WEST_1",
            tree: one([
                "name": "X",
                "actionTypeId": ["category": "Deploy", "owner": "AWS", "provider": "Rocket", "version": "1"],
            ])),
        Case(
            name: "ECS", code: "NotImplemented", words: "container services",
            tree: one([
                "name": "X", "actionTypeId": ["category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"],
            ])),
        Case(
            name: "missing configuration", code: action, words: "missing required configuration 'FunctionName'",
            tree: one(Declarations.function("Call", ["configuration": [:]]))),
        Case(
            name: "unknown configuration", code: action, words: "contains unknown configuration 'Speed'",
            tree: one(Declarations.function("Call", ["configuration": ["FunctionName": "f", "Speed": "9"]]))),
        Case(
            name: "an input nobody makes", code: action, words: "not declared as Output Artifact Bundle",
            tree: one(Declarations.function("Call", ["inputArtifacts": [["name": "Built"]]]))),
        Case(
            name: "an input made at the same runOrder", code: action, words: "not declared as Output Artifact Bundle",
            tree: Declarations.pipeline([
                Declarations.stage(
                    "Next",
                    [
                        Declarations.function("A", ["outputArtifacts": [["name": "Made"]]]),
                        Declarations.function("B", ["inputArtifacts": [["name": "Made"]]]),
                    ])
            ])),
        Case(
            name: "an output made twice", code: action, words: "must be unique within the pipeline",
            tree: one(Declarations.function("Call", ["outputArtifacts": [["name": "Source"]]]))),
        Case(
            name: "too many inputs", code: action, words: "more than the maximum count (0)",
            tree: one(Declarations.approval("Approve", ["inputArtifacts": [["name": "Source"]]]))),
        Case(
            name: "no output of a source", code: action, words: "less than the minimum count (1)",
            tree: Declarations.pipeline([plain], sources: [Declarations.source("Fetch", ["outputArtifacts": []])])),
        Case(
            name: "runOrder 1000", code: action, words: "must be 1 to 999",
            tree: one(Declarations.approval("Approve", ["runOrder": 1000]))),
        Case(
            name: "a timeout on a function", code: action, words: "cannot have timeoutInMinutes",
            tree: one(Declarations.function("Call", ["timeoutInMinutes": 10]))),
        Case(
            name: "two inputs without a primary source", code: action, words: "'PrimarySource'",
            tree: Declarations.pipeline(
                [Declarations.stage("Next", [build(["ProjectName": "p"], inputs: ["Source", "Other"])])],
                sources: [Declarations.source(), Declarations.source("More", output: "Other")])),
        Case(
            name: "variables that are no JSON", code: action, words: "must be a JSON array",
            tree: one(build(["ProjectName": "p", "EnvironmentVariables": "A=1"]))),
        Case(
            name: "a change set without a name", code: action, words: "'ChangeSetName'",
            tree: one(
                Declarations.stack([
                    "ActionMode": "CHANGE_SET_REPLACE", "StackName": "s", "TemplatePath": "Source::t.yaml",
                ]))),
        Case(
            name: "an unknown action mode", code: action, words: "must be one of CREATE_UPDATE",
            tree: one(Declarations.stack(["ActionMode": "CREATE", "StackName": "s"]))),
        Case(
            name: "a template of no input", code: action, words: "with one of the action's input artifacts",
            tree: one(
                Declarations.stack(["ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "Other::t.yaml"]))),
        Case(
            name: "overrides of 2 KB", code: action, words: "1 KB at most",
            tree: one(
                Declarations.stack([
                    "ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "Source::t.yaml",
                    "ParameterOverrides": .string("{\"A\":\"\(String(repeating: "a", count: 1100))\"}"),
                ]))),
        Case(
            name: "outputs with no artifact", code: action, words: "no output artifact to write it to",
            tree: one(
                Declarations.stack([
                    "ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "Source::t.yaml",
                    "OutputFileName": "out.json",
                ]))),
        Case(
            name: "a reserved namespace", code: action, words: "is reserved",
            tree: one(Declarations.function("Call", ["namespace": "variables"]))),
        Case(
            name: "a namespace twice", code: action, words: "Namespaces must be unique",
            tree: Declarations.pipeline([
                Declarations.stage("A", [Declarations.function("Call", ["namespace": "N"])]),
                Declarations.stage("B", [Declarations.function("Call", ["namespace": "N"])]),
            ])),
        Case(
            name: "a variable of nothing", code: action, words: "#{N.key}",
            tree: one(
                Declarations.function("Call", ["configuration": ["FunctionName": "f", "UserParameters": "#{N.key}"]]))),
        Case(
            name: "a variable of the same group", code: action, words: "#{N.key}",
            tree: Declarations.pipeline([
                Declarations.stage(
                    "A",
                    [
                        Declarations.function("One", ["namespace": "N"]),
                        Declarations.function("Two", ["configuration": ["FunctionName": "#{N.key}"]]),
                    ])
            ])),
    ]

    static let versionCases: [Case] = [
        Case(
            name: "a trigger of no connection", code: structure, words: "no CodeStarSourceConnection source action",
            tree: Declarations.pipeline(
                [plain],
                [
                    "triggers": [
                        ["providerType": "CodeStarSourceConnection", "gitConfiguration": ["sourceActionName": "Fetch"]]
                    ]
                ])),
        Case(
            name: "a variable twice", code: structure, words: "'A' is used more than once",
            tree: Declarations.pipeline([plain], ["variables": [["name": "A"], ["name": "A"]]])),
        Case(
            name: "skip after success", code: stage, words: "SKIP is no result for onSuccess",
            tree: conditioned("onSuccess", ["conditions": [["result": "SKIP", "rules": []]]])),
        Case(
            name: "rollback in PARALLEL mode", code: stage, words: "execution mode is PARALLEL",
            tree: conditioned("onFailure", ["result": "ROLLBACK"], ["executionMode": "PARALLEL"])),
        Case(
            name: "retry with conditions", code: stage, words: "both the result RETRY and conditions",
            tree: conditioned(
                "onFailure", ["result": "RETRY", "conditions": [["result": "ROLLBACK", "rules": []]]])),
        Case(
            name: "skipping by an alarm", code: stage, words: "cannot skip a stage",
            tree: conditioned(
                "beforeEntry",
                ["conditions": [["result": "SKIP", "rules": [rule("CloudWatchAlarm", ["AlarmName": "a"])]]]])),
        Case(
            name: "a rule of no kind", code: stage, words: "'Horoscope'",
            tree: conditioned("beforeEntry", ["conditions": [["result": "FAIL", "rules": [rule("Horoscope", [:])]]]])),
        Case(
            name: "a window that is no cron", code: stage, words: "cannot be read",
            tree: conditioned(
                "beforeEntry",
                ["conditions": [["result": "FAIL", "rules": [rule("DeploymentWindow", ["Cron": "soon"])]]]])),
        Case(
            name: "an unknown operator", code: stage, words: "EQ, NE, CONTAINS or MATCHES",
            tree: conditioned(
                "beforeEntry",
                [
                    "conditions": [
                        [
                            "result": "FAIL",
                            "rules": [rule("VariableCheck", ["Variable": "a", "Value": "b", "Operator": "LT"])],
                        ]
                    ]
                ])),
    ]

    @Test("what is wrong is refused in AWS's words", arguments: structureCases + actionCases + versionCases)
    func refuses(_ example: Case) throws {
        let refusal = try #require(try Self.refusal(example.tree))
        #expect(refusal.code == example.code)
        #expect(refusal.message.contains(example.words), "\(refusal.message)")
    }

    @Test("what is right is taken")
    func accepts() throws {
        let stages = [
            Declarations.stage("Build", [Self.build(["ProjectName": "p", "EnvironmentVariables": "[]"])]),
            Declarations.stage(
                "Deploy",
                [
                    Declarations.function(
                        "First", ["namespace": "N", "runOrder": 1, "outputArtifacts": [["name": "Made"]]]),
                    Declarations.function(
                        "Second",
                        [
                            "runOrder": 2, "inputArtifacts": [["name": "Made"]],
                            "configuration": [
                                "FunctionName": "f",
                                "UserParameters": "#{N.key} #{variables.A} #{codepipeline.PipelineExecutionId}",
                            ],
                        ]),
                ]),
        ]
        #expect(try Self.refusal(Declarations.pipeline(stages, ["variables": [["name": "A"]]])) == nil)
    }

    @Test("a blocker is refused, an empty list of them is not")
    func blockers() throws {
        let blocked = Declarations.stage(
            "Next", [Declarations.approval()], ["blockers": [["name": "b", "type": "Schedule"]]])
        #expect(throws: AWSError.self) { _ = try Declaration(Declarations.pipeline([blocked])) }
        let open = Declarations.stage("Next", [Declarations.approval()], ["blockers": []])
        #expect(throws: Never.self) { _ = try Declaration(Declarations.pipeline([open])) }
    }

    @Test("what only V2 has makes a pipeline V2 that does not say what it is")
    func type() throws {
        let plain = try Declaration(Declarations.pipeline([Self.plain]))
        #expect(plain.stored(version: 3)["pipelineType"] == "V1")
        #expect(plain.stored(version: 3)["version"] == 3)
        let queued = try Declaration(Declarations.pipeline([Self.plain], ["executionMode": "QUEUED"]))
        #expect(queued.stored(version: 1)["pipelineType"] == "V2")
        let empty = Declarations.pipeline([Self.plain], ["variables": [], "triggers": [], "pipelineType": "V1"])
        #expect(try Self.refusal(empty) == nil)
        #expect(try Declaration(empty).stored(version: 1)["pipelineType"] == "V1")
    }

    @Test("a pipeline that says it is V1 may have nothing of V2")
    func version1() throws {
        let members: [(JSON, String, String)] = [
            (
                ["executionMode": "PARALLEL"], "InvalidStructureException",
                "QUEUED or PARALLEL mode can only be used with V2 pipelines"
            ),
            (
                ["variables": [["name": "A"]]], "InvalidStructureException",
                "Pipeline variable can only be used with V2 pipelines"
            ),
            (
                [
                    "triggers": [
                        ["providerType": "CodeStarSourceConnection", "gitConfiguration": ["sourceActionName": "S"]]
                    ]
                ],
                "InvalidStructureException", "Triggers on tag can only be used with V2 pipelines"
            ),
        ]
        for (more, code, message) in members {
            var more = more
            more["pipelineType"] = "V1"
            let refusal = try Self.refusal(Declarations.pipeline([Self.plain], more))
            #expect(refusal?.code == code && refusal?.message == message)
        }
        let conditional = Declarations.stage("Next", [Declarations.approval()], ["onFailure": ["result": "ROLLBACK"]])
        let refusal = try Self.refusal(Declarations.pipeline([conditional], ["pipelineType": "V1"]))
        #expect(refusal?.code == "InvalidStageDeclarationException")
        #expect(refusal?.message == "Stage level conditions can only be used with V2 pipelines.")
    }

    @Test("secrets are masked, and a mask that comes back keeps the secret")
    func secrets() throws {
        let secret: (ActionTypeID) -> Set<String> = { _ in ["FunctionName"] }
        let tree = Declarations.pipeline([Declarations.stage("Next", [Declarations.function()])])
        let masked = Declaration.masked(tree, secret)
        #expect(masked["stages"]?[1]?["actions"]?[0]?["configuration"]?["FunctionName"] == "****")
        #expect(Declaration.unmasked(masked, from: tree, secret) == tree)
    }

    @Test(
        "references in texts",
        arguments: [
            ("plain", []), ("#{a.b}", ["#{a.b}"]), ("x#{a.b}y#{c.d-e}", ["#{a.b}", "#{c.d-e}"]), ("#{a}", []),
            ("#{ a.b}", []), ("#{a.b", []), ("##{a.b}", ["#{a.b}"]),
        ] as [(String, [String])])
    func references(_ text: String, _ found: [String]) {
        #expect(VariableReferences.find(in: text).map(\.text) == found)
    }

    @Test("references are replaced, those without a value are named")
    func resolution() throws {
        let value: (VariableReferences.Reference) -> String? = { $0.key == "b" ? "1" : nil }
        #expect(try VariableReferences.resolve("x#{a.b}#{a}", value) == "x1#{a}")
        #expect(throws: VariableReferences.Unresolved.self) { try VariableReferences.resolve("#{a.c}", value) }
    }
}
