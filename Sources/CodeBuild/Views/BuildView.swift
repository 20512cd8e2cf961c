internal import Buildspec
internal import Cloud
internal import Notation

/// A build as BatchGetBuilds shows it. Source: AWS CodeBuild API Reference, Build.
enum BuildView {
    static func view(_ machine: BuildMachine) throws -> JSON {
        let order = machine.order
        let settings = order.settings
        var view: JSON = [
            "id": .string(order.id), "arn": .string(order.arn), "buildNumber": .int(order.number),
            "startTime": .double(order.submitted.seconds), "currentPhase": .string(machine.phase.rawValue),
            "buildStatus": .string(machine.status.rawValue), "projectName": .string(order.project),
            "phases": .array(machine.phases.map(phase)), "buildComplete": .bool(machine.phase == .completed),
            "initiator": .string(order.initiator), "logs": logs(machine),
            "artifacts": artifact(machine, nil, settings.artifacts),
        ]
        try addSettings(settings, order, to: &view)
        view["endTime"] = machine.endTime.map { .double($0.seconds) }
        view["sourceVersion"] = order.sourceVersion.map(JSON.string)
        view["resolvedSourceVersion"] = machine.resolvedSourceVersion.map(JSON.string)
        view["secondaryArtifacts"] = secondaryArtifacts(machine)
        view["buildBatchArn"] = (order.batch?.arn).map(JSON.string)
        view["exportedEnvironmentVariables"] = try machine.exported.map { try JSON(encoding: $0) }
        if !machine.reports.isEmpty { view["reportArns"] = .array(machine.reports.map(JSON.string)) }
        if let retry = order.autoRetry {
            var config: JSON = ["autoRetryLimit": .int(retry.limit), "autoRetryNumber": .int(retry.number)]
            config["previousAutoRetry"] = retry.previous.map(JSON.string)
            config["nextAutoRetry"] = machine.nextRetry.map { .string(order.owner.arn("codebuild", "build/\($0)")) }
            view["autoRetryConfig"] = config
        }
        if order.debugSession == true { view["debugSession"] = ["sessionEnabled": true] }
        return view
    }

    /// The settings that builds and batches show alike.
    static func addSettings(_ settings: ProjectSettings, _ order: BuildOrder, to view: inout JSON) throws {
        view["source"] = try JSON(encoding: settings.source)
        view["secondarySources"] = try JSON(encoding: settings.secondarySources ?? [])
        view["secondarySourceVersions"] = try JSON(encoding: settings.secondarySourceVersions ?? [])
        view["environment"] = try environment(settings.environment)
        view["serviceRole"] = .string(settings.serviceRole)
        view["cache"] = try JSON(encoding: settings.cache ?? CacheSettings(type: "NO_CACHE"))
        view["timeoutInMinutes"] = .int(settings.timeoutInMinutes ?? 60)
        view["queuedTimeoutInMinutes"] = .int(settings.queuedTimeoutInMinutes ?? 480)
        view["encryptionKey"] = .string(settings.encryptionKey ?? order.owner.arn("kms", "alias/aws/s3"))
        view["vpcConfig"] = settings.vpcConfig
        view["fileSystemLocations"] = settings.fileSystemLocations
    }

    /// The environment with what is set when nothing is said.
    static func environment(_ settings: EnvironmentSettings) throws -> JSON {
        var view = try JSON(encoding: settings)
        view["privilegedMode"] = .bool(settings.privilegedMode ?? false)
        view["imagePullCredentialsType"] = .string(settings.imagePullCredentialsType ?? "CODEBUILD")
        let variables: [JSON] = (settings.environmentVariables ?? []).map {
            ["name": .string($0.name), "value": .string($0.value), "type": .string($0.type ?? "PLAINTEXT")]
        }
        view["environmentVariables"] = .array(variables)
        return view
    }

    private static func phase(_ phase: PhaseRecord) -> JSON {
        var view: JSON = ["phaseType": .string(phase.name.rawValue), "startTime": .double(phase.start.seconds)]
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

    private static func artifact(_ machine: BuildMachine, _ identifier: String?, _ settings: ArtifactSettings) -> JSON {
        var view: JSON = [:]
        if let result = machine.artifacts.first(where: { $0.identifier == identifier }) {
            view["location"] = .string(result.location)
            view["sha256sum"] = result.sha256.map(JSON.string)
            view["md5sum"] = result.md5.map(JSON.string)
        } else if settings.type == "NO_ARTIFACTS" {
            view["location"] = ""
        }
        view["artifactIdentifier"] = identifier.map(JSON.string)
        view["overrideArtifactName"] = settings.overrideArtifactName.map(JSON.bool)
        view["encryptionDisabled"] = settings.encryptionDisabled.map(JSON.bool)
        return view
    }

    private static func secondaryArtifacts(_ machine: BuildMachine) -> JSON {
        if machine.order.pipeline != nil {
            let made = machine.artifacts.filter { $0.identifier != nil }
            return .array(made.map { artifact(machine, $0.identifier, ArtifactSettings(type: "CODEPIPELINE")) })
        }
        return .array(
            (machine.order.settings.secondaryArtifacts ?? []).map { artifact(machine, $0.artifactIdentifier, $0) })
    }

    // MARK: Logs

    private static func logs(_ machine: BuildMachine) -> JSON {
        let order = machine.order
        let settings = order.settings.logsConfig
        var view = LogsView.view(settings)
        if let place = machine.logs {
            view["groupName"] = .string(place.group)
            view["streamName"] = .string(place.stream)
            view["deepLink"] = .string(deepLink(place, order.owner.region))
            view["cloudWatchLogsArn"] = .string(
                order.owner.arn("logs", "log-group:\(place.group):log-stream:\(place.stream)"))
        }
        if let s3 = settings?.s3Logs, s3.status == "ENABLED", let location = s3.location {
            let text = location.hasPrefix("arn:aws:s3:::") ? String(location.dropFirst(13)) : location
            view["s3LogsArn"] = .string("arn:aws:s3:::\(text)/\(order.uuid).gz")
        }
        return view
    }

    /// Where AWS's console would show the log.
    static func deepLink(_ place: LogPlace, _ region: String) -> String {
        let group = place.group.replacing("/", with: "$252F")
        let stream = place.stream.replacing("/", with: "$252F")
        return "https://console.aws.amazon.com/cloudwatch/home?region=\(region)#logsV2:log-groups/log-group/\(group)"
            + "/log-events/\(stream)"
    }
}

/// The settings of logs, with what is so when nothing is said.
enum LogsView {
    static func view(_ settings: LogsSettings?) -> JSON {
        var view = settings.flatMap { try? JSON(encoding: $0) } ?? [:]
        if view["cloudWatchLogs"] == nil { view["cloudWatchLogs"] = ["status": "ENABLED"] }
        if view["s3Logs"] == nil { view["s3Logs"] = ["status": "DISABLED", "encryptionDisabled": false] }
        return view
    }
}
