package import Cloud
internal import Notation

/// Reads and writes aliases by Lambda's own operations, at the door.
package struct LambdaAliasTraffic: AliasTraffic {
    private let cloud: Cloud

    /// Through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// Calls GetAlias.
    package func read(_ target: LambdaTarget, as caller: Caller) async throws -> (state: AliasState, revision: String) {
        let alias = try await call("GetAlias", name(target), caller)
        guard let version = alias["FunctionVersion"]?.string else {
            throw TrafficProblem(.transient, "Lambda's answer names no version for the alias.")
        }
        var weights: [String: Double] = [:]
        for (version, weight) in alias["RoutingConfig"]?["AdditionalVersionWeights"]?.object ?? [:] {
            weights[version] = weight.double ?? 0
        }
        return (AliasState(version: version, weights: weights), alias["RevisionId"]?.string ?? "")
    }

    /// Calls UpdateAlias with the revision id, so that a change made meanwhile is a `.conflict`.
    package func write(_ state: AliasState, to target: LambdaTarget, revision: String, as caller: Caller) async throws {
        var input = name(target)
        input["FunctionVersion"] = .string(state.version)
        let weights = JSONObject(state.weights.sorted { $0.key < $1.key }.map { ($0.key, .double($0.value)) })
        input["RoutingConfig"] = ["AdditionalVersionWeights": .object(weights)]
        if !revision.isEmpty { input["RevisionId"] = .string(revision) }
        _ = try await call("UpdateAlias", input, caller)
    }

    /// Calls GetFunctionConfiguration with the version.
    package func checkVersion(_ version: String, of target: LambdaTarget, as caller: Caller) async throws {
        let input: JSON = ["FunctionName": .string(target.function), "Qualifier": .string(version)]
        _ = try await call("GetFunctionConfiguration", input, caller)
    }

    private func name(_ target: LambdaTarget) -> JSON {
        ["FunctionName": .string(target.function), "Name": .string(target.alias)]
    }

    private func call(_ operation: String, _ input: JSON, _ caller: Caller) async throws -> JSON {
        do { return try await cloud.call("lambda", operation, input, as: caller) } catch let error as AWSError {
            switch error.code {
            case "ResourceNotFoundException": throw TrafficProblem(.missing, error.message)
            case "PreconditionFailedException", "ResourceConflictException":
                throw TrafficProblem(.conflict, error.message)
            case "AccessDenied", "AccessDeniedException": throw TrafficProblem(.denied, error.message)
            case _ where error.isPassing: throw TrafficProblem(.transient, error.description)
            default: throw TrafficProblem(.refused, error.description)
            }
        }
    }
}
