internal import Cloud
internal import Notation

/// What is asked of single actions.
extension DefinitionCheck {
    func checkActions(_ stage: PipelineDefinition.Stage) throws(AWSError) {
        for action in stage.actions {
            let id = action.actionTypeId
            guard let facts = facts(id) else {
                let name = region.uppercased().replacing("-", with: "_")
                throw Self.action(
                    "ActionType (Category: '\(id.category)', Provider: '\(id.provider)', Owner: '\(id.owner)', "
                        + "Version: "
                        + "'\(id.version)') in action '\(action.name)' is not available in region \(name)")
            }
            if let missing = facts.missing {
                throw AWSError.notImplemented(
                    "the action provider \(id.provider) (stage '\(stage.name)', action '\(action.name)'): it needs "
                        + "\(missing)"
                )
            }
            guard (1...Self.maximumRunOrder).contains(action.order) else {
                throw Self.action("The runOrder of action '\(action.name)' must be 1 to \(Self.maximumRunOrder).")
            }
            try checkCounts(action, facts)
            try checkConfiguration(action, facts)
            try checkMembers(action)
            try checkProvider(action)
        }
    }

    private func checkCounts(_ action: PipelineDefinition.Action, _ facts: ActionFacts) throws(AWSError) {
        for (kind, names, range) in [("input", action.inputs, facts.inputs), ("output", action.outputs, facts.outputs)]
        {
            if names.count < range.lowerBound {
                throw Self.action(
                    "Action '\(action.name)' has \(names.count) \(kind) artifacts which is less than the minimum count "
                        + "(\(range.lowerBound))")
            }
            if names.count > range.upperBound {
                throw Self.action(
                    "Action '\(action.name)' has \(names.count) \(kind) artifacts which is more than the maximum count "
                        + "(\(range.upperBound))")
            }
            if let twice = Self.duplicate(names) {
                throw Self.action("Action '\(action.name)' names the \(kind) artifact '\(twice)' more than once.")
            }
        }
    }

    private func checkConfiguration(_ action: PipelineDefinition.Action, _ facts: ActionFacts) throws(AWSError) {
        let configuration = action.configuration ?? [:]
        let known = Set(facts.properties.map(\.name))
        if let unknown = configuration.keys.sorted().first(where: { !known.contains($0) }) {
            throw Self.action(
                "Action configuration for action '\(action.name)' contains unknown configuration '\(unknown)'")
        }
        for property in facts.properties where property.required && (configuration[property.name] ?? "").isEmpty {
            throw Self.action(
                "Action configuration for action '\(action.name)' is missing required configuration '\(property.name)'")
        }
        for (name, value) in configuration.sorted(by: { $0.key < $1.key }) {
            try checkType(action, facts.properties.first { $0.name == name }?.type, name, value)
        }
    }

    private func checkType(
        _ action: PipelineDefinition.Action, _ type: String?, _ name: String, _ value: String
    ) throws(AWSError) {
        let isRight =
            switch type {
            case "Number": Double(value) != nil
            case "Boolean": ["true", "false"].contains(value.lowercased())
            default: true
            }
        guard isRight || value.contains("#{") else {
            throw Self.action("The value of '\(name)' in action '\(action.name)' is no \(type ?? "String").")
        }
    }

    /// Members that only some kinds of action have.
    private func checkMembers(_ action: PipelineDefinition.Action) throws(AWSError) {
        let provider = action.actionTypeId.provider
        let isCommands = action.actionTypeId.category == "Compute"
        let only: [(String, Bool, Bool)] = [
            ("timeoutInMinutes", action.timeoutInMinutes != nil, action.actionTypeId.category == "Approval"),
            ("commands", action.commands != nil, isCommands),
            ("outputVariables", action.outputVariables != nil, isCommands),
            ("environmentVariables", action.environmentVariables != nil, isCommands),
            ("files of output artifacts", action.outputArtifacts?.contains { $0.files != nil } == true, isCommands),
        ]
        for (member, isThere, isAllowed) in only where isThere && !isAllowed {
            throw Self.action("Action '\(action.name)' cannot have \(member): its provider is \(provider).")
        }
        if isCommands, (action.commands ?? []).isEmpty {
            throw Self.action("Action '\(action.name)' must have at least one command.")
        }
        if isCommands, let output = action.outputArtifacts?.first, (output.files ?? []).isEmpty {
            throw Self.action("The output artifact '\(output.name)' of action '\(action.name)' must name its files.")
        }
    }

