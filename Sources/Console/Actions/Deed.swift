internal import Cloud
internal import Notation

/// What a form asks for: the page it is on, and the word for what to do.
enum Deed: Sendable {
    case deployment(String, DeploymentAction)
    case pipeline(String, PipelineAction)
    case build(String, BuildAction)

    /// Reads it off the form's address; nil when that names none.
    init?(_ path: [String]) {
        guard path.count == 3 else { return nil }
        switch path[0] {
        case "deployments":
            guard let action = DeploymentAction(rawValue: path[2]) else { return nil }
            self = .deployment(path[1], action)
        case "pipelines":
            guard let action = PipelineAction(rawValue: path[2]) else { return nil }
            self = .pipeline(path[1], action)
        case "builds":
            guard let action = BuildAction(rawValue: path[2]) else { return nil }
            self = .build(path[1], action)
        default: return nil
        }
    }

    /// The page it was asked on.
    var page: Address {
        switch self {
        case .deployment(let id, _): .page("deployments", id)
        case .pipeline(let name, _): .page("pipelines", name)
        case .build(let id, _): .page("builds", id)
        }
    }

    /// Does it as the visitor, and answers with the page that shows what came of it, or with the one it was asked on
    /// and the refusal.
    func answer(_ form: FormFields, _ desk: Desk) async -> Answer {
        switch self {
        case .deployment(let id, let action):
            do {
                let after = try await desk.call("slipway", action.operation, ["deploymentId": .string(id)])
                return .redirect(.page("deployments", after["deploymentId"]?.string ?? id), cookie: nil)
            } catch {
                return .page(await DeploymentPage.page(id, desk, refusal: error))
            }
        case .pipeline(let name, let action):
            do { return .redirect(try await action.perform(name, form, desk), cookie: nil) } catch {
                return .page(await PipelinePage.page(name, desk, refusal: error))
            }
        case .build(let id, let action):
            do { return .redirect(try await action.perform(id, desk), cookie: nil) } catch {
                return .page(await BuildPage.page(id, desk, FormFields(parsing: ""), refusal: error))
            }
        }
    }
}
