internal import Cloud
internal import Notation

/// The CloudFormation resource types of CodeBuild.
///
/// Source: AWS CloudFormation Template Reference, AWS::CodeBuild::Project, ReportGroup, SourceCredential.
enum CodeBuildResources {
    static let all: [ResourceType] = [project, reportGroup, sourceCredential]

    private static let project = ResourceType(
        "AWS::CodeBuild::Project",
        enforces: "Name Source.Type Source.Location Source.GitCloneDepth Source.GitSubmodulesConfig Source.BuildSpec "
            + "Source.Auth Source.InsecureSsl Source.SourceIdentifier SecondarySources SourceVersion "
            + "SecondarySourceVersions Artifacts.Type Artifacts.Location Artifacts.Path Artifacts.NamespaceType "
            + "Artifacts.Name Artifacts.Packaging Artifacts.OverrideArtifactName Artifacts.ArtifactIdentifier "
            + "SecondaryArtifacts Cache Environment.Type Environment.Image Environment.ComputeType "
            + "Environment.EnvironmentVariables ServiceRole TimeoutInMinutes QueuedTimeoutInMinutes BadgeEnabled "
            + "LogsConfig BuildBatchConfig ConcurrentBuildLimit AutoRetryLimit Tags Triggers.Webhook "
            + "Triggers.BuildType Triggers.FilterGroups Visibility Source.ReportBuildStatus "
            + "Source.BuildStatusConfig",
        stores: "Description Artifacts.EncryptionDisabled "
            + "Environment.PrivilegedMode Environment.Certificate Environment.RegistryCredential "
            + "Environment.ImagePullCredentialsType EncryptionKey VpcConfig FileSystemLocations ResourceAccessRole",
        requires: "Artifacts Environment ServiceRole Source", replacedBy: "Name", attributes: "Arn",
        nameProperty: "Name",
        .init(
            create: { request in
                let name = request.properties["Name"]?.string ?? request.generatedName(limit: 150)
                let input = request.projectInput(name)
                do { try await request.call("codebuild", "CreateProject", input) } catch let error as AWSError
                    where error.code == "ResourceAlreadyExistsException"
                {
                    // An earlier attempt of ours made it, or it is somebody else's.
                    guard try await request.isOurs(name) else { throw error }
                    try await request.call("codebuild", "UpdateProject", input)
                }
                try await request.applyTriggers(name)
                return ResourceState(name, attributes: request.arn(name))
            },
            update: { request in
                let name = request.physicalID ?? ""
                try await request.call("codebuild", "UpdateProject", request.projectInput(name))
                try await request.applyTriggers(name)
                return ResourceState(name, attributes: request.arn(name))
            },
            delete: { request in
                try await request.call("codebuild", "DeleteProject", ["name": .string(request.physicalID ?? "")])
            },
            read: { request in
                let name = request.physicalID ?? ""
                let answer = try await request.call("codebuild", "BatchGetProjects", ["names": [.string(name)]])
                guard let found = answer["projects"]?[0] else { return nil }
                return PropertyNames.properties(of: found)
            },
            list: { request in
                try await request.pages("codebuild", "ListProjects", of: "projects", token: "nextToken")
                    .map { ResourceState($0.string ?? "") }
            }))

    private static let reportGroup = ResourceType(
        "AWS::CodeBuild::ReportGroup", enforces: "Name Type ExportConfig DeleteReports Tags",
        requires: "Type ExportConfig", replacedBy: "Name Type", attributes: "Arn", nameProperty: "Name",
        .init(
            create: { request in
                let name = request.properties["Name"]?.string ?? request.generatedName(limit: 128)
                let arn = request.caller.arn("codebuild", "report-group/\(name)")
                var input = PropertyNames.lowered(request.properties)
                input["name"] = .string(name)
                input["deleteReports"] = nil
                input["tags"] = request.tagList
                do { try await request.call("codebuild", "CreateReportGroup", input) } catch let error as AWSError
                    where error.code == "ResourceAlreadyExistsException"
                {
                    let answer = try await request.call(
                        "codebuild", "BatchGetReportGroups", ["reportGroupArns": [.string(arn)]])
                    guard answer["reportGroups"]?[0]?["tags"] == request.tagList else { throw error }
                }
                return ResourceState(arn, attributes: ["Arn": .string(arn)])
            },
            update: { request in
                let arn = JSON.string(request.physicalID ?? "")
                let config = PropertyNames.lowered(request.properties)["exportConfig"] ?? [:]
                try await request.call(
                    "codebuild", "UpdateReportGroup", ["arn": arn, "exportConfig": config, "tags": request.tagList])
                return ResourceState(request.physicalID ?? "", attributes: ["Arn": arn])
            },
            delete: { request in
                let deletes = request.properties["DeleteReports"].map(PropertyNames.truth) ?? false
                try await request.call(
                    "codebuild", "DeleteReportGroup",
                    ["arn": .string(request.physicalID ?? ""), "deleteReports": .bool(deletes)])
            },
            read: { request in
                let arns: JSON = [.string(request.physicalID ?? "")]
                let answer = try await request.call("codebuild", "BatchGetReportGroups", ["reportGroupArns": arns])
                guard let found = answer["reportGroups"]?[0] else { return nil }
                let properties = PropertyNames.properties(of: found)
                let names = ["Arn", "Name", "Type", "ExportConfig", "Tags"]
                return .object((properties.object ?? [:]).filter { name, _ in names.contains(name) })
            },
            list: { request in
                try await request.pages("codebuild", "ListReportGroups", of: "reportGroups", token: "nextToken")
                    .map { ResourceState($0.string ?? "", attributes: ["Arn": $0]) }
            }))

