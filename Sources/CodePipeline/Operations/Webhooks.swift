internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns

/// The older kind of webhook: an address for each, judged by filters.
extension CodePipelineService {
    var webhookOperations: [Operation] {
        [
            Operation("PutWebhook", enforces: "webhook tags", raw: putWebhook),
            Operation("ListWebhooks", enforces: "NextToken MaxResults", raw: listWebhooks),
            Operation("DeleteWebhook", enforces: "name", raw: deleteWebhook),
            Operation(refusing: "RegisterWebhookWithThirdParty") { _ in Self.noRegistration },
            Operation(refusing: "DeregisterWebhookWithThirdParty") { _ in Self.noRegistration },
        ]
    }

    private static var noRegistration: AWSError {
        .notImplemented(
            "the registration of webhooks at their hosts: enter the webhook's URL and secret there yourself, or use "
                + "a connection"
        )
    }

    /// Makes a webhook, or changes the one of that name; its address stays.
    private func putWebhook(_ call: Call) async throws -> Reply {
        let definition = call.input["webhook"] ?? [:]
        let name = definition["name"]?.string ?? ""
        try Self.check(definition)
        let tags = try Tagging.checked(call.input["tags"], call.caller)
        let webhook = try await ledger.write { transaction -> Webhook in
            let target = definition["targetPipeline"]?.string ?? ""
            let pipeline = try Pipeline.get(target, call.caller, in: transaction)
            let action = definition["targetAction"]?.string ?? ""
            guard try pipeline.definition().sources.contains(where: { $0.name == action }) else {
                throw AWSError("ValidationException", "The pipeline '\(target)' has no source action '\(action)'.")
            }
            let key = call.caller.key(name)
            let known = try transaction.get(Webhook.collection, key)?.value
            if known == nil {
                guard try transaction.find(Webhook.collection, "scope", call.caller.scope).count < Webhook.limit else {
                    throw AWSError("LimitExceededException", "There can be \(Webhook.limit) webhooks in a region.")
                }
            }
            var webhook =
                known
                ?? Webhook(
                    name: name, account: call.caller.account, region: call.caller.region, definition: definition,
                    address: transaction.surroundings.chance.hexadecimal(40))
            webhook.definition = definition
            if known == nil || !tags.isEmpty { webhook.tags = tags }
            try transaction.put(Webhook.collection, key, webhook)
            return webhook
        }
        return Reply(["webhook": view(webhook)])
    }

    private static func check(_ definition: JSON) throws {
        for filter in definition["filters"]?.array ?? [] {
            let path = filter["jsonPath"]?.string ?? ""
            guard EventPath(path) != nil else {
                throw AWSError("InvalidWebhookFilterPatternException", "The JSONPath '\(path)' cannot be read.")
            }
        }
        let configuration = definition["authenticationConfiguration"]
        let secret = configuration?["SecretToken"]?.string
        let range = configuration?["AllowedIPRange"]?.string
        let isRight =
            switch definition["authentication"]?.string {
            case "GITHUB_HMAC": secret != nil && range == nil
            case "IP": secret == nil && range.flatMap(AddressRange.init) != nil
            default: secret == nil && range == nil
            }
        guard isRight else {
            throw AWSError(
                "InvalidWebhookAuthenticationParametersException",
                "GITHUB_HMAC needs a SecretToken alone, IP an AllowedIPRange alone such as 192.0.2.0/24, "
                    + "UNAUTHENTICATED neither."
            )
        }
    }

    private func view(_ webhook: Webhook) -> JSON {
        var definition = webhook.definition
        if definition["authenticationConfiguration"]?["SecretToken"] != nil {
            definition["authenticationConfiguration"]?["SecretToken"] = .string(Declaration.mask)
        }
        var view: JSON = [
            "definition": definition, "url": .string(cloud.endpoint + WebhookInbox.path + webhook.address),
            "arn": .string(webhook.arn), "tags": Tagging.view(webhook.tags),
        ]
        view["lastTriggered"] = webhook.lastTriggered.map { .double($0.seconds) }
        view["errorCode"] = webhook.errorCode.map(JSON.string)
        view["errorMessage"] = webhook.errorMessage.map(JSON.string)
        return view
    }

    private func listWebhooks(_ call: Call) async throws -> Reply {
        let limit = call.input["MaxResults"]?.int ?? 100
        let after = try Page.after(call, member: "NextToken")
        let all = try await ledger.list(Webhook.collection, prefix: call.caller.scope, after: after, limit: limit + 1)
        var output: JSON = ["webhooks": .array(all.prefix(limit).map { view($0.value) })]
        if all.count > limit { output["NextToken"] = Page.token(all[limit - 1].key) }
        return Reply(output)
    }

    /// A second call succeeds too.
    private func deleteWebhook(_ call: Call) async throws -> Reply {
        let key = call.caller.key(call.input["name"]?.string ?? "")
        try await ledger.write { try $0.delete(Webhook.collection, key) }
        return Reply()
    }
}

/// A range of IPv4 addresses, `192.0.2.0/24`.
struct AddressRange: Sendable, Hashable {
    private let base: UInt32
    private let mask: UInt32

    /// Nil when the text is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = Self.number(String(parts[0])) else { return nil }
        let bits = parts.count == 2 ? Int(parts[1]) : 32
        guard let bits, (0...32).contains(bits) else { return nil }
        mask = bits == 0 ? 0 : .max << UInt32(32 - bits)
        base = address & mask
    }

    /// Whether a peer's address (with or without its port) lies in it.
    func contains(_ peer: String) -> Bool {
        let address = peer.split(separator: ":").first.map(String.init) ?? peer
        return Self.number(address).map { $0 & mask == base } ?? false
    }

    private static func number(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(UInt32(0)) { sum, part in sum.flatMap { sum in part.map { sum << 8 | UInt32($0) } } }
    }
}

extension [UInt8?] {
    /// Nil as soon as a part is none.
    fileprivate func reduce(_ start: UInt32, _ add: (UInt32?, UInt8?) -> UInt32?) -> UInt32? {
        var result: UInt32? = start
        for part in self { result = add(result, part) }
        return result
    }
}
