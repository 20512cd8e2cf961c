internal import Cloud

/// Which page is behind which path.
struct Router: Sendable {
    let desk: Desk

    /// The page of that path below the console's root.
    func page(_ path: [String]) async -> Page {
        do {
            switch path.count {
            case 0: return try await OverviewPage.page(desk)
            case 1: return try await list(path[0])
            case 2: return try await item(path[0], path[1])
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
        default: missing
        }
    }

    private func item(_ kind: String, _ name: String) async throws(AWSError) -> Page {
        switch kind {
        case "stacks": try await StackPage.page(name, desk)
        case "functions": try await FunctionPage.page(name, desk)
        case "deployments": await DeploymentPage.page(name, desk, refusal: nil)
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
