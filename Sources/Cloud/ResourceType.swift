package import Notation

/// A CloudFormation resource type that a service runs: a declaration, and four closures that make the service's own calls at the door.
///
/// Source of the facts: AWS CloudFormation Template Reference, the type's page ("Update requires", "Return values").
package struct ResourceType: Sendable {
    /// The name, such as `AWS::Lambda::Function`.
    package let name: String
    /// Every property that has its effect, dotted for nested ones where only part of them has (`Code.ZipFile`); `A` stands for all of A.
    package let enforced: Set<String>
    /// Properties that are kept and handed on but change nothing else.
    package let stored: Set<String>
    /// Properties that must be there.
    package let required: Set<String>
    /// Properties whose change makes a new resource in place of the old one.
    package let replacing: Set<String>
    /// The attributes that Fn::GetAtt may ask for.
    package let attributes: Set<String>
    /// The property that names the resource, if one does: generated when absent, checked for collisions.
    package let nameProperty: String?
    /// What is done.
    package let actions: Actions
    /// Where only some of a property's published values are offered: those, by its dotted name. Any other is refused
    /// before anything is touched.
    package var offeredValues: [String: Set<String>] = [:]
    /// Whether all that is done to resources of the type lies in the ledger: no file, no program, nothing sent. Then it
    /// need not wait for the disk at every step.
    package var isWithinLedger = false

    /// What is done to resources of the type. Each may be repeated after a crash with the same ``ResourceRequest/key`` and must then
    /// have no second effect.
    package struct Actions: Sendable {
        /// Makes the resource and returns when it is ready for use.
        package var create: @Sendable (ResourceRequest) async throws -> ResourceState
        /// Changes the resource in place; nil when every change replaces it.
        package var update: (@Sendable (ResourceRequest) async throws -> ResourceState)?
        /// Removes the resource. Returns as well when it is gone already.
        package var delete: @Sendable (ResourceRequest) async throws -> Void
        /// The resource's properties as they are now, for drift; nil when it is gone. A type without it does not support drift detection.
        package var read: (@Sendable (ResourceRequest) async throws -> JSON?)?
        /// All resources of the type in the caller's account and region: of each what Ref returns, and as attributes at
        /// least the properties that identify it. A type without it cannot be listed or scanned.
        package var list: (@Sendable (ResourceRequest) async throws -> [ResourceState])?

        /// These actions.
        package init(
            create: @escaping @Sendable (ResourceRequest) async throws -> ResourceState,
            update: (@Sendable (ResourceRequest) async throws -> ResourceState)? = nil,
            delete: @escaping @Sendable (ResourceRequest) async throws -> Void,
            read: (@Sendable (ResourceRequest) async throws -> JSON?)? = nil,
            list: (@Sendable (ResourceRequest) async throws -> [ResourceState])? = nil
        ) {
            self.create = create
            self.update = update
            self.delete = delete
            self.read = read
            self.list = list
        }
    }

    /// The same type, of whose property only those values are offered.
    package func offering(_ values: Set<String>, of property: String) -> ResourceType {
        var type = self
        type.offeredValues[property] = values
        return type
    }

    /// The same type, all of whose actions lie in the ledger.
    package func withinLedger() -> ResourceType {
        var type = self
        type.isWithinLedger = true
        return type
    }

    /// A declaration. The lists are property names with spaces between.
    package init(
        _ name: String, enforces: String, stores: String = "", requires: String = "", replacedBy: String = "",
        attributes: String = "", nameProperty: String? = nil, _ actions: Actions
    ) {
        func names(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }
        self.name = name
        enforced = names(enforces)
        stored = names(stores)
        required = names(requires)
        replacing = names(replacedBy)
        self.attributes = names(attributes)
        self.nameProperty = nameProperty
        self.actions = actions
    }
}

