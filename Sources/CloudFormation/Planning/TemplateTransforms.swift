internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation
internal import SAMTransform

/// Carries a template's transforms out: those called inside it first, from the inside out, then those it names for the
/// whole of it, in their order.
struct TemplateTransforms: Sendable {
    let intake: TemplateIntake
    let caller: Caller
    let context: StackContext

    private static let sam = "AWS::Serverless-2016-10-31"

    /// Whether a template is not yet what it will be: then names that are not in it may still come.
    static func areNeeded(by text: TemplateText) -> Bool {
        text.body["Transform"] != nil || text.text.contains("Fn::Transform")
            || !ModuleExpansion.types(in: text.body).isEmpty
    }

    /// The template after all its transforms, and the fragments of the modules that were put in.
    ///
    /// Modules are written out after the calls inside the template, and again after each transform that may have
    /// brought some.
    ///
    /// - Parameter pinned: fragments that take precedence over those registered now.
    /// - Throws: ``AWSError`` `ValidationError` naming the transform that failed; `TemplateError` where it is
    ///   malformed.
    func apply(
        to original: JSON, pinned: [String: JSON] = [:]
    ) async throws -> (body: JSON, modules: [String: JSON]) {
        var modules: [String: JSON] = [:]
        var body = try await writeOut(applyLocal(to: original), pinned, &modules)
        var kept: [JSON] = []
        for transform in Self.named(body["Transform"]) {
            switch transform.name {
            case "AWS::LanguageExtensions":
                body = try LanguageExtensions(body, context).expanding(body)
                kept.append(.string(transform.name))  // its functions are worked out with all others
            case "AWS::Include":
                let included = try await include(transform.parameters)
                guard var members = body.object, let added = included.object else { break }
                members.merge(added)
                body = .object(members)
            case Self.sam: body = try serverless(body)
            default: body = try await macro(transform.name, body, transform.parameters)
            }
            body = try await writeOut(body, pinned, &modules)
        }
        body["Transform"] = kept.isEmpty ? Optional.none : .array(kept)
        return (body, modules)
    }

    private func writeOut(
        _ body: JSON, _ pinned: [String: JSON], _ modules: inout [String: JSON]
    ) async throws -> JSON {
        guard !ModuleExpansion.types(in: body).isEmpty else { return body }
        let shelf = ModuleShelf(ledger: intake.ledger)
        let found = try await shelf.fragments(for: body, caller.scope, pinned: pinned)
        modules.merge(found) { first, _ in first }
        return try ModuleExpansion(found, limits: intake.limits).expanding(body)
    }

    private static func named(_ value: JSON?) -> [(name: String, parameters: JSON)] {
        let list = value?.array ?? value.map { [$0] } ?? []
        return list.compactMap { entry in
            (entry.string ?? entry["Name"]?.string).map { ($0, entry["Parameters"] ?? .object([:])) }
        }
    }

    private func applyLocal(to original: JSON) async throws -> JSON {
        var body = original
        // What is brought in may call again; AWS allows no deeper nesting than this either.
        for _ in 0..<100 {
            let calls = try LocalTransform.next(in: body)
            guard !calls.isEmpty else { return body }
            for call in calls {
                let result =
                    call.name == "AWS::Include"
                    ? try await include(call.parameters) : try await macro(call.name, call.fragment, call.parameters)
                body = call.replacing(in: body, with: result)
            }
        }
        throw AWSError(
            "ValidationError", "Transform AWS::Include failed with: files that include each other without end.")
    }

    private func macro(_ name: String, _ fragment: JSON, _ parameters: JSON) async throws -> JSON {
        guard !name.hasPrefix("AWS::") else {
            throw AWSError(
                "ValidationError", "No transform named \(name) found. See 'slipway support' for those there are.")
        }
        let runner = MacroRunner(cloud: intake.cloud, ledger: intake.ledger, caller: caller)
        let values = Dictionary(
            context.parameters.bound.compactMap { bound in bound.value.map { (bound.parameter.name, $0) } }
        ) { first, _ in first }
        return try await runner.run(name, fragment, parameters: worked(parameters, values), values: values)
    }

    /// A transform's parameters with references to the template's parameters put in.
    private func worked(_ value: JSON, _ values: [String: JSON]) -> JSON {
        switch value {
        case .object(let members):
            if members.count == 1, let name = members["Ref"]?.string, let known = values[name] { return known }
            return .object(members.mapValues { worked($0, values) })
        case .array(let elements): return .array(elements.map { worked($0, values) })
        default: return value
        }
    }

    private func include(_ parameters: JSON) async throws -> JSON {
        let location: String?
        if let name = parameters["Location"]?["Ref"]?.string {
            location = context.parameters.texts[name]
        } else {
            location = parameters["Location"]?.string
        }
        guard let location else {
            throw AWSError(
                "ValidationError",
                "Transform AWS::Include failed with: Location must be a string or a Ref to a parameter.")
        }
        let bytes = try await intake.object(location, caller, what: "The location \(location) of AWS::Include")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AWSError(
                "ValidationError",
                "Transform AWS::Include failed with: The specified S3 object's content should be valid Yaml/JSON")
        }
        return try TemplateText(parsing: text).body
    }

    private func serverless(_ body: JSON) throws -> JSON {
        var parameters = JSONObject()
        for bound in context.parameters.bound {
            parameters[bound.parameter.name] = .string(bound.resolved ?? bound.text)
        }
        let surroundings = SAMTransform.Context(
            region: caller.region, partition: context.partition, parameters: parameters,
            time: Int(intake.cloud.surroundings.now.seconds))
        do {
            return try SAMTransform(context: surroundings).transform(body)
        } catch let error as SAMError {
            throw AWSError("ValidationError", "Transform \(Self.sam) failed with: \(error.message)")
        }
    }
}
