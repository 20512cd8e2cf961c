package import Cloud
package import CloudFormationTemplate
internal import HTTP
internal import Ledger
internal import Notation

/// Takes templates in: fetches, transforms, reads, binds, resolves and checks them, before anything is touched.
package struct TemplateIntake: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let catalogue: TypeCatalogue
    /// What templates are held to.
    package let limits: TemplateLimits

    /// A template that has come through.
    struct Accepted: Sendable {
        var text: TemplateText
        /// After transforms.
        var processed: JSON
        var resolved: ResolvedTemplate
        var parameters: ParameterValues
        var plan: OperationPlan
        var imports: [String]
        /// The fragments of the modules in it, by type.
        var modules: [String: JSON]

        /// The modules that resources come from, by logical id, as ModuleInfo.
        var origins: [String: JSON] {
            let origins = resolved.resources.compactMap { resource in
                resource.metadata?[ModuleExpansion.metadataKey].map { (resource.logicalID, $0.json) }
            }
            return Dictionary(origins) { first, _ in first }
        }

        /// What must not be shown.
        var secrets: [String] {
            parameters.bound.filter(\.parameter.isNoEcho).map { $0.resolved ?? $0.text }.filter { !$0.isEmpty }
        }
    }

    /// The stack that a template is taken in for.
    struct Destination: Sendable {
        var caller: Caller
        var stackName: String
        var stackID: String
        /// The parameters it has now.
        var previous: [String: String] = [:]
        /// Exports that there will be, besides those there are.
        var exports: [String: String] = [:]
        /// Whether the caller will look before anything is done: then expanding needs no acknowledgement.
        var isReviewed = false
        /// Fragments of modules that take precedence over those registered now: see ``StackTemplate/modules``.
        var modules: [String: JSON] = [:]
    }

    /// Takes a template in for a stack.
    ///
    /// - Throws: ``AWSError`` `ValidationError` in CloudFormation's words, or `InsufficientCapabilitiesException`.
    func accept(_ original: String, _ submission: Submission, for destination: Destination) async throws -> Accepted {
        do {
            return try await accept(TemplateText(parsing: original), submission, destination)
        } catch let error as TemplateError {
            throw AWSError("ValidationError", error.message)
        }
    }

    /// The template after its transforms, for a look at what it has.
    ///
    /// - Throws: as ``accept(_:_:for:)`` does.
    func expanded(_ original: String, _ submission: Submission, for destination: Destination) async throws -> JSON {
        do {
            return try await expand(TemplateText(parsing: original), submission, destination).body
        } catch let error as TemplateError {
            throw AWSError("ValidationError", error.message)
        }
    }

    /// A template after its transforms, with what was bound on the way.
    private struct Expanded {
        var draft: Template
        var context: StackContext
        var body: JSON
        var modules: [String: JSON]
    }

    private func expand(
        _ text: TemplateText, _ submission: Submission, _ destination: Destination
    ) async throws -> Expanded {
        var context = StackContext(
            accountID: destination.caller.account, region: destination.caller.region,
            stackName: destination.stackName, stackID: destination.stackID)
        context.notificationARNs = submission.NotificationARNs ?? []
        let (draft, report) = Template.read(text.body, limits: limits, isBeforeTransforms: true)
        // Values are asked for before transforms are carried out: they need sound declarations.
        let faults = report.about(section: "Parameters")
        guard faults.isValid else { throw TemplateError(faults.located(in: text)) }
        context.parameters = try await bind(draft, submission, destination)
        let transforms = TemplateTransforms(intake: self, caller: destination.caller, context: context)
        let (body, modules) = try await transforms.apply(to: text.body, pinned: destination.modules)
        return Expanded(draft: draft, context: context, body: body, modules: modules)
    }

    private func accept(
        _ text: TemplateText, _ submission: Submission, _ destination: Destination
    ) async throws -> Accepted {
        let expanded = try await expand(text, submission, destination)
        var context = expanded.context
        let (template, report) = Template.read(expanded.body, limits: limits)
        guard report.isValid else { throw TemplateError(report.located(in: text)) }
        if template.parameters.count != expanded.draft.parameters.count {
            context.parameters = try await bind(template, submission, destination)
        }
        try check(template, expanded.draft.transforms + expanded.modules.keys.sorted(), submission, destination)
        let resolved = try await resolve(template, &context, destination)
        try check(resolved, text, submission, destination)
        return Accepted(
            text: text, processed: expanded.body, resolved: resolved, parameters: context.parameters,
            plan: OperationPlan(resolved, types: catalogue.facts(resolved.resources.map(\.type))),
            imports: context.exports.keys.sorted(), modules: expanded.modules)
    }

    /// Binds the parameters, asking Systems Manager for those that are kept there.
    private func bind(
        _ template: Template, _ submission: Submission, _ destination: Destination
    ) async throws -> ParameterValues {
        let first = try template.bind(submission.given, previous: destination.previous, limits: limits)
        let names = Set(first.lookups)
        guard !names.isEmpty else { return first }
        var stored: [String: String] = [:]
        for name in names.sorted() {
            do {
                let answer = try await cloud.call(
                    "ssm", "GetParameter", ["Name": .string(name)], as: destination.caller)
                stored[name] = answer["Parameter"]?["Value"]?.string
            } catch let error as AWSError where error.code == "ParameterNotFound" {
                throw AWSError(
                    "ValidationError",
                    "Unable to fetch parameters [\(name)] from parameter store for this account.")
            }
        }
        return try template.bind(submission.given, previous: destination.previous, stored: stored, limits: limits)
    }

    private func check(
        _ template: Template, _ transforms: [String], _ submission: Submission, _ destination: Destination
    ) throws {
        let capabilities = Capabilities(template, transforms: destination.isReviewed ? [] : transforms)
        let missing = capabilities.missing(from: submission.Capabilities ?? [])
        guard missing.isEmpty else {
            throw AWSError(
                "InsufficientCapabilitiesException", "Requires capabilities : [\(missing.joined(separator: ", "))]")
        }
        try PolicyAttributes.check(template)
        guard let allowed = submission.ResourceTypes, !allowed.isEmpty else { return }
        for resource in template.resources where !allowed.contains(where: { Self.matches($0, resource.type) }) {
            throw AWSError(
                "ValidationError",
                "Resource type \(resource.type) is not in the list of resource types for this operation")
        }
    }

    private static func matches(_ pattern: String, _ type: String) -> Bool {
        pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : pattern == type
    }

    /// Looks a template over that is kept for later: its form, the values of its parameters, the acknowledgements.
    ///
    /// - Returns: the parameters, all of them bound.
    /// - Throws: as ``accept(_:_:for:)`` does.
    package func review(_ original: String, _ submission: Submission, previous: [String: String]) throws -> [Stack
        .Parameter]
    {
        do {
            let text = try TemplateText(parsing: original)
            let hasTransforms = TemplateTransforms.areNeeded(by: text)
            let (template, report) = Template.read(text.body, limits: limits, isBeforeTransforms: hasTransforms)
            guard report.isValid else { throw TemplateError(report.located(in: text)) }
            let destination = Destination(
                caller: Caller(account: "", region: "", principal: ""), stackName: "", stackID: "")
            try check(template, template.transforms, submission, destination)
            let bound = try template.bind(submission.given, previous: previous, limits: limits)
            return bound.bound.map {
                Stack.Parameter(name: $0.parameter.name, value: $0.text, resolved: nil, isNoEcho: $0.parameter.isNoEcho)
            }
        } catch let error as TemplateError {
            throw AWSError("ValidationError", error.message)
        }
    }

    /// Resolves the template, looking up what it imports.
    private func resolve(
        _ template: Template, _ context: inout StackContext, _ destination: Destination
    ) async throws -> ResolvedTemplate {
        let caller = destination.caller
        let first = try template.resolve(context)
        let names = first.openImports
        guard !names.isEmpty else { return first }
        for name in names {
            if let known = destination.exports[name] {
                context.exports[name] = known
                continue
            }
            let found = try await ledger.find(StackStore.stacks, "export", caller.scope + name, limit: 1).first
            guard let export = found?.value.exports.first(where: { $0.name == name }) else {
                throw AWSError("ValidationError", "No export named \(name) found.")
            }
            context.exports[name] = export.value
        }
        return try template.resolve(context)
    }

    /// Unknown types, unknown properties, values of the wrong kind: with line and remedy, since AWS has no wording for
    /// all of them.
    ///
    /// `DisableValidation` lets pass what is only against the published schema; what cannot be run here is refused all
    /// the same.
    ///
    /// - Throws: ``PropertyFindings`` when there will be a change set to tell them of, else ``AWSError``.
    private func check(
        _ template: ResolvedTemplate, _ text: TemplateText, _ submission: Submission, _ destination: Destination
    ) throws {
        let isChecked = submission.DisableValidation != true
        let report = template.check(
            schema: catalogue.schema, offer: catalogue.offer, arePropertiesHeldToSchema: isChecked
        ).located(in: text)
        guard !report.errors.isEmpty else { return try catalogue.checkValues(template) }
        let findings = PropertyFindings(report, template)
        if destination.isReviewed, let findings { throw findings }
        throw AWSError("ValidationError", PropertyFindings.summary(report.errors))
    }

    // MARK: Where templates come from

    /// The template's text: given in the call, or in an object of S3.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when neither or both are given, or the object cannot be read.
    package func text(body: String?, url: String?, caller: Caller) async throws -> String? {
        if body != nil, url != nil {
            throw AWSError("ValidationError", "Specify only one of TemplateBody and TemplateURL.")
        }
        if let body { return body }
        guard let url else { return nil }
        let bytes = try await object(url, caller, what: "TemplateURL")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AWSError("ValidationError", "Template format error: unsupported structure.")
        }
        return text
    }

    /// The bytes of an S3 object named by `s3://`, or by any of S3's addresses.
    func object(_ address: String, _ caller: Caller, what: String) async throws -> [UInt8] {
        guard let place = ObjectAddress(address) else {
            throw AWSError("ValidationError", "\(what) must be a supported URL.")
        }
        do {
            var input: JSON = ["Bucket": .string(place.bucket), "Key": .string(place.key)]
            if let version = place.version { input["VersionId"] = .string(version) }
            let reply = try await cloud.call("s3", "GetObject", input, payload: nil, as: caller)
            return try await (reply.payload ?? .bytes([])).collected(limit: limits.objectBytes)
        } catch let error as AWSError {
            throw AWSError("ValidationError", "S3 error: \(error.message)")
        } catch HTTPBodyError.tooLarge(let limit) {
            throw AWSError("ValidationError", "Template may not exceed \(limit) bytes in size.")
        }
    }
}
