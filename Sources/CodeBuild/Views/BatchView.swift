internal import Buildspec
internal import Cloud
internal import Notation

/// A batch as BatchGetBuildBatches shows it. Source: AWS CodeBuild API Reference, BuildBatch.
enum BatchView {
    static func view(_ machine: BatchMachine) throws -> JSON {
        let order = machine.order
        let base = BuildOrder(
            uuid: order.uuid, project: order.project, number: order.number, owner: order.owner,
            initiator: order.initiator, submitted: order.submitted, settings: order.settings)
        var view: JSON = [
            "id": .string(order.id), "arn": .string(order.arn), "startTime": .double(order.submitted.seconds),
            "currentPhase": .string(machine.phase), "buildBatchStatus": .string(machine.status.rawValue),
            "projectName": .string(order.project), "phases": .array(machine.phases.map(phase)),
            "complete": .bool(machine.isComplete), "initiator": .string(order.initiator),
            "buildBatchNumber": .int(order.number), "logConfig": LogsView.view(order.settings.logsConfig),
            "buildGroups": .array(groups(machine)), "debugSessionEnabled": .bool(order.debugSession ?? false),
        ]
        try BuildView.addSettings(order.settings, base, to: &view)
        view["buildTimeoutInMinutes"] = view["timeoutInMinutes"]
        view["timeoutInMinutes"] = nil
        view["endTime"] = machine.endTime.map { .double($0.seconds) }
        view["sourceVersion"] = order.sourceVersion.map(JSON.string)
        view["resolvedSourceVersion"] = machine.resolvedSourceVersion.map(JSON.string)
        view["buildBatchConfig"] = try order.settings.buildBatchConfig.map { try JSON(encoding: $0) }
        if let artifact = machine.artifact {
            var shown: JSON = ["location": .string(artifact.location)]
            shown["sha256sum"] = artifact.sha256.map(JSON.string)
            shown["md5sum"] = artifact.md5.map(JSON.string)
            view["artifacts"] = shown
        } else {
            view["artifacts"] = ["location": ""]
        }
        return view
    }

    private static func phase(_ phase: BatchMachine.Phase) -> JSON {
        var view: JSON = ["phaseType": .string(phase.name), "startTime": .double(phase.start.seconds)]
        view["phaseStatus"] = phase.status.map { .string($0.rawValue) }
        guard let end = phase.end else { return view }
        view["endTime"] = .double(end.seconds)
        view["durationInSeconds"] = .int(Int((end - phase.start).inSeconds.rounded()))
        let contexts: [JSON] = phase.contexts.map {
            ["statusCode": .string($0.statusCode), "message": .string($0.message)]
        }
        view["contexts"] = .array(contexts)
        return view
    }

    private static func groups(_ machine: BatchMachine) -> [JSON] {
        (machine.plan?.builds ?? []).map { build in
            let group = machine.groups[build.entry.identifier]
            var view: JSON = [
                "identifier": .string(build.entry.identifier),
                "dependsOn": .array(build.entry.dependsOn.map(JSON.string)),
                "ignoreFailure": .bool(build.entry.ignoresFailure),
                "priorBuildSummaryList": .array((group?.prior ?? []).map(summary)),
            ]
            view["currentBuildSummary"] = (group?.current).map(summary)
            return view
        }
    }

    private static func summary(_ summary: BatchMachine.Summary) -> JSON {
        var view: JSON = [
            "arn": .string(summary.arn), "requestedOn": .double(summary.requested.seconds),
            "buildStatus": .string(summary.status.rawValue),
        ]
        let artifacts: [JSON] = summary.artifacts.map {
            ["type": "S3", "location": .string($0.location), "identifier": .string($0.identifier ?? "")]
        }
        view["primaryArtifact"] = artifacts.first
        view["secondaryArtifacts"] = .array(Array(artifacts.dropFirst()))
        return view
    }
}