    private static let sourceCredential = ResourceType(
        "AWS::CodeBuild::SourceCredential", enforces: "ServerType AuthType Token Username",
        requires: "ServerType AuthType Token", replacedBy: "ServerType",
        .init(
            create: { request in
                let answer = try await request.call(
                    "codebuild", "ImportSourceCredentials", PropertyNames.lowered(request.properties))
                return ResourceState(answer["arn"]?.string ?? "")
            },
            update: { request in
                try await request.call(
                    "codebuild", "ImportSourceCredentials", PropertyNames.lowered(request.properties))
                return ResourceState(request.physicalID ?? "")
            },
            delete: { request in
                do {
                    try await request.call(
                        "codebuild", "DeleteSourceCredentials", ["arn": .string(request.physicalID ?? "")])
                } catch let error as AWSError where error.code == "ResourceNotFoundException" {}
            },
            read: { request in
                let found = try await request.call("codebuild", "ListSourceCredentials", [:])
                let known = found["sourceCredentialsInfos"]?.array?.first { $0["arn"]?.string == request.physicalID }
                // The token is never shown.
                return known.map { ["ServerType": $0["serverType"] ?? "", "AuthType": $0["authType"] ?? ""] }
            },
            list: { request in
                let found = try await request.call("codebuild", "ListSourceCredentials", [:])
                return (found["sourceCredentialsInfos"]?.array ?? []).map { ResourceState($0["arn"]?.string ?? "") }
            }))
}

extension ResourceRequest {
    fileprivate func arn(_ name: String) -> JSONObject {
        ["Arn": .string(caller.arn("codebuild", "project/\(name)"))]
    }

    /// The tags as CodeBuild takes them.
    fileprivate var tagList: JSON {
        .array(allTags.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }

    /// What CreateProject and UpdateProject take; what the template does not say any more goes back to its default.
    fileprivate func projectInput(_ name: String) -> JSON {
        var input = PropertyNames.lowered(properties)
        for member in ["triggers", "visibility", "resourceAccessRole"] { input[member] = nil }
        input["name"] = .string(name)
        input["tags"] = tagList
        let defaults: [(String, JSON)] = [
            ("cache", ["type": "NO_CACHE"]), ("secondarySources", []), ("secondaryArtifacts", []),
            ("secondarySourceVersions", []), ("badgeEnabled", false), ("timeoutInMinutes", 60),
            ("queuedTimeoutInMinutes", 480), ("description", ""), ("sourceVersion", ""),
        ]
        // Empty ones take away what there was.
        let empty: [(String, JSON)] = [
            ("VpcConfig", [:]), ("FileSystemLocations", []), ("LogsConfig", [:]), ("BuildBatchConfig", [:]),
            ("ConcurrentBuildLimit", -1), ("AutoRetryLimit", 0),
            ("EncryptionKey", .string(caller.arn("kms", "alias/aws/s3"))),
        ]
        for (property, value) in empty where properties[property] == nil && previous?[property] != nil {
            input[property.prefix(1).lowercased() + property.dropFirst()] = value
        }
        if physicalID != nil { for (member, value) in defaults where input[member] == nil { input[member] = value } }
        return input
    }

    /// Whether the project carries the tags of this stack's resource.
    fileprivate func isOurs(_ name: String) async throws -> Bool {
        let answer = try await call("codebuild", "BatchGetProjects", ["names": [.string(name)]])
        let tags = answer["projects"]?[0]?["tags"]?.array ?? []
        func has(_ key: String, _ value: String) -> Bool {
            tags.contains { $0["key"]?.string == key && $0["value"]?.string == value }
        }
        return has("aws:cloudformation:stack-id", stackID) && has("aws:cloudformation:logical-id", logicalID)
    }

    /// Makes, changes or removes the project's webhook, and sets who may see it.
    fileprivate func applyTriggers(_ name: String) async throws {
        let triggers = properties["Triggers"]
        var input: JSON = ["projectName": .string(name)]
        input["buildType"] = triggers?["BuildType"]
        input["filterGroups"] = triggers?["FilterGroups"].map(PropertyNames.lowered)
        if triggers?["Webhook"].map(PropertyNames.truth) == true {
            do { try await call("codebuild", "CreateWebhook", input) } catch let error as AWSError
                where error.code == "ResourceAlreadyExistsException"
            { try await call("codebuild", "UpdateWebhook", input) }
        } else if previous?["Triggers"]?["Webhook"].map(PropertyNames.truth) == true {
            do { try await call("codebuild", "DeleteWebhook", ["projectName": .string(name)]) } catch let error
                as AWSError
                where error.code == "ResourceNotFoundException"
            {}
        }
        guard let visibility = properties["Visibility"] ?? (previous?["Visibility"] == nil ? nil : "PRIVATE") else {
            return
        }
        var wish: JSON = [
            "projectArn": .string(caller.arn("codebuild", "project/\(name)")), "projectVisibility": visibility,
        ]
        wish["resourceAccessRole"] = properties["ResourceAccessRole"]
        try await call("codebuild", "UpdateProjectVisibility", wish)
    }
}
