package import Cloud
package import Ledger
internal import Notation

/// When an operation on a stack may begin.
enum StackRules {
    /// - Throws: ``AWSError`` `ValidationError` when the stack's status does not allow an update.
    static func checkUpdatable(_ stack: Stack) throws {
        guard !stack.status.isUpdatable else { return }
        if stack.status == .deleteComplete { throw CloudFormationService.missing(stack.name) }
        throw AWSError(
            "ValidationError", "Stack:\(stack.id) is in \(stack.status.rawValue) state and can not be updated.")
    }

    /// A stack that an operation left as it was is only changed in the same way: to roll back would undo more than this
    /// operation. Source: "Choose how to handle failures when provisioning resources" in the User Guide.
    ///
    /// - Parameter command: the command's name, for the message.
    /// - Throws: ``AWSError`` `ValidationError` in CloudFormation's words.
    static func checkLeftAlone(_ stack: Stack, disablesRollback: Bool, _ command: String) throws {
        guard [.createFailed, .updateFailed].contains(stack.status), !disablesRollback else { return }
        throw AWSError(
            "ValidationError",
            "This stack is currently in a non-terminal [\(stack.status.rawValue)] state. To update the stack from this "
                + "state, please use the disable-rollback parameter with \(command) API. To rollback to the last known "
                + "good state, use the rollback-stack API")
    }

    /// - Parameter isByParent: whether the stack it is nested in does it: that protection does not hinder.
    /// - Throws: ``AWSError`` `ValidationError` when the stack is protected, being worked on, others import from it, or
    ///   what shall be retained is not in it.
    static func checkDeletable(
        _ stack: Stack, retaining: [String], isByParent: Bool = false, _ transaction: Transaction
    ) throws {
        if stack.isProtected, !isByParent {
            throw AWSError(
                "ValidationError", "Stack [\(stack.name)] cannot be deleted while TerminationProtection is enabled")
        }
        if stack.status.isInProgress, stack.status != .createInProgress {
            throw AWSError(
                "ValidationError", "Stack [\(stack.id)] cannot be deleted while in status \(stack.status.rawValue)")
        }
        if !retaining.isEmpty, stack.status != .deleteFailed {
            throw AWSError(
                "ValidationError",
                "Invalid operation on stack [\(stack.id)]. RetainResources can only be specified for a stack "
                    + "in the DELETE_FAILED state.")
        }
        for name in retaining where try transaction.get(StackStore.resources, StackStore.key(stack.id, name)) == nil {
            // A name that was misspelt would be deleted in silence.
            throw AWSError("ValidationError", "Resource [\(name)] to retain does not exist in stack [\(stack.id)]")
        }
        for export in stack.exports {
            let users = try importers(of: export.name, stack.scope, transaction).filter { $0 != stack.name }
            guard !users.isEmpty else { continue }
            throw AWSError(
                "ValidationError",
                "Export \(export.name) cannot be deleted as it is in use by \(users.joined(separator: ", "))")
        }
    }

    /// The names of the stacks that import that export.
    static func importers(of export: String, _ scope: String, _ transaction: Transaction) throws -> [String] {
        try transaction.find(StackStore.stacks, "import", scope + export).map(\.value.name).sorted()
    }

    /// What the stack must not show: the values of its `NoEcho` parameters, now and in its last good state.
    static func secrets(_ stack: Stack) -> [String] {
        let parameters = stack.revision.parameters + (stack.good?.parameters ?? [])
        return Set(parameters.filter(\.isNoEcho).map { $0.resolved ?? $0.value }).filter { !$0.isEmpty }.sorted()
    }

    /// Tags by key.
    static func tags(_ tags: [Stack.Tag]) -> [String: String] {
        Dictionary(tags.map { ($0.key, $0.value) }) { _, last in last }
    }

    /// Tags by key, as a change set shows them.
    static func shown(_ tags: [String: String]) -> JSON {
        .object(JSONObject(tags.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
    }
}

/// The names stacks and change sets may have.
enum StackName {
    /// - Throws: ``AWSError`` `ValidationError` in the words of AWS's validation.
    static func check(_ name: String, member: String = "stackName") throws {
        let isFirstLetter = name.unicodeScalars.first.map { $0.isASCII && $0.properties.isAlphabetic } ?? false
        let rest = name.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-")
        }
        guard isFirstLetter, rest, name.count <= 128 else {
            throw AWSError(
                "ValidationError",
                "1 validation error detected: Value '\(name)' at '\(member)' failed to satisfy constraint: "
                    + "Member must satisfy "
                    + "regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
        }
    }
}

/// What was begun under clients' tokens.
///
/// A token stands for one request: sent again, as clients do when they hear no answer, it begins nothing and is answered
/// as before. Source: ClientRequestToken and ClientToken of the operations in the API Reference.
package struct TokenBook: Sendable {
    private let ledger: Ledger

    /// The book of that ledger.
    package init(_ ledger: Ledger) { self.ledger = ledger }

    /// What the same call under the same token was answered; nil when there was none.
    ///
    /// - Throws: ``AWSError`` `TokenAlreadyExistsException` when the token was used for another request, or another
    ///   operation on the stack has begun since: nothing is answered as done that is not.
    package func answer(_ token: String?, _ call: Call) async throws -> String? {
        guard let token, let use = try await ledger.get(StackStore.tokens, call.caller.scope + token)?.value else {
            return nil
        }
        guard use.operation == call.operation else {
            throw Self.refusal("A different operation was already requested under the client token \(token)")
        }
        guard use.request == nil || use.request == Self.request(call) else {
            throw Self.refusal("A different request was already made under the client token \(token)")
        }
        if let begun = use.operationID {
            let stack = try await ledger.get(StackStore.stacks, use.answer)?.value
            guard stack?.operationID == begun else {
                throw Self.refusal("The client token \(token) was used for an operation that another has followed")
            }
        }
        return use.answer
    }

    private static func refusal(_ message: String) -> AWSError { AWSError("TokenAlreadyExistsException", message) }

    private static func request(_ call: Call) -> String { StableID.uuid(call.input.text()) }

    /// Notes what is begun under that token, inside the write that begins it.
    ///
    /// - Parameter operationID: the operation that it began on the stack which the answer names.
    package static func use(
        _ token: String?, _ call: Call, _ answer: String, operationID: String? = nil, _ transaction: Transaction
    ) throws {
        guard let token else { return }
        let use = TokenUse(
            operation: call.operation, answer: answer, request: request(call), operationID: operationID,
            time: transaction.now)
        try transaction.put(StackStore.tokens, call.caller.scope + token, use)
    }
}
