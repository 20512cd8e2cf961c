@testable import CodePipeline
import Notation

/// Declarations to test with: small, right, and changed in one place by each test.
enum Declarations {
    static let role = "arn:aws:iam::123456789012:role/pipeline"

    static func source(_ name: String = "Fetch", output: String = "Source", _ more: JSON = [:]) -> JSON {
        var action: JSON = [
            "name": .string(name),
            "actionTypeId": ["category": "Source", "owner": "AWS", "provider": "S3", "version": "1"],
            "configuration": ["S3Bucket": "sources", "S3ObjectKey": .string("\(name).zip")],
            "outputArtifacts": [["name": .string(output)]],
        ]
        action.take(more)
        return action
    }

    static func approval(_ name: String = "Approve", _ more: JSON = [:]) -> JSON {
        var action: JSON = [
            "name": .string(name),
            "actionTypeId": ["category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"],
        ]
        action.take(more)
        return action
    }

    static func function(_ name: String = "Call", _ more: JSON = [:]) -> JSON {
        var action: JSON = [
            "name": .string(name),
            "actionTypeId": ["category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"],
            "configuration": ["FunctionName": "work"],
        ]
        action.take(more)
        return action
    }

    static func stack(_ configuration: JSON, inputs: [String] = ["Source"]) -> JSON {
        [
            "name": "Deploy",
            "actionTypeId": ["category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"],
            "configuration": configuration, "inputArtifacts": .array(inputs.map { ["name": .string($0)] }),
        ]
    }

    static func stage(_ name: String, _ actions: [JSON], _ more: JSON = [:]) -> JSON {
        var stage: JSON = ["name": .string(name), "actions": .array(actions)]
        stage.take(more)
        return stage
    }

    /// A pipeline whose first stage fetches; the others are given.
    static func pipeline(_ stages: [JSON], sources: [JSON] = [source()], _ more: JSON = [:]) -> JSON {
        var pipeline: JSON = [
            "name": "orders", "roleArn": .string(role), "artifactStore": ["type": "S3", "location": "artifacts"],
            "stages": .array([stage("Source", sources)] + stages),
        ]
        pipeline.take(more)
        return pipeline
    }

    static func definition(_ stages: [JSON], sources: [JSON] = [source()], _ more: JSON = [:]) throws
        -> PipelineDefinition
    {
        try pipeline(stages, sources: sources, more).decode(PipelineDefinition.self)
    }
}
