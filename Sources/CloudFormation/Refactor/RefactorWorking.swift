internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Works a refactoring out: takes the templates in, pairs resources, and proves that nothing else changes.
struct RefactorWorking {
    /// A stack that takes part.
    struct Part {
        var stack: Stack
        var isNew: Bool
        var text: String
        var standing: [String: DeployedResource]
        var accepted: TemplateIntake.Accepted?
    }

    let intake: TemplateIntake
    let caller: Caller
    var parts: [Part]

    /// What each stack shall be, and what moves.
    ///
    /// - Throws: ``RefactorPlan/Failure`` or ``AWSError`` with the reason why it cannot be.
    mutating func result(
        _ id: String, given: [(from: StackRefactor.Place, to: StackRefactor.Place)]
    ) async throws -> (definitions: [StackRefactor.Definition], moves: [StackRefactor.Move]) {
        var sides: [RefactorPlan.Side] = []
        for part in parts {
            let (submission, destination) = try submission(part)
            let body = try await intake.expanded(part.text, submission, for: destination)
            let resources = (body["Resources"]?.object ?? [:]).filter { name, _ in !name.hasPrefix("Fn::") }
            sides.append(
                RefactorPlan.Side(
                    stack: part.stack.name, standing: part.standing,
                    wanted: resources.map { ($0.key, $0.value["Type"]?.string ?? "") }))
        }
        let moves = try RefactorPlan(sides, given: given).moves
        if let nested = moves.first(where: { $0.type == "AWS::CloudFormation::Stack" }) {
            throw RefactorPlan.Failure(message: "\(nested.from.logicalID) is a nested stack; those cannot be moved.")
        }
        try await acceptAll(moves)
        return (try parts.map { try definition($0, id, moves) }, moves)
    }

    /// What will stand in that stack.
    private func standing(_ part: Part, _ moves: [StackRefactor.Move]) -> [String: DeployedResource] {
        let name = part.stack.name
        let gone = Set(moves.filter { $0.from.stack == name }.map(\.from.logicalID))
        var standing = part.standing.filter { !gone.contains($0.key) }
        for move in moves where move.to.stack == name {
            let source = parts.first { $0.stack.name == move.from.stack }
            standing[move.to.logicalID] = source?.standing[move.from.logicalID]
        }
        return standing
    }

    /// Takes every template in; those that import what another of them will export, after it.
    private mutating func acceptAll(_ moves: [StackRefactor.Move]) async throws {
        var exports: [String: String] = [:]
        var open = Array(parts.indices)
        while !open.isEmpty {
            var waiting: [Int] = []
            var trouble: AWSError?
            for index in open {
                do {
                    try await accept(index, exports)
                    for output in try outputs(parts[index], moves) {
                        if let name = output.exportName { exports[name] = output.value }
                    }
                } catch let error as AWSError where error.message.hasPrefix("No export named") {
                    trouble = error
                    waiting.append(index)
                }
            }
            if let trouble, waiting.count == open.count { throw trouble }
            open = waiting
        }
    }

    private mutating func accept(_ index: Int, _ exports: [String: String]) async throws {
        let (submission, target) = try submission(parts[index])
        var destination = target
        destination.exports = exports
        parts[index].accepted = try await intake.accept(parts[index].text, submission, for: destination)
    }

    /// The template as if it were submitted with the values that the stack has.
    private func submission(_ part: Part) throws -> (Submission, TemplateIntake.Destination) {
        var submission = Submission(StackName: part.stack.name)
        submission.Capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
        let previous = Dictionary(part.stack.revision.parameters.map { ($0.name, $0.value) }) { first, _ in first }
        let declared = Set(try TemplateText(parsing: part.text).body["Parameters"]?.object?.keys ?? [])
        submission.Parameters = previous.keys.filter(declared.contains).sorted().map {
            .init(ParameterKey: $0, UsePreviousValue: true)
        }
        let destination = TemplateIntake.Destination(
            caller: caller, stackName: part.stack.name, stackID: part.stack.id, previous: previous)
        return (submission, destination)
    }

    /// The template with everything that stands known to it.
    private func known(_ part: Part, _ moves: [StackRefactor.Move]) throws -> ResolvedTemplate {
        guard var resolved = part.accepted?.resolved else {
            throw RefactorPlan.Failure(message: "A template is missing.")
        }
        let standing = standing(part, moves)
        resolved.know { name, attribute in
            guard let current = standing[name] else { return nil }
            return attribute.map(current.attribute) ?? .string(current.physicalID)
        }
        return resolved
    }

    private func outputs(_ part: Part, _ moves: [StackRefactor.Move]) throws -> [StackOperation.OutputValue] {
        let resolved = try known(part, moves)
        return try resolved.outputs.compactMap { output in
            guard let value = try resolved.evaluator.value(of: output.value)?.loose.string else { return nil }
            let name = try output.exportName.flatMap { try resolved.evaluator.value(of: $0) }
            return .init(
                name: output.name, description: output.description, value: value, exportName: name?.loose.string)
        }
    }

    private func definition(
        _ part: Part, _ id: String, _ moves: [StackRefactor.Move]
    ) throws -> StackRefactor.Definition {
        guard let accepted = part.accepted else { throw RefactorPlan.Failure(message: "A template is missing.") }
        try proveUnchanged(part, moves)
        var revision = part.stack.revision
        revision.templateKey = "\(part.stack.id)|refactor-\(id)"
        revision.description = accepted.resolved.template.description
        revision.parameters = accepted.parameters.bound.map { bound in
            Stack.Parameter(
                name: bound.parameter.name, value: bound.text, resolved: bound.resolved,
                isNoEcho: bound.parameter.isNoEcho)
        }
        revision.outputTargets = accepted.plan.outputs
        revision.outputs = try outputs(part, moves)
        revision.imports = accepted.imports
        return StackRefactor.Definition(
            stackName: part.stack.name, stackID: part.stack.id, isNew: part.isNew,
            basis: part.isNew ? nil : part.stack.revision.templateKey,
            template: StackTemplate(
                original: part.text, processed: accepted.processed.text(),
                modules: accepted.modules.isEmpty ? nil : accepted.modules), revision: revision,
            targets: accepted.plan.targets, metadata: try metadata(part, moves))
    }

    /// The metadata of the resources that will be in that stack, by logical id.
    private func metadata(_ part: Part, _ moves: [StackRefactor.Move]) throws -> [String: JSON] {
        let resolved = try known(part, moves)
        var metadata: [String: JSON] = [:]
        for resource in resolved.resources {
            metadata[resource.logicalID] = try resource.metadata.flatMap { try resolved.evaluator.value(of: $0) }
        }
        return metadata
    }

    /// - Throws: ``RefactorPlan/Failure`` naming the first property that would change.
    private func proveUnchanged(_ part: Part, _ moves: [StackRefactor.Move]) throws {
        let resolved = try known(part, moves)
        let standing = standing(part, moves)
        for resource in resolved.resources {
            let place = "\(part.stack.name)/\(resource.logicalID)"
            guard let current = standing[resource.logicalID], current.type == resource.type else {
                throw RefactorPlan.Failure(message: "Resource \(place) would become another. A refactoring only moves.")
            }
            let wanted = try resolved.evaluator.value(of: resource.properties) ?? [:]
            guard let first = PropertyDifference.all(from: current.properties, to: wanted).first else { continue }
            throw RefactorPlan.Failure(
                message:
                    "Resource \(place) would change at \(first.path). A refactoring changes nothing: do that by an "
                    + "update before or after it.")
        }
    }
}
