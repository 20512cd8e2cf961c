internal import Cloud

/// Which page is behind which path.
struct Router: Sendable {
    let desk: Desk
    let query: FormFields

    /// The page of that path below the console's root.
    func page(_ path: [String]) async -> Page {
        do {
            switch path.count {
            case 0: return try await OverviewPage.page(desk)
            case 1: return try await list(path[0])
            case 2: return try await item(path[0], path[1])
            case 3 where path[0] == "stacks": return try await ChangeSetPage.page(path[1], path[2], desk)
            case 3: return try await part(path[0], path[1], path[2])
            default: return missing
            }
        } catch {
            return .failure(Self.status(error), "\(error)", desk)
        }
    }

    private func list(_ kind: String) async throws(AWSError) -> Page {
        switch kind {
        case "stacks": try await StacksPage.page(desk)
        case "functions": try await FunctionsPage.page(desk)
        case "deployments": try await DeploymentsPage.page(desk)
        case "alarms": try await AlarmsPage.page(desk)
        case "pipelines": try await PipelinesPage.page(desk)
        case "builds": try await BuildsPage.page(desk)
        case "repositories": try await RepositoriesPage.page(desk)
        case "dora": try await DoraPage.page(desk, query)
        default: missing
        }
    }

    private func item(_ kind: String, _ name: String) async throws(AWSError) -> Page {
        switch kind {
        case "stacks": try await StackPage.page(name, desk)
        case "functions": try await FunctionPage.page(name, desk)
        case "deployments": await DeploymentPage.page(name, desk, refusal: nil)
        case "pipelines": await PipelinePage.page(name, desk, refusal: nil)
        case "builds": await BuildPage.page(name, desk, query, refusal: nil)
        case "repositories": try await RepositoryPage.page(name, desk, query)
        case "dora": try await DoraServicePage.page(name, desk, query)
        default: missing
        }
    }

    private func part(_ kind: String, _ name: String, _ part: String) async throws(AWSError) -> Page {
        switch kind {
        case "pipelines": try await ExecutionPage.page(name, part, desk, query)
        case "dora": try await DoraDeploymentPage.page(name, part, desk)
        default: missing
        }
    }

    private var missing: Page { .failure(404, "There is no such page.", desk) }

    /// A page about something that does not exist is not found, whatever status its service refuses with.
    static func status(_ error: AWSError) -> Int {
        let isMissing =
            error.code.contains("NotFound") || error.code.contains("DoesNotExist")
            || error.message.hasSuffix("does not exist")
        return isMissing ? 404 : error.status
    }
}
