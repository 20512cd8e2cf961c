internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What can be asked about templates.
extension CloudFormationService {
    var templateOperations: [Operation] {
        [
            Operation("GetTemplate", enforces: "StackName ChangeSetName TemplateStage", raw: getTemplate),
            Operation("ValidateTemplate", enforces: "TemplateBody TemplateURL", raw: validateTemplate),
            Operation(
                "GetTemplateSummary", enforces: "TemplateBody TemplateURL StackName TemplateSummaryConfig",
                raw: summarize),
        ]
    }

    private func getTemplate(_ call: Call) async throws -> Reply {
        let key: String
        if let name = call.input["ChangeSetName"]?.string {
            key = try await changeSet(name, stack: call.input["StackName"]?.string, call.caller).revision.templateKey
        } else {
            key = try await named(call).revision.templateKey
        }
        guard let template = try await ledger.get(StackStore.templates, key)?.value else {
            throw AWSError("ValidationError", "Stack [\(call.input["StackName"]?.string ?? "")] has no template yet.")
        }
        let isProcessed = call.input["TemplateStage"]?.string == "Processed"
        let stages: JSON = template.processed.isEmpty ? ["Original"] : ["Original", "Processed"]
        guard !isProcessed || !template.processed.isEmpty else {
            throw AWSError("ValidationError", "There is no processed template: it could not be read.")
        }
        return Reply([
            "TemplateBody": .string(isProcessed ? template.processed : template.original),
            "StagesAvailable": stages,
        ])
    }

    private func validateTemplate(_ call: Call) async throws -> Reply {
        let template = try await read(call)
        return Reply(TemplateSummary(template).validation)
    }

    private func summarize(_ call: Call) async throws -> Reply {
        var answer = TemplateSummary(try await read(call)).summary
        // What is said of types that cannot be run, when asked for by TreatUnrecognizedResourceTypesAsWarnings.
        if call.input["TemplateSummaryConfig"]?["TreatUnrecognizedResourceTypesAsWarnings"]?.bool == true {
            let types = (answer["ResourceTypes"]?.array ?? []).compactMap(\.string)
            var unknown = types.filter { catalogue.type($0) == nil && !$0.hasPrefix("AWS::Serverless::") }
            for type in unknown where ModuleExpansion.isModule(type) {
                let known = try await ledger.get(RegisteredModule.collection, call.caller.scope + type)?.value
                if known?.isDeprecated == false { unknown.removeAll { $0 == type } }
            }
            answer["Warnings"] = ["UnrecognizedResourceTypes": .array(unknown.map(JSON.string))]
        }
        return Reply(answer)
    }

    /// Reads the template a request gives or names. Without transforms everything in it is checked; with them what they
    /// will bring is not known here.
    private func read(_ call: Call) async throws -> Template {
        let input = call.input
        var text = try await intake.text(
            body: input["TemplateBody"]?.string, url: input["TemplateURL"]?.string, caller: call.caller)
        if text == nil, let name = input["StackName"]?.string {
            let stack = try await stack(name, call.caller)
            text = try await ledger.get(StackStore.templates, stack.revision.templateKey)?.value.original
        }
        guard let text else {
            throw AWSError("ValidationError", "Either Template URL or Template Body must be specified.")
        }
        do {
            let source = try TemplateText(parsing: text)
            let hasTransforms = TemplateTransforms.areNeeded(by: source)
            let (template, report) = Template.read(
                source.body, limits: intake.limits, isBeforeTransforms: hasTransforms)
            guard report.isValid else { throw TemplateError(report.located(in: source)) }
            if !hasTransforms { try template.checkForCircles() }
            return template
        } catch let error as TemplateError {
            throw AWSError("ValidationError", error.message)
        }
    }
}
