internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// A refactoring: resources that change stacks or names, and nothing else. Kept until it is carried out.
struct StackRefactor: Codable, Sendable {
    /// A resource in a stack.
    struct Place: Codable, Sendable, Hashable {
        var stack: String
        var logicalID: String

        /// As ResourceLocation.
        var view: JSON { ["StackName": .string(stack), "LogicalResourceId": .string(logicalID)] }
    }

    /// A resource on its way.
    struct Move: Codable, Sendable, Hashable {
        var from: Place
        var to: Place
        var type: String
        var physicalID: String
        /// Whether the pairing was found rather than given.
        var isFound: Bool
    }

    /// What a stack shall be afterwards.
    struct Definition: Codable, Sendable {
        var stackName: String
        var stackID: String
        /// Whether the stack is made by this.
        var isNew: Bool
        /// The key of the template it had when the refactoring was worked out; nil for a new one.
        var basis: String?
        var template: StackTemplate
        var revision: Stack.Revision
        var targets: [String: ResourceTarget]
        /// The metadata of its resources, worked out; nil in refactorings of before they were moved along.
        var metadata: [String: JSON]?
    }

    /// Its id.
    let id: String
    var description: String?
    var created: Timestamp
    /// `CREATE_COMPLETE`, or `CREATE_FAILED` with the reason.
    var status: String
    var reason: String?
    /// `AVAILABLE`, `UNAVAILABLE`, `EXECUTE_COMPLETE` or `OBSOLETE`.
    var executionStatus: String
    var executionReason: String?
    var definitions: [Definition] = []
    var moves: [Move] = []

    /// By account, region and id.
    static let collection = Collection<StackRefactor>("cloudformation stack refactor")

    /// Its summary, as the API answers with it.
    var view: JSON {
        var view: JSON = [
            "StackRefactorId": .string(id), "Status": .string(status), "ExecutionStatus": .string(executionStatus),
        ]
        view["Description"] = description.map(JSON.string)
        view["StatusReason"] = reason.map(JSON.string)
        view["ExecutionStatusReason"] = executionReason.map(JSON.string)
        return view
    }

    /// What it does, as StackRefactorAction.
    var actions: [JSON] {
        let made = definitions.filter(\.isNew).map { definition -> JSON in
            ["Action": "CREATE", "Entity": "STACK", "Description": .string("Stack \(definition.stackName) is made.")]
        }
        return made
            + moves.map { move in
                [
                    "Action": "MOVE", "Entity": "RESOURCE", "PhysicalResourceId": .string(move.physicalID),
                    "ResourceIdentifier": .string(move.physicalID),
                    "Description": .string("\(move.type) \(move.physicalID) keeps standing as it is."),
                    "Detection": move.isFound ? "AUTO" : "MANUAL",
                    "DetectionReason": .string(
                        move.isFound ? "Same type and same properties" : "Given in ResourceMappings"),
                    "TagResources": [], "UntagResources": [],
                    "ResourceMapping": ["Source": move.from.view, "Destination": move.to.view],
                ]
            }
    }
}

/// Works out which resource goes where: a pure function of what stands and of what shall.
struct RefactorPlan {
    /// What stands and what shall, in one stack.
    struct Side {
        var stack: String
        var standing: [String: DeployedResource]
        var wanted: [(logicalID: String, type: String)]
    }

    /// Why a refactoring would be more than that.
    struct Failure: Error, Hashable { let message: String }

    let moves: [StackRefactor.Move]

    /// - Parameters:
    ///   - sides: the stacks.
    ///   - given: pairings that the caller knows.
    /// - Throws: ``Failure`` when something would be made or deleted, or a pairing leads nowhere.
    init(_ sides: [Side], given: [(from: StackRefactor.Place, to: StackRefactor.Place)]) throws {
        var leaving: [StackRefactor.Place: DeployedResource] = [:]
        var arriving: [StackRefactor.Place: String] = [:]
        for side in sides {
            let wanted = Dictionary(side.wanted.map { ($0.logicalID, $0.type) }) { first, _ in first }
            for (name, resource) in side.standing where wanted[name] == nil {
                leaving[.init(stack: side.stack, logicalID: name)] = resource
            }
            for (name, type) in wanted where side.standing[name] == nil {
                arriving[.init(stack: side.stack, logicalID: name)] = type
            }
        }
        var moves: [StackRefactor.Move] = []
        for pair in given {
            guard let resource = leaving.removeValue(forKey: pair.from), arriving.removeValue(forKey: pair.to) != nil
            else {
                throw Failure(
                    message: "The mapping from \(Self.text(pair.from)) to \(Self.text(pair.to)) leads nowhere: the one "
                        + "must be in the stack and not in its new template, the other the other way round.")
            }
            moves.append(Self.move(pair.from, pair.to, resource, isFound: false))
        }
        for place in arriving.keys.sorted(by: Self.order) {
            let alike = leaving.filter { $0.value.type == arriving[place] }.keys.sorted(by: Self.order)
            let namesake = alike.filter { $0.logicalID == place.logicalID }
            guard let from = namesake.count == 1 ? namesake.first : alike.count == 1 ? alike.first : nil,
                let resource = leaving.removeValue(forKey: from)
            else {
                let reason = alike.isEmpty ? "would be created" : "could be any of several: give its ResourceMapping"
                throw Failure(message: "Resource \(Self.text(place)) \(reason). A refactoring only moves resources.")
            }
            moves.append(Self.move(from, place, resource, isFound: true))
        }
        if let left = leaving.keys.sorted(by: Self.order).first {
            throw Failure(message: "Resource \(Self.text(left)) would be deleted. A refactoring only moves resources.")
        }
        guard !moves.isEmpty else { throw Failure(message: "No resource changes its stack or its name.") }
        self.moves = moves.sorted { Self.order($0.to, $1.to) }
    }

    private static func move(
        _ from: StackRefactor.Place, _ to: StackRefactor.Place, _ resource: DeployedResource, isFound: Bool
    ) -> StackRefactor.Move {
        .init(from: from, to: to, type: resource.type, physicalID: resource.physicalID, isFound: isFound)
    }

    private static func order(_ one: StackRefactor.Place, _ other: StackRefactor.Place) -> Bool {
        (one.stack, one.logicalID) < (other.stack, other.logicalID)
    }

    private static func text(_ place: StackRefactor.Place) -> String { "\(place.stack)/\(place.logicalID)" }
}
