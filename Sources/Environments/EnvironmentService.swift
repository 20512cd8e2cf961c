package import Cloud
package import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation
package import ServiceLifecycle

/// Environments: sets of stacks that are copied as a whole, such as staging from production, or a preview for a branch.
///
/// No operation of AWS's; the command line reaches it as `slipway env clone` and `slipway env preview`.
package struct SlipwayEnvironments: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway-environments"
    private let stacks: CloudFormationService
    private let runner: MachineRunner<EnvironmentMachine>

    /// The desk beside that of stacks.
    package init(_ stacks: CloudFormationService) {
        self.stacks = stacks
        runner = MachineRunner(ledger: stacks.ledger) { transaction, id, _, after in
            try transaction.put(EnvironmentStore.records, id, after)
            guard after.status == "removed" else { return }
            for copy in try transaction.list(EnvironmentStore.copies, prefix: id + "|") {
                try transaction.delete(EnvironmentStore.copies, copy.key)
            }
        }
        runner.use(
            EnvironmentPerformer(cloud: stacks.cloud, ledger: stacks.ledger, runner: runner, watch: stacks.watch))
    }

    /// What has to run for environments to move: started by the composition root, after the services it calls.
    package var machines: [any Service] { [runner] }

    /// What can be asked and done.
    package var operations: [Operation] {
        let content = "source environment prefix tag overrides ttlSeconds"
        return [
            Operation("PlanEnvironment", enforces: content, raw: { Reply(try await plan($0).view) }),
            Operation("CloneEnvironment", enforces: content, raw: clone),
            Operation("DescribeEnvironment", enforces: "environment", raw: describe),
            Operation("ListEnvironments", raw: list),
            Operation("DeleteEnvironment", enforces: "environment", raw: delete),
        ]
    }

    // MARK: Planning

    private func plan(_ call: Call) async throws -> EnvironmentPlan {
        let source = call.input["source"]?.string ?? ""
        let environment = try Self.name(call)
        guard !source.isEmpty, source != environment else {
            throw AWSError("ValidationError", "Name the environment to copy, another than '\(environment)'.")
        }
        let all = try await stacks.ledger.list(
            StackStore.stacks, prefix: call.caller.arn("cloudformation", "stack/")
        ).map(\.value).filter { $0.status != .deleteComplete }
        let standing = Dictionary(
            all.map { ($0.name, EnvironmentPlan.Standing(environment: Self.environment(of: $0))) }
        ) {
            first, _ in first
        }
        let chosen = all.filter { belongs($0, to: source, call) && Self.environment(of: $0) != environment }
        var sources: [EnvironmentPlan.Source] = []
        var troubles: [String] = []
        for stack in chosen {
            guard let good = stack.good else {
                troubles.append("Stack \(stack.name) never stood well (\(stack.status.rawValue)); it cannot be copied.")
                continue
            }
            sources.append(try await self.source(stack, good))
        }
        var plan = EnvironmentPlan(
            of: source, as: environment, sources: sources, overrides: Self.overrides(call), standing: { standing[$0] },
            facts: facts)
        plan.obstacles += troubles
        return plan
    }

    private static func name(_ call: Call) throws -> String {
        let name = call.input["environment"]?.string ?? ""
        let isName = name.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
        }
        guard isName, (1...40).contains(name.count), !name.hasPrefix("-") else {
            throw AWSError(
                "ValidationError", "'\(name)' is no name of an environment: up to 40 letters, digits and dashes.")
        }
        return name
    }

    private static func environment(of stack: Stack) -> String? {
        stack.revision.tags.first { $0.key == EnvironmentPlan.environmentTag }?.value
    }

    /// Stacks belong to an environment by what the caller says, by their tags, or by a word of their name.
    private func belongs(_ stack: Stack, to source: String, _ call: Call) -> Bool {
        guard stack.parentID == nil else { return false }  // its parent makes it
        if let prefix = call.input["prefix"]?.string { return stack.name.hasPrefix(prefix) }
        if let tag = call.input["tag"]?.string {
            let parts = tag.split(separator: "=", maxSplits: 1).map(String.init)
            return stack.revision.tags.contains { $0.key == parts[0] && (parts.count < 2 || $0.value == parts[1]) }
        }
        let tags = stack.revision.tags.filter {
            ["environment", "env", "stage", EnvironmentPlan.environmentTag].contains($0.key.lowercased())
        }
        if !tags.isEmpty { return tags.contains { $0.value == source } }
        return EnvironmentWord(from: source, to: "").replacing(in: stack.name) != stack.name
    }

    private func source(_ stack: Stack, _ good: Stack.Revision) async throws -> EnvironmentPlan.Source {
        let text = try await stacks.ledger.get(StackStore.templates, good.templateKey)?.value.original ?? "{}"
        return EnvironmentPlan.Source(
            id: stack.id, name: stack.name, template: text, body: try TemplateBody(text).tree,
            parameters: good.parameters, tags: good.tags, capabilities: good.capabilities,
            exports: stack.exports.map(\.name), imports: good.imports)
    }

    private static func overrides(_ call: Call) -> [EnvironmentPlan.Override] {
        (call.input["overrides"]?.array ?? []).compactMap { entry in
            entry["name"]?.string.map {
                .init(stack: entry["stack"]?.string, name: $0, value: entry["value"]?.string ?? "")
            }
        }
    }

    private static let dataTypes: Set<String> = [
        "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SecretsManager::Secret",
        "AWS::Logs::LogGroup", "AWS::ECR::Repository", "AWS::CodeCommit::Repository", "AWS::Serverless::SimpleTable",
    ]

    private func facts(_ type: String) -> EnvironmentPlan.TypeFacts {
        let serverless = ["AWS::Serverless::Function": "FunctionName", "AWS::Serverless::SimpleTable": "TableName"]
        return .init(
            nameProperty: serverless[type] ?? stacks.catalogue.type(type)?.nameProperty,
            holdsData: Self.dataTypes.contains(type))
    }

    // MARK: Copying

    private func clone(_ call: Call) async throws -> Reply {
        let plan = try await plan(call)
        guard plan.obstacles.isEmpty else {
            throw AWSError("ValidationError", plan.obstacles.joined(separator: "\n"))
        }
        let seconds = call.input["ttlSeconds"]?.int
        if let seconds, seconds < 1 { throw AWSError("ValidationError", "A time to live must be at least a second.") }
        let expires = seconds.map { call.time + .seconds($0) }
        let id = call.caller.scope + plan.environment
        let view: JSON = try await stacks.ledger.write { [runner] transaction in
            var known = try runner.machine(id, in: transaction)
            if known?.isBusy == true { throw Self.busy(plan.environment) }
            // One that was taken away begins anew.
            if known?.status == "removed" {
                try runner.remove(id, in: transaction)
                known = nil
            }
            for copy in plan.copies { try transaction.put(EnvironmentStore.copies, "\(id)|\(copy.target)", copy) }
            let parts = plan.copies.map { EnvironmentMachine.Part(name: $0.target, needs: $0.needs) }
            let machine = EnvironmentMachine(
                name: plan.environment, account: call.caller.account, region: call.caller.region,
                principal: call.caller.principal, source: plan.source)
            let event = EnvironmentMachine.Event.copy(parts: parts, round: (known?.round ?? 0) + 1, expires: expires)
            if known == nil {
                return Self.view(try runner.begin(id, machine, with: event, in: transaction))
            }
            return try runner.send(event, to: id, in: transaction).map(Self.view) ?? [:]
        }
        return Reply(view)
    }

    private static func busy(_ name: String) -> AWSError {
        AWSError("OperationInProgressException", "Environment \(name) is being worked on. Wait for it.", status: 409)
    }

    private func delete(_ call: Call) async throws -> Reply {
        let name = try Self.name(call)
        let id = call.caller.scope + name
        let view: JSON = try await stacks.ledger.write { [runner] transaction in
            guard let known = try runner.machine(id, in: transaction) else { throw Self.missing(name) }
            if known.status == "removed" { return Self.view(known) }
            if known.isBusy { throw Self.busy(name) }
            return try runner.send(.remove, to: id, in: transaction).map(Self.view) ?? [:]
        }
        return Reply(view)
    }

    // MARK: Asking

    private static func missing(_ name: String) -> AWSError {
        AWSError("ResourceNotFoundException", "There is no environment \(name) that was copied here.", status: 404)
    }

    private func describe(_ call: Call) async throws -> Reply {
        let name = try Self.name(call)
        guard let known = try await stacks.ledger.get(EnvironmentStore.records, call.caller.scope + name)?.value else {
            throw Self.missing(name)
        }
        return Reply(Self.view(known))
    }

    private func list(_ call: Call) async throws -> Reply {
        let all = try await stacks.ledger.list(EnvironmentStore.records, prefix: call.caller.scope).map(\.value)
        return Reply(["environments": .array(all.filter { $0.status != "removed" }.map(Self.view))])
    }

    private static func view(_ machine: EnvironmentMachine) -> JSON {
        var view: JSON = [
            "environment": .string(machine.name), "source": .string(machine.source), "status": .string(machine.status),
            "stacks": .array(
                machine.parts.map { part in
                    var view: JSON = ["name": .string(part.name), "status": .string(part.status)]
                    view["reason"] = part.reason.map(JSON.string)
                    view["stackId"] = part.stackID.map(JSON.string)
                    return view
                }),
        ]
        view["expires"] = machine.expires.map { .string($0.iso8601()) }
        return view
    }
}
