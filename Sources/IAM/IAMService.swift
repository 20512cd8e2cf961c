package import Cloud
package import Ledger
internal import Notation

/// The front desk of IAM: users, roles, groups, keys and policies of every account.
package struct IAMService: CloudService {
    package let id = "iam"
    let ledger: Ledger

    /// IAM on that ledger.
    package init(cloud: Cloud, ledger: Ledger) { self.ledger = ledger }

    package var operations: [Operation] {
        EntityKind.allCases.flatMap {
            entityOperations(of: $0) + inlineOperations(of: $0) + attachmentOperations(of: $0)
        }
            + userOperations + roleOperations + groupOperations + keyOperations + policyOperations
            + policyVersionOperations
            + profileOperations + accountOperations + serviceCredentialOperations
    }

    package var resourceTypes: [ResourceType] {
        [roleType, managedPolicyType, policyType, userType, groupType, accessKeyType, instanceProfileType]
    }
}

/// An IAM call's input, and its place in a list.
struct IAMRequest: Sendable {
    let call: Call
    var account: String { call.caller.account }

    init(_ call: Call) { self.call = call }

    subscript(member: String) -> JSON? { call.input[member] }
    func text(_ member: String) -> String? { call.input[member]?.string }
    func key(_ name: String) -> String { Shelf.key(account, name) }

    /// The tags of the input.
    func tags() throws -> [Tag] {
        let tags: [Tag] = try call.input["Tags"]?.decode() ?? []
        guard Set(tags.map { $0.Key.lowercased() }).count == tags.count else {
            throw AWSError(
                "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        return tags
    }

    /// A page of a list: `MaxItems` from where `Marker` says on.
    func page(_ items: [JSON], as member: String) -> JSON {
        let start = text("Marker").flatMap { Int($0) } ?? 0
        let limit = call.input["MaxItems"]?.int ?? 100
        let rest = items.dropFirst(max(0, start))
        let page = rest.prefix(limit)
        var output: JSON = [member: .array(Array(page)), "IsTruncated": .bool(rest.count > page.count)]
        if rest.count > page.count { output["Marker"] = .string(String(start + page.count)) }
        return output
    }

    static let paging = " Marker MaxItems"
}

extension Surroundings {
    /// A unique id of IAM's form: the kind's prefix and seventeen capitals and digits.
    func makeID(_ prefix: String) -> String { prefix + chance.text(17, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") }
}

extension Transaction {
    /// The entity of that name.
    ///
    /// - Throws: `NoSuchEntity`.
    func entity(_ kind: EntityKind, _ name: String, _ account: String) throws -> Entity {
        guard let entity = try get(kind.collection, Shelf.key(account, name))?.value else {
            throw IAMError.missing(kind.rawValue.lowercased(), name)
        }
        return entity
    }

    func put(_ entity: Entity) throws {
        try put(entity.kind.collection, Shelf.key(entity.account, entity.name), entity)
    }
}
