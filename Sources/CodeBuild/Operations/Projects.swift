internal import Cloud
internal import Ledger
internal import Notation

extension CodeBuildService {
    /// What has its effect when a project is made or changed.
    private static let enforced =
        "name source.type source.location source.gitCloneDepth source.gitSubmodulesConfig source.buildspec source.auth "
        + "source.insecureSsl source.sourceIdentifier secondarySources.type secondarySources.location "
        + "secondarySources.gitCloneDepth secondarySources.gitSubmodulesConfig secondarySources.auth "
        + "secondarySources.insecureSsl secondarySources.sourceIdentifier sourceVersion secondarySourceVersions "
        + "source.reportBuildStatus source.buildStatusConfig artifacts.type artifacts.location artifacts.path artifacts.namespaceType artifacts.name artifacts.packaging "
        + "artifacts.overrideArtifactName artifacts.artifactIdentifier secondaryArtifacts.type "
        + "secondaryArtifacts.location secondaryArtifacts.path secondaryArtifacts.namespaceType "
        + "secondaryArtifacts.name "
        + "secondaryArtifacts.packaging secondaryArtifacts.overrideArtifactName secondaryArtifacts.artifactIdentifier "
        + "cache environment.type environment.image environment.computeType environment.computeConfiguration "
        + "environment.environmentVariables serviceRole timeoutInMinutes queuedTimeoutInMinutes badgeEnabled "
        + "logsConfig.cloudWatchLogs logsConfig.s3Logs.status logsConfig.s3Logs.location buildBatchConfig.serviceRole "
        + "buildBatchConfig.restrictions.maximumBuildsAllowed buildBatchConfig.restrictions.computeTypesAllowed "
        + "buildBatchConfig.timeoutInMins buildBatchConfig.combineArtifacts buildBatchConfig.batchReportMode concurrentBuildLimit autoRetryLimit tags"
    /// What is kept and shown: there is no KMS, no VPC and no container engine; hosts are told of the primary source.
    private static let stored =
        "description secondarySources.buildspec "
        + "secondarySources.reportBuildStatus secondarySources.buildStatusConfig artifacts.encryptionDisabled "
        + "artifacts.bucketOwnerAccess secondaryArtifacts.encryptionDisabled secondaryArtifacts.bucketOwnerAccess "
        + "environment.privilegedMode environment.certificate environment.registryCredential "
        + "environment.imagePullCredentialsType encryptionKey vpcConfig logsConfig.s3Logs.encryptionDisabled "
        + "logsConfig.s3Logs.bucketOwnerAccess fileSystemLocations"

    /// Making, changing, finding and removing projects.
    var projectOperations: [Operation] {
        [
            Operation("CreateProject", enforces: Self.enforced, stores: Self.stored) { (input: ProjectSettings, call) in
                ["project": try await create(input, call)] as JSON
            },
            Operation("UpdateProject", enforces: Self.enforced, stores: Self.stored, raw: updateProject),
            Operation("DeleteProject", enforces: "name") { (input: ProjectName, call) in
                try await delete(input, call)
                return Nothing()
            },
            Operation("BatchGetProjects", enforces: "names") { (input: ProjectNames, call) in
                try await batchGet(input, call)
            },
            Operation("ListProjects", enforces: "sortBy sortOrder nextToken") { (input: ListInput, call) in
                try await listProjects(input, call)
            },
            Operation("InvalidateProjectCache", enforces: "projectName") { (input: ProjectName, call) in
                try await change(input.projectName ?? "", call) { $0.cacheGeneration = ($0.cacheGeneration ?? 0) + 1 }
                return Nothing()
            },
            Operation(
                "UpdateProjectVisibility", enforces: "projectArn projectVisibility", stores: "resourceAccessRole"
            ) { (input: Visibility, call) in try await updateVisibility(input, call) },
        ]
    }

    private func create(_ input: ProjectSettings, _ call: Call) async throws -> JSON {
        try ProjectRules.checkProject(input)
        try ProjectRules.check(input.tags ?? [], call.caller)
        try await judgeRoles(input.serviceRole, batch: input.buildBatchConfig?.serviceRole, call)
        let caller = call.caller
        let project = Project(
            settings: input, arn: caller.arn("codebuild", "project/\(input.name)"), created: call.time,
            lastModified: call.time, badgeToken: ledger.surroundings.chance.hexadecimal(40))
        try await ledger.write { transaction in
            guard try transaction.get(Project.collection, caller.key(input.name)) == nil else {
                throw AWSError("ResourceAlreadyExistsException", "Project already exists: \(project.arn)")
            }
            try transaction.insert(Project.collection, caller.key(input.name), project)
        }
        return try ProjectView.view(project, caller, endpoint: cloud.endpoint)
    }