/// One thing the stack engine asks of a resource type.
package struct ResourceRequest: Sendable {
    /// The door, through which the service's own operations are called.
    package let cloud: Cloud
    /// On whose behalf.
    package let caller: Caller
    /// The stack's id (its ARN).
    package let stackID: String
    /// The stack's name.
    package let stackName: String
    /// The resource's name in the template.
    package let logicalID: String
    /// The properties wanted, every intrinsic resolved.
    package let properties: JSON
    /// The properties it has now, for updates.
    package let previous: JSON?
    /// What Ref returns now; nil before it is made.
    package let physicalID: String?
    /// The attributes that the last action returned.
    package let attributes: JSONObject
    /// The stack's tags.
    package let tags: [String: String]
    /// The resource's UpdatePolicy, resolved.
    package let updatePolicy: JSON?
    /// The resource's CreationPolicy, resolved.
    package let creationPolicy: JSON?
    /// Whether the stack is on its way back to an earlier state.
    package let isRollback: Bool
    /// Whether the action may return once the configuration is applied, before the resource has come to rest: what a type
    /// waits for after its last call it need not wait for then. Source: "Deploy AWS CloudFormation stacks faster with express mode".
    package let isExpress: Bool
    /// The same for every repeat of this action after a crash, and for no other action.
    package let key: String
    /// Twelve capitals and digits that stay with this resource: what generated names end in.
    package let suffix: String
    /// Tells the stack's events how the action is getting on.
    package let report: @Sendable (String) async -> Void

    /// A request of these parts.
    package init(
        cloud: Cloud, caller: Caller, stackID: String, stackName: String, logicalID: String, properties: JSON,
        previous: JSON? = nil, physicalID: String? = nil, attributes: JSONObject = [:], tags: [String: String] = [:],
        updatePolicy: JSON? = nil, creationPolicy: JSON? = nil, isRollback: Bool = false, isExpress: Bool = false,
        key: String, suffix: String,
        report: @escaping @Sendable (String) async -> Void = { _ in }
    ) {
        self.cloud = cloud
        self.caller = caller
        self.stackID = stackID
        self.stackName = stackName
        self.logicalID = logicalID
        self.properties = properties
        self.previous = previous
        self.physicalID = physicalID
        self.attributes = attributes
        self.tags = tags
        self.updatePolicy = updatePolicy
        self.creationPolicy = creationPolicy
        self.isRollback = isRollback
        self.isExpress = isExpress
        self.key = key
        self.suffix = suffix
        self.report = report
    }

    /// The name a resource without one of its own gets: `stack-LogicalId-SUFFIX`, its parts cut so that it fits, as CloudFormation makes them.
    package func generatedName(limit: Int = 64, lowercased: Bool = false) -> String {
        let room = limit - suffix.count - 2
        let stack = stackName.prefix(max(room - min(logicalID.count, room / 2), 1))
        let name = "\(stack)-\(logicalID.prefix(max(room - stack.count, 1)))-\(suffix)"
        return lowercased ? name.lowercased() : name
    }

    /// The tags that CloudFormation puts on what it makes, the stack's own and those of the `Tags` property (the strongest) included.
    package var allTags: [String: String] {
        var all = tags
        all["aws:cloudformation:stack-name"] = stackName
        all["aws:cloudformation:stack-id"] = stackID
        all["aws:cloudformation:logical-id"] = logicalID
        for tag in properties["Tags"]?.array ?? [] {
            if let key = tag["Key"]?.string { all[key] = tag["Value"]?.string ?? "" }
        }
        return all
    }

    /// Every element under that member of all pages of a listing, for types' `list`.
    ///
    /// - Parameter token: The member that a page's answer and the next request carry the place in, when they are alike.
    package func pages(
        _ service: String, _ operation: String, _ input: JSON = [:], of member: String, token: String,
        answeredAs answered: String? = nil
    ) async throws -> [JSON] {
        var input = input
        var all: [JSON] = []
        while true {
            let page = try await call(service, operation, input)
            all += page[member]?.array ?? []
            guard let next = page[answered ?? token]?.string, !next.isEmpty else { return all }
            input[token] = .string(next)
        }
    }

    /// Calls an operation on the caller's behalf, as CloudFormation does.
    @discardableResult
    package func call(_ service: String, _ operation: String, _ input: JSON) async throws -> JSON {
        try await cloud.call(service, operation, input, as: caller.through("cloudformation.amazonaws.com"))
    }
}

/// A resource as an action left it.
package struct ResourceState: Sendable {
    /// What Ref returns.
    package var physicalID: String
    /// What Fn::GetAtt returns.
    package var attributes: JSONObject

    /// A state.
    package init(_ physicalID: String, attributes: JSONObject = [:]) {
        self.physicalID = physicalID
        self.attributes = attributes
    }
}
