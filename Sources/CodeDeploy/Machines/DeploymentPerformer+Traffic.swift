internal import Cloud
internal import Ledger
internal import Notation

extension DeploymentPerformer {
    /// Compares the alias and the versions with what the AppSpec says of them.
    func inspect(_ target: LambdaTarget, _ caller: Caller) async throws -> Event {
        do {
            let state = try await abilities.traffic.read(target, as: caller).state
            for version in [target.current, target.target] {
                try await abilities.traffic.checkVersion(version, of: target, as: caller)
            }
            return judge(state, target)
        } catch let problem as TrafficProblem where problem.kind != .transient {
            return .inspectionFailed(ErrorInformation(code: problem.code, message: problem.message))
        }
    }

    /// Whether the alias is as the AppSpec says: all of its traffic on the current version.
    private func judge(_ state: AliasState, _ target: LambdaTarget) -> Event {
        let name = "\(target.functionName):\(target.alias)"
        if !state.weights.isEmpty {
            let others = state.weights.keys.sorted().joined(separator: ", ")
            return .inspectionFailed(
                ErrorInformation(
                    code: "INVALID_LAMBDA_CONFIGURATION",
                    message:
                        "The alias \(name) is split between version \(state.version) and version \(others), as a "
                        + "stopped deployment leaves it. Clear its weights first: \(target.clearingCommand)"))
        }
        guard state.version == target.current else {
            return .inspectionFailed(
                ErrorInformation(
                    code: "INVALID_LAMBDA_CONFIGURATION",
                    message: "The AppSpec file says that the alias \(name) points at version \(target.current), "
                        + "but it points at version \(state.version)."))
        }
        return .inspected
    }

    /// Writes the next step's weights. That it was written before is found out by looking; that nobody waits for it
    /// any more too: a late repeat must not undo a restored alias. Nothing is told then.
    func shift(_ target: LambdaTarget, _ percent: Int, _ from: Int, _ id: String, _ caller: Caller) async -> Event? {
        let wanted = AliasState(target, percent: percent)
        let before = AliasState(target, percent: from)
        var last = TrafficProblem(.transient, "")
        for attempt in 1...Self.writeAttempts {
            do {
                let (state, revision) = try await abilities.traffic.read(target, as: caller)
                if state == wanted { return .shifted(percent: percent) }
                // Looked at after the alias was read: what restores it later changes the mark that this write presents.
                guard try await runner.machine(id)?.phase == .shifting(percent: percent) else { return nil }
                guard state == before else { return interfered(percent, target, state) }
                try await abilities.traffic.write(wanted, to: target, revision: revision, as: caller)
                return .shifted(percent: percent)
            } catch let problem as TrafficProblem {
                last = problem
                if !problem.isPassing { break }
            } catch {
                last = TrafficProblem(.transient, "\(error)")
            }
            guard await pause(attempt) else { break }
        }
        let error = ErrorInformation(
            code: last.code,
            message: "The alias '\(target.alias)' of \(target.functionName) could not be changed: \(last.message)")
        return .shiftFailed(percent: percent, error, mayHaveMoved: last.kind == .transient)
    }

    private func interfered(_ percent: Int, _ target: LambdaTarget, _ state: AliasState) -> Event {
        let error = ErrorInformation(
            code: "INVALID_LAMBDA_CONFIGURATION",
            message:
                "Somebody else changed the alias '\(target.alias)' of \(target.functionName) during the deployment: "
                + "it points at version \(state.versions.sorted().joined(separator: " and ")) now.")
        return .shiftFailed(percent: percent, error, mayHaveMoved: false)
    }

    /// Gives the old version everything back, unless the alias has been taken elsewhere meanwhile.
    func restore(_ target: LambdaTarget, _ caller: Caller) async -> Event {
        let wanted = AliasState(target, percent: 0)
        var last = ""
        for attempt in 1...Self.writeAttempts {
            do {
                let (state, revision) = try await abilities.traffic.read(target, as: caller)
                if state == wanted { return .restored }
                guard state.versions.isSubset(of: [target.current, target.target]) else {
                    let message =
                        "The alias points at version \(state.versions.sorted().joined(separator: " and ")), which is "
                        + "none of this deployment's; it was left alone."
                    return .restoreFailed(message: message, isFinal: true)
                }
                try await abilities.traffic.write(wanted, to: target, revision: revision, as: caller)
                return .restored
            } catch let problem as TrafficProblem where !problem.isPassing {
                return .restoreFailed(message: problem.message, isFinal: problem.kind == .missing)
            } catch {
                last = "\(error)"
            }
            guard await pause(attempt) else { break }
        }
        return .restoreFailed(message: last, isFinal: false)
    }

    /// Waits a little longer with each attempt. False when the process is being stopped, and after the last.
    private func pause(_ attempt: Int) async -> Bool {
        guard attempt < Self.writeAttempts else { return false }
        let delay = Duration.milliseconds(20) * (1 << attempt)
        return (try? await ledger.surroundings.time.sleep(until: ledger.surroundings.now + delay)) != nil
    }
}
