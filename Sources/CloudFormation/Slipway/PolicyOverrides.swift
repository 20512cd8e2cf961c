package import Cloud
package import Ledger
internal import Notation

/// Exceptions that somebody made from a rule of policy, for one stack and for a time: recorded, shown, and over by
/// themselves.
///
/// A desk beside CloudFormation's: AWS has nothing of the kind. `slipway policy` and `slipway plan --policy` use it,
/// and ``StackWhy`` sits at it.
/// Rules are judged where the plan is made; this desk only remembers who excepted what, why, and until when.
package struct PolicyOverrides: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway-cloudformation"
    private let ledger: Ledger

    /// An exception lasts no longer than this: what is meant to last belongs into the rules.
    static let longest = Duration.seconds(366 * 86_400)
    /// Longer reasons are refused.
    static let reasonLimit = 1000

    /// The desk on that ledger.
    package init(ledger: Ledger) { self.ledger = ledger }

    /// What can be asked and done.
    package var operations: [Operation] {
        [
            Operation("PutPolicyOverride", enforces: "stackName rule reason expires") { (input: Wish, call) in
                try await put(input, call)
            },
            Operation("DeletePolicyOverride", enforces: "stackName rule") { (input: Name, call) in
                try await delete(input, call)
            },
            Operation("ListPolicyOverrides", enforces: "stackName") { (input: Filter, call) in
                try await list(input, call)
            },
        ] + StackWhy(ledger: ledger).operations
    }

    /// An exception, as it is stored.
    struct Record: Codable, Sendable, Hashable {
        var stackName: String
        var rule: String
        var reason: String
        var expires: Timestamp
        var principal: String
        var made: Timestamp
        var scope: String

        static let collection = Collection<Record>("cloudformation.policy-override", lookups: ["scope": { [$0.scope] }])

        static func key(_ stack: String, _ rule: String, _ caller: Caller) -> String {
            caller.key("\(stack)|\(rule)")
        }
    }

    private struct Wish: Decodable {
        let stackName: String
        let rule: String
        let reason: String
        /// Seconds since 1970.
        let expires: Double
    }

    private struct Name: Decodable {
        let stackName: String
        let rule: String
    }

    private struct Filter: Decodable { let stackName: String? }

    /// Makes an exception, or puts a new reason and end to one there is.
    ///
    /// - Throws: ``AWSError`` `ValidationException` for an end that is past or too far, or without a reason.
    private func put(_ wish: Wish, _ call: Call) async throws -> JSON {
        let expires = Timestamp(seconds: wish.expires)
        let reason = wish.reason.filter { !$0.isNewline }
        guard !wish.stackName.isEmpty, !wish.rule.isEmpty else {
            throw AWSError("ValidationException", "An override needs the names of a stack and of a rule.")
        }
        guard reason.contains(where: { !$0.isWhitespace }), reason.count <= Self.reasonLimit else {
            throw AWSError(
                "ValidationException", "An override needs a reason of at most \(Self.reasonLimit) characters.")
        }
        guard expires > call.time, expires <= call.time + Self.longest else {
            throw AWSError("ValidationException", "An override must end in the future, within a year.")
        }
        let record = Record(
            stackName: wish.stackName, rule: wish.rule, reason: reason, expires: expires,
            principal: call.caller.principal, made: call.time, scope: call.caller.scope)
        try await ledger.write { transaction in
            try transaction.put(Record.collection, Record.key(wish.stackName, wish.rule, call.caller), record)
            try transaction.append(Self.event("Policy Override Recorded", record, call))
        }
        return Self.view(record)
    }

    /// Takes an exception back. Does nothing when there is none.
    private func delete(_ name: Name, _ call: Call) async throws -> JSON {
        try await ledger.write { transaction in
            let key = Record.key(name.stackName, name.rule, call.caller)
            guard let record = try transaction.get(Record.collection, key)?.value else { return }
            try transaction.delete(Record.collection, key)
            try transaction.append(Self.event("Policy Override Withdrawn", record, call))
        }
        return [:]
    }

    /// The exceptions, those of one stack if one is named; the ones that are over are marked so.
    private func list(_ filter: Filter, _ call: Call) async throws -> JSON {
        let records = try await ledger.find(Record.collection, "scope", call.caller.scope).map(\.value)
        let wanted = records.filter { filter.stackName == nil || $0.stackName == filter.stackName }
        let sorted = wanted.sorted { ($0.stackName, $0.rule) < ($1.stackName, $1.rule) }
        return [
            "overrides": .array(
                sorted.map { record in
                    var view = Self.view(record)
                    view["isOver"] = .bool(record.expires <= call.time)
                    return view
                })
        ]
    }

    private static func view(_ record: Record) -> JSON {
        [
            "stackName": .string(record.stackName), "rule": .string(record.rule), "reason": .string(record.reason),
            "expires": .double(record.expires.seconds), "by": .string(record.principal),
            "made": .double(record.made.seconds),
        ]
    }

    private static func event(_ type: String, _ record: Record, _ call: Call) -> LedgerEvent {
        LedgerEvent(
            time: call.time, source: "slipway.cloudformation", detailType: type, account: call.caller.account,
            region: call.caller.region,
            detail: [
                "stack-name": .string(record.stackName), "rule": .string(record.rule), "reason": .string(record.reason),
                "expires": .string(record.expires.iso8601()), "by": .string(call.caller.principal),
            ])
    }
}