    /// Each member that is given takes the place of what was there; the others stay.
    private func updateProject(_ call: Call) async throws -> Reply {
        let given = call.input.object ?? [:]
        try ProjectRules.check(call.input["tags"]?.decode([ProjectSettings.Tag].self) ?? [], call.caller)
        try await judgeRoles(
            call.input["serviceRole"]?.string, batch: call.input["buildBatchConfig"]?["serviceRole"]?.string, call)
        let project = try await change(call.input["name"]?.string ?? "", call) { project in
            var tree = try JSON(encoding: project.settings)
            for (member, value) in given where member != "name" {
                tree[member] = value.object?.isEmpty == true ? nil : value
            }
            var settings = try tree.decode(ProjectSettings.self)
            // The only way to take a limit away (User Guide, "Change a build project's settings").
            if settings.concurrentBuildLimit == -1 { settings.concurrentBuildLimit = nil }
            try ProjectRules.checkProject(settings)
            project.settings = settings
        }
        return Reply(["project": try ProjectView.view(project, call.caller, endpoint: cloud.endpoint)])
    }

    /// Whether the caller may give CodeBuild these roles, and CodeBuild can act as the one of builds. That of batches is
    /// tried when a batch begins.
    ///
    /// - Throws: `AccessDeniedException`, `InvalidInputException`.
    func judgeRoles(_ role: String?, batch: String?, _ call: Call) async throws {
        if let role {
            try await cloud.judge(
                role, for: Self.principal, as: call.caller,
                else: .invalidInput("CodeBuild is not authorized to perform: sts:AssumeRole on \(role)"))
        }
        if let batch { try await cloud.judgePassing(batch, to: Self.principal, as: call.caller) }
    }

    static let principal = "codebuild.amazonaws.com"

    /// Changes a project, and its time of change with it.
    ///
    /// - Throws: `ResourceNotFoundException`; what the closure throws.
    @discardableResult
    func change(
        _ name: String, _ call: Call, _ body: @escaping @Sendable (inout Project) throws -> Void
    ) async throws -> Project {
        try await ledger.write { transaction in
            var project = try Project.get(name, call.caller, in: transaction)
            try body(&project)
            project.lastModified = transaction.now
            try transaction.put(Project.collection, call.caller.key(project.settings.name), project)
            return project
        }
    }

    /// A project that is not there is as good as deleted. Its builds stay, as on AWS.
    private func delete(_ input: ProjectName, _ call: Call) async throws {
        let key = call.caller.key(Project.name(input.name ?? ""))
        try await ledger.write { try $0.delete(Project.collection, key) }
    }

    private func batchGet(_ input: ProjectNames, _ call: Call) async throws -> JSON {
        var found: [JSON] = []
        var missing: [JSON] = []
        for name in input.names {
            if let project = try await ledger.get(Project.collection, call.caller.key(Project.name(name)))?.value {
                found.append(try ProjectView.view(project, call.caller, endpoint: cloud.endpoint))
            } else {
                missing.append(.string(name))
            }
        }
        return ["projects": .array(found), "projectsNotFound": .array(missing)]
    }

    private func listProjects(_ input: ListInput, _ call: Call) async throws -> JSON {
        var all = try await ledger.list(Project.collection, prefix: call.caller.scope).map(\.value)
        switch input.sortBy ?? "NAME" {
        case "CREATED_TIME": all.sort { $0.created < $1.created }
        case "LAST_MODIFIED_TIME": all.sort { $0.lastModified < $1.lastModified }
        default: all.sort { $0.settings.name < $1.settings.name }
        }
        if input.sortOrder == "DESCENDING" { all.reverse() }
        return try Page(all.map(\.settings.name), token: input.nextToken).answer("projects")
    }

    private func updateVisibility(_ input: Visibility, _ call: Call) async throws -> JSON {
        let alias = ledger.surroundings.chance.hexadecimal(32)
        let project = try await change(input.projectArn, call) { project in
            project.visibility = input.projectVisibility
            project.resourceAccessRole = input.resourceAccessRole ?? project.resourceAccessRole
            project.publicAlias = input.projectVisibility == "PUBLIC_READ" ? project.publicAlias ?? alias : nil
        }
        var answer: JSON = ["projectArn": .string(project.arn), "projectVisibility": .string(input.projectVisibility)]
        answer["publicProjectAlias"] = project.publicAlias.map(JSON.string)
        return answer
    }
}

private struct ProjectName: Decodable, Sendable {
    var name: String?
    var projectName: String?
}

private struct ProjectNames: Decodable, Sendable {
    var names: [String]
}

private struct Visibility: Decodable, Sendable {
    var projectArn: String
    var projectVisibility: String
    var resourceAccessRole: String?
}
