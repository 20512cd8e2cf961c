import Cloud
import Ledger
import Notation

/// Resource policies of functions.
struct PermissionOperations: Sendable {
    let parts: LambdaParts

    var operations: [Operation] {
        [
            Operation(
                "AddPermission",
                enforces: "FunctionName StatementId Action Principal Qualifier RevisionId FunctionUrlAuthType "
                    + "InvokedViaFunctionUrl",
                stores: "SourceArn SourceAccount EventSourceToken PrincipalOrgID", raw: add),
            Operation("RemovePermission", enforces: "FunctionName StatementId Qualifier RevisionId", raw: remove),
            Operation("GetPolicy", enforces: "FunctionName Qualifier", raw: get),
        ]
    }

    private func add(_ call: Call) async throws -> Reply {
        let name = try call.function()
        guard name.qualifier != "$LATEST" else {
            throw LambdaError.invalid("We currently do not support adding policies for $LATEST.")
        }
        try Self.check(principal: call.input["Principal"]?.string ?? "")
        let statement = Self.statement(call.input, resource: name.arn)
        let id = call.text("StatementId")
        let revision = call.input["RevisionId"]?.string
        try await parts.ledger.write { transaction in
            var function = try transaction.function(name)
            try Self.checkQualifier(name, transaction)
            var policy = function.policies[name.qualifier ?? ""] ?? ResourcePolicy()
            if let revision, revision != policy.revisionID { throw LambdaError.revision("GetPolicy") }
            guard !policy.statements.contains(where: { $0["Sid"]?.string == id }) else {
                throw LambdaError.conflict(
                    "The statement id (\(id)) provided already exists. Please provide a new statement id, or remove "
                        + "the existing statement.")
            }
            policy.statements.append(statement)
            policy.revisionID = transaction.surroundings.chance.uuid()
            function.policies[name.qualifier ?? ""] = policy
            guard policy.text.utf8.count <= 20_480 else {
                throw AWSError(
                    "PolicyLengthExceededException", "The final policy size is bigger than the limit (20480).",
                    members: ["Type": "User"])
            }
            try transaction.put(function)
            try transaction.note("AddPermission", name, ["statementId": .string(id)])
        }
        return Reply(["Statement": .string(statement.text())])
    }

    private static func checkQualifier(_ name: FunctionName, _ transaction: Transaction) throws {
        guard let qualifier = name.qualifier else { return }
        if FunctionName.isVersion(qualifier) {
            guard try transaction.hasVersion(name, qualifier) else { throw LambdaError.functionNotFound(name.arn) }
        } else if try transaction.get(LambdaStore.aliases, LambdaStore.aliasKey(name.key, qualifier)) == nil {
            throw LambdaError.aliasNotFound(name.arn)
        }
    }

    /// - Throws: `InvalidParameterValueException` for what is no service, account, ARN or `*`.
    static func check(principal: String) throws {
        let isAccount = FunctionName.isVersion(principal) && principal.count == 12
        guard principal == "*" || isAccount || principal.hasPrefix("arn:") || principal.contains(".") else {
            throw LambdaError.invalid("The provided principal was invalid. Please check the principal and try again.")
        }
    }

    /// A statement of a resource policy, in the form that GetPolicy shows.
    static func statement(_ input: JSON, resource: String) -> JSON {
        let principal = input["Principal"]?.string ?? ""
        let who: JSON =
            if principal == "*" {
                "*"
            } else if principal.hasSuffix(".amazonaws.com") || principal.hasSuffix(".amazon.com") {
                ["Service": .string(principal)]
            } else if FunctionName.isVersion(principal), principal.count == 12 {
                ["AWS": .string("arn:aws:iam::\(principal):root")]
            } else {
                ["AWS": .string(principal)]
            }
        var statement: JSON = [
            "Sid": input["StatementId"] ?? "", "Effect": "Allow", "Principal": who, "Action": input["Action"] ?? "",
            "Resource": .string(resource),
        ]
        var condition: JSON = [:]
        func add(_ test: String, _ key: String, _ value: JSON?) {
            guard let value else { return }
            var tests = condition[test] ?? [:]
            tests[key] = value
            condition[test] = tests
        }
        add("StringEquals", "lambda:FunctionUrlAuthType", input["FunctionUrlAuthType"])
        add("StringEquals", "AWS:SourceAccount", input["SourceAccount"])
        add("StringEquals", "lambda:EventSourceToken", input["EventSourceToken"])
        add("StringEquals", "aws:PrincipalOrgID", input["PrincipalOrgID"])
        add("ArnLike", "AWS:SourceArn", input["SourceArn"])
        if let isVia = input["InvokedViaFunctionUrl"]?.bool {
            add("Bool", "lambda:InvokedViaFunctionUrl", .string(isVia ? "true" : "false"))
        }
        if condition.object?.isEmpty == false { statement["Condition"] = condition }
        return statement
    }

    private func remove(_ call: Call) async throws -> Reply {
        let name = try call.function()
        let id = call.text("StatementId")
        let revision = call.input["RevisionId"]?.string
        try await parts.ledger.write { transaction in
            guard var function = try transaction.get(LambdaStore.functions, name.key)?.value else {
                throw LambdaError.notFound("No policy found for: \(name.arn)")
            }
            guard var policy = function.policies[name.qualifier ?? ""] else {
                throw LambdaError.notFound("No policy is associated with the given resource.")
            }
            guard policy.statements.contains(where: { $0["Sid"]?.string == id }) else {
                throw LambdaError.notFound("Statement \(id) is not found in resource policy.")
            }
            if let revision, revision != policy.revisionID { throw LambdaError.revision("GetPolicy") }
            policy.statements.removeAll { $0["Sid"]?.string == id }
            policy.revisionID = transaction.surroundings.chance.uuid()
            function.policies[name.qualifier ?? ""] = policy.statements.isEmpty ? nil : policy
            try transaction.put(function)
            try transaction.note("RemovePermission", name, ["statementId": .string(id)])
        }
        return Reply([:])
    }

    private func get(_ call: Call) async throws -> Reply {
        let name = try call.function()
        let function = try await parts.store.function(name)
        guard let policy = function.policies[name.qualifier ?? ""] else { throw LambdaError.notFound() }
        return Reply(["Policy": .string(policy.text), "RevisionId": .string(policy.revisionID)])
    }
}
