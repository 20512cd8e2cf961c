internal import Cloud
internal import Ledger
internal import Notation

extension CodeBuildService {
    /// What has hosts of repositories start builds.
    var webhookOperations: [Operation] {
        [
            Operation(
                "CreateWebhook", enforces: "projectName branchFilter filterGroups buildType", stores: "manualCreation"
            ) { (input: WebhookInput, call) in
                ["webhook": try await createWebhook(input, call)] as JSON
            },
            Operation("UpdateWebhook", enforces: "projectName branchFilter rotateSecret filterGroups buildType") {
                (input: WebhookInput, call) in ["webhook": try await updateWebhook(input, call)] as JSON
            },
            Operation("DeleteWebhook", enforces: "projectName") { (input: WebhookInput, call) in
                try await change(input.projectName, call) { project in
                    guard project.webhook != nil else { throw Self.noWebhook(project) }
                    project.webhook = nil
                }
                return Nothing()
            },
        ]
    }

    /// Has webhooks found by their addresses that were made before there was an index of these. Done at each start; a
    /// second time changes nothing.
    func indexWebhooks() async throws {
        var place = ""
        while true {
            let page = try await ledger.list(Project.collection, after: place, limit: 500)
            guard let end = page.last else { return }
            place = end.key
            for document in page {
                guard let token = document.value.webhook?.token,
                    try await ledger.find(Project.collection, "webhook", token).isEmpty
                else { continue }
                try await ledger.write { transaction in
                    guard let now = try transaction.get(Project.collection, document.key)?.value else { return }
                    try transaction.put(Project.collection, document.key, now)
                }
            }
        }
    }

    private static func noWebhook(_ project: Project) -> AWSError {
        AWSError("ResourceNotFoundException", "The project \(project.settings.name) has no webhook")
    }

    /// Nothing is set up at the host: its owner enters address and secret there, as with AWS's `manualCreation`.
    private func createWebhook(_ input: WebhookInput, _ call: Call) async throws -> JSON {
        try Self.check(input)
        let chance = ledger.surroundings.chance
        let (secret, token) = (chance.hexadecimal(48), chance.hexadecimal(40))
        let project = try await change(input.projectName, call) { project in
            guard project.webhook == nil else {
                throw AWSError(
                    "ResourceAlreadyExistsException", "The project \(project.settings.name) has a webhook already")
            }
            let type = project.settings.source.type
            guard project.settings.source.isGit, type != "CODECOMMIT" else {
                throw AWSError.invalidInput("Webhooks are not supported for the source type \(type)")
            }
            project.webhook = ProjectWebhook(
                secret: secret, token: token, branchFilter: input.branchFilter, filterGroups: input.filterGroups,
                buildType: input.buildType, manualCreation: input.manualCreation, lastModifiedSecret: call.time)
        }
        guard let webhook = project.webhook else { throw Self.noWebhook(project) }
        return try ProjectView.webhook(webhook, cloud.endpoint, showsSecret: true)
    }

    private func updateWebhook(_ input: WebhookInput, _ call: Call) async throws -> JSON {
        try Self.check(input)
        let secret = ledger.surroundings.chance.hexadecimal(48)
        let project = try await change(input.projectName, call) { project in
            guard var webhook = project.webhook else { throw Self.noWebhook(project) }
            webhook.branchFilter = input.branchFilter ?? webhook.branchFilter
            webhook.filterGroups = input.filterGroups ?? webhook.filterGroups
            webhook.buildType = input.buildType ?? webhook.buildType
            if input.rotateSecret == true {
                webhook.secret = secret
                webhook.lastModifiedSecret = call.time
            }
            project.webhook = webhook
        }
        guard let webhook = project.webhook else { throw Self.noWebhook(project) }
        return try ProjectView.webhook(webhook, cloud.endpoint, showsSecret: input.rotateSecret == true)
    }

    /// Every group says of which events; all patterns can be read.
    private static func check(_ input: WebhookInput) throws {
        guard input.branchFilter == nil || input.filterGroups?.isEmpty != false else {
            throw AWSError.invalidInput("branchFilter and filterGroups cannot be given together")
        }
        guard input.buildType != "RUNNER_BUILDKITE_BUILD" else {
            throw AWSError.notImplemented("webhooks of the type RUNNER_BUILDKITE_BUILD")
        }
        if let filter = input.branchFilter { try check(pattern: filter) }
        for group in input.filterGroups ?? [] {
            guard group.count(where: { $0.type == "EVENT" }) == 1 else {
                throw AWSError.invalidInput("Each filter group must have exactly one filter of the type EVENT")
            }
            for filter in group where filter.type == "EVENT" {
                for name in filter.pattern.split(separator: ",").map({ $0.filter { $0 != " " } }) {
                    guard WebhookFilters.events.contains(String(name)) else {
                        throw AWSError.invalidInput("'\(name)' is no event of a webhook that Slipway hears of")
                    }
                }
            }
            for filter in group where filter.type != "EVENT" { try check(pattern: filter.pattern) }
        }
    }

    private static func check(pattern: String) throws {
        guard (try? Regex(pattern)) != nil else {
            throw AWSError.invalidInput("'\(pattern)' is no regular expression")
        }
    }
}

private struct WebhookInput: Decodable, Sendable {
    var projectName: String
    var branchFilter: String?
    var filterGroups: [[ProjectWebhook.Filter]]?
    var buildType: String?
    var manualCreation: Bool?
    var rotateSecret: Bool?
}