    private func checkProvider(_ action: PipelineDefinition.Action) throws(AWSError) {
        guard action.actionTypeId.owner == "AWS" else { return }
        switch (action.actionTypeId.category, action.actionTypeId.provider) {
        case ("Source", _): try checkSource(action)
        case (_, "CodeBuild"): try checkBuild(action)
        case ("Deploy", "CloudFormation"): try checkStack(action)
        case ("Deploy", "S3"):
            let isExtracted = action.configuration?["Extract"]?.lowercased()
            try oneOf(action, "Extract", ["true", "false"])
            if isExtracted == "false", action.configuration?["ObjectKey"] == nil {
                throw Self.action(
                    "Action configuration for action '\(action.name)' is missing required configuration 'ObjectKey'")
            }
            if action.configuration?["KMSEncryptionKeyARN"] != nil {
                throw AWSError.notImplemented("KMSEncryptionKeyARN of S3 deploy actions: objects are not encrypted")
            }
        default: return
        }
    }

    private func checkSource(_ action: PipelineDefinition.Action) throws(AWSError) {
        for name in ["PollForSourceChanges", "DetectChanges", "AllowOverrideForS3ObjectKey"] {
            try oneOf(action, name, ["true", "false"])
        }
        try oneOf(action, "OutputArtifactFormat", ["CODE_ZIP", "CODEBUILD_CLONE_REF"])
    }

    private func checkBuild(_ action: PipelineDefinition.Action) throws(AWSError) {
        for name in ["BatchEnabled", "CombineArtifacts"] { try oneOf(action, name, ["true", "false"]) }
        let primary = action.configuration?["PrimarySource"]
        if action.inputs.count > 1, primary == nil {
            throw Self.action(
                "Action configuration for action '\(action.name)' is missing required configuration 'PrimarySource': "
                    + "the action "
                    + "has more than one input artifact.")
        }
        if let primary, !action.inputs.contains(primary), !primary.contains("#{") {
            throw Self.action(
                "The PrimarySource '\(primary)' of action '\(action.name)' is none of its input artifacts.")
        }
        if let text = action.configuration?["EnvironmentVariables"], !text.contains("#{") {
            let variables = (try? JSON(parsing: text))?.array
            guard let variables, variables.allSatisfy({ $0["name"]?.string != nil && $0["value"] != nil }) else {
                throw Self.action(
                    "The EnvironmentVariables of action '\(action.name)' must be a JSON array of objects with name "
                        + "and value."
                )
            }
        }
    }

    private func checkStack(_ action: PipelineDefinition.Action) throws(AWSError) {
        let modes = ["CREATE_UPDATE", "REPLACE_ON_FAILURE", "CHANGE_SET_REPLACE", "CHANGE_SET_EXECUTE", "DELETE_ONLY"]
        try oneOf(action, "ActionMode", modes)
        let configuration = action.configuration ?? [:]
        let mode = configuration["ActionMode"] ?? ""
        var needed: [String] = []
        if mode.hasPrefix("CHANGE_SET") { needed.append("ChangeSetName") }
        if ["CREATE_UPDATE", "REPLACE_ON_FAILURE", "CHANGE_SET_REPLACE"].contains(mode) {
            needed.append("TemplatePath")
        }
        for name in needed where (configuration[name] ?? "").isEmpty {
            throw Self.action(
                "Action configuration for action '\(action.name)' is missing required configuration '\(name)' for "
                    + "the action "
                    + "mode \(mode)")
        }
        if let text = configuration["ParameterOverrides"], !text.contains("#{") {
            guard text.utf8.count <= 1024, (try? JSON(parsing: text))?.object != nil else {
                throw Self.action(
                    "The ParameterOverrides of action '\(action.name)' must be a JSON object of 1 KB at most.")
            }
        }
        for name in ["TemplatePath", "TemplateConfiguration"] {
            guard let path = configuration[name], !path.contains("#{") else { continue }
            let parts = path.split(separator: "::", maxSplits: 1).map(String.init)
            guard parts.count == 2, action.inputs.contains(parts[0]) else {
                throw Self.action(
                    "The \(name) '\(path)' of action '\(action.name)' must be InputArtifact::File, with one of the "
                        + "action's "
                        + "input artifacts.")
            }
        }
        if configuration["OutputFileName"] != nil, action.outputs.isEmpty {
            throw Self.action("Action '\(action.name)' has an OutputFileName but no output artifact to write it to.")
        }
    }

    /// The value, if there is one and it is no variable, must be one of these.
    private func oneOf(
        _ action: PipelineDefinition.Action, _ name: String, _ values: [String]
    ) throws(AWSError) {
        guard let value = action.configuration?[name], !value.contains("#{") else { return }
        guard values.contains(value) || values.contains(value.lowercased()) else {
            throw Self.action(
                "The value '\(value)' of '\(name)' in action '\(action.name)' must be one of "
                    + "\(values.joined(separator: ", "))."
            )
        }
    }
}
