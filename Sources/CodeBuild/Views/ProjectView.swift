internal import Cloud
internal import Notation

/// A project as BatchGetProjects shows it: what was said, and what is so when nothing was.
enum ProjectView {
    static func view(_ project: Project, _ caller: Caller, endpoint: String) throws -> JSON {
        let settings = project.settings
        var view = try JSON(encoding: settings)
        view["badgeEnabled"] = nil
        view["arn"] = .string(project.arn)
        view["created"] = .double(project.created.seconds)
        view["lastModified"] = .double(project.lastModified.seconds)
        view["source"] = try source(settings.source)
        view["artifacts"] = try artifacts(settings.artifacts, settings.name)
        view["secondarySources"] = .array(try (settings.secondarySources ?? []).map(source))
        let secondary = try (settings.secondaryArtifacts ?? []).map { try artifacts($0, settings.name) }
        view["secondaryArtifacts"] = .array(secondary)
        view["secondarySourceVersions"] = try JSON(encoding: settings.secondarySourceVersions ?? [])
        view["environment"] = try BuildView.environment(settings.environment)
        view["cache"] = try JSON(encoding: settings.cache ?? CacheSettings(type: "NO_CACHE"))
        view["timeoutInMinutes"] = .int(settings.timeoutInMinutes ?? 60)
        view["queuedTimeoutInMinutes"] = .int(settings.queuedTimeoutInMinutes ?? 480)
        view["encryptionKey"] = .string(settings.encryptionKey ?? caller.arn("kms", "alias/aws/s3"))
        view["tags"] = try JSON(encoding: settings.tags ?? [])
        view["badge"] = badge(project, endpoint)
        view["logsConfig"] = LogsView.view(settings.logsConfig)
        view["projectVisibility"] = .string(project.visibility ?? "PRIVATE")
        view["publicProjectAlias"] = project.publicAlias.map(JSON.string)
        view["resourceAccessRole"] = project.resourceAccessRole.map(JSON.string)
        view["webhook"] = try project.webhook.map { try webhook($0, endpoint) }
        return view
    }

    private static func source(_ settings: SourceSettings) throws -> JSON {
        var view = try JSON(encoding: settings)
        if settings.insecureSsl == nil { view["insecureSsl"] = false }
        if settings.isGit, settings.reportBuildStatus == nil, settings.type != "CODECOMMIT" {
            view["reportBuildStatus"] = false
        }
        return view
    }

    private static func artifacts(_ settings: ArtifactSettings, _ project: String) throws -> JSON {
        var view = try JSON(encoding: settings)
        if settings.type == "S3" {
            if settings.namespaceType == nil { view["namespaceType"] = "NONE" }
            if settings.packaging == nil { view["packaging"] = "NONE" }
            if settings.name == nil { view["name"] = .string(project) }
        }
        if settings.type != "NO_ARTIFACTS", settings.encryptionDisabled == nil { view["encryptionDisabled"] = false }
        return view
    }

    private static func badge(_ project: Project, _ endpoint: String) -> JSON {
        guard project.settings.badgeEnabled == true else { return ["badgeEnabled": false] }
        let address = "\(endpoint)\(BadgeDesk.path)?uuid=\(project.badgeToken)&branch=main"
        return ["badgeEnabled": true, "badgeRequestUrl": .string(address)]
    }

    /// The webhook; its secret only when it was just made.
    static func webhook(_ webhook: ProjectWebhook, _ endpoint: String, showsSecret: Bool = false) throws -> JSON {
        let address = "\(endpoint)\(WebhookDesk.path)\(webhook.token)"
        var view: JSON = [
            "url": .string(address), "payloadUrl": .string(address), "buildType": .string(webhook.buildType ?? "BUILD"),
            "lastModifiedSecret": .double(webhook.lastModifiedSecret.seconds), "status": "ACTIVE",
        ]
        view["branchFilter"] = webhook.branchFilter.map(JSON.string)
        view["filterGroups"] = try webhook.filterGroups.map { try JSON(encoding: $0) }
        view["manualCreation"] = webhook.manualCreation.map(JSON.bool)
        if showsSecret { view["secret"] = .string(webhook.secret) }
        return view
    }
}
