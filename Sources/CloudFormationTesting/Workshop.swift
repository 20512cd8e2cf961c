package import Cloud
package import CloudFormation
internal import CloudFormationTemplate
package import CloudTesting
internal import LedgerTesting
package import Notation
package import ServiceLifecycle
internal import Synchronization

/// A CloudFormation behind a door with toys around it, its machines running.
package struct Workshop: Sendable {
    /// The door.
    package let test: TestCloud
    /// What stands around it.
    package let toys: Toys
    /// The desk of stacks.
    package let service: CloudFormationService

    /// Calls an operation of CloudFormation's.
    package func call(_ operation: String, _ input: JSON = [:]) async throws -> JSON {
        try await test.call("cloudformation", operation, input)
    }

    /// The refusal that an operation answers with; nil when it succeeds.
    package func refusal(_ operation: String, _ input: JSON) async throws -> String? {
        try await test.refusal("cloudformation", operation, input)?.description
    }

    /// Creates a stack and waits for the end of that.
    @discardableResult
    package func create(_ name: String, _ template: String, _ more: JSON = [:]) async throws -> JSON {
        _ = try await call("CreateStack", input(name, template, more))
        return try await settled(name)
    }

    /// Updates a stack and waits for the end of that.
    @discardableResult
    package func update(_ name: String, _ template: String, _ more: JSON = [:]) async throws -> JSON {
        _ = try await call("UpdateStack", input(name, template, more))
        return try await settled(name)
    }

    /// The input of CreateStack and UpdateStack.
    package func input(_ name: String, _ template: String, _ more: JSON = [:]) -> JSON {
        var input: JSON = ["StackName": .string(name), "TemplateBody": .string(template)]
        for (key, value) in more.object ?? [:] { input[key] = value }
        return input
    }

    /// The stack as soon as nothing is under way in it.
    @discardableResult
    package func settled(_ name: String) async throws -> JSON {
        try await eventually("the end of the operation on \(name)") {
            let stack = try await call("DescribeStacks", ["StackName": .string(name)])["Stacks"]?[0] ?? [:]
            let status = stack["StackStatus"]?.string ?? ""
            return status.hasSuffix("IN_PROGRESS") ? Optional.none : stack
        }
    }

    /// The events of a stack, oldest first, `LogicalId STATUS`.
    package func story(_ name: String) async throws -> [String] {
        try await events(name).map { "\($0["LogicalResourceId"]?.string ?? "") \($0["ResourceStatus"]?.string ?? "")" }
    }

    /// The events of a stack, oldest first.
    package func events(_ name: String) async throws -> [JSON] {
        (try await call("DescribeStackEvents", ["StackName": .string(name)])["StackEvents"]?.array ?? []).reversed()
    }
}

/// A room beside the workshop: its desks at the door, and what has to run for it.
package struct Annex: Sendable {
    /// The desks.
    package var desks: [any CloudService]
    /// What runs.
    package var machines: [any Service]

    /// A room with those desks and machines.
    package init(desks: [any CloudService], machines: [any Service] = []) {
        self.desks = desks
        self.machines = machines
    }
}

/// Runs the closure with a workshop that has no room beside it.
package func withWorkshop(limit: Int = 500, _ body: (Workshop) async throws -> Void) async throws {
    try await withWorkshop(limit: limit, beside: { _ in Annex(desks: []) }, body)
}

/// Runs the closure with a workshop.
///
/// - Parameters:
///   - limit: How many resources a template may have.
///   - beside: Makes the room above it that is tested.
package func withWorkshop(
    limit: Int = 500, beside: (CloudFormationService) -> Annex, _ body: (Workshop) async throws -> Void
) async throws {
    let toys = Toys()
    var made: (service: CloudFormationService, annex: Annex)?
    try await withTestCloud { cloud, ledger in
        var limits = TemplateLimits()
        limits.resources = limit
        let service = CloudFormationService(cloud: cloud, ledger: ledger, limits: limits)
        let annex = beside(service)
        made = (service, annex)
        toys.inbox.withLock { $0 = service.inbox }
        return toys.services + [service] + annex.desks
    } _: { test in
        guard let made else { return }
        try await withRunning(made.service.machines + made.annex.machines) {
            try await body(Workshop(test: test, toys: toys, service: made.service))
        }
    }
}
