internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation
internal import Sandbox

/// Carries out what builds want done. A step that is repeated after a crash finds no site of its build, and says that
/// it is lost; only the last one, which cleans up, is simply done again.
struct BuildPerformer: Performer {
    typealias Engine = BuildMachine

    let workshop: Workshop
    let runner: MachineRunner<BuildMachine>
    /// Starts a build of the same settings; gives back its id. The same for the same key.
    let startAgain: @Sendable (_ machine: BuildMachine, _ key: String) async throws -> String

    func perform(_ command: BuildMachine.Command, of id: String, key: String) async throws -> BuildMachine.Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        let order = machine.order
        switch command {
        case .provision(let turn):
            return .answered(turn: turn, try await guarded { try await provision(order, restarts: machine.restarts) })
        case .download(let turn):
            return .answered(turn: turn, try await onSite(id) { try await download($0) })
        case .run(let phase, let turn, let tries):
            return .answered(turn: turn, try await onSite(id) { try await run(phase, tries: tries, on: $0) })
        case .upload(let turn):
            return .answered(turn: turn, try await onSite(id) { try await upload($0) })
        case .finalize(let turn):
            return .answered(turn: turn, await finalize(machine))
        case .startRetry(let turn):
            return .answered(turn: turn, .retried(try await startAgain(machine, key)))
        }
    }

    private func onSite(
        _ id: String, _ step: (BuildSite) async throws -> BuildMachine.Answer
    ) async throws -> BuildMachine.Answer {
        guard let site = workshop.site(id) else { return .lost }
        return try await guarded { try await step(site) }
    }

    /// Whatever goes wrong is the build's news, except that the server is being stopped: then nothing is told, and the
    /// next start finds the step undone.
    private func guarded(_ step: () async throws -> BuildMachine.Answer) async throws -> BuildMachine.Answer {
        do {
            let answer = try await step()
            try Task.checkCancellation()
            return answer
        } catch let error as CancellationError {
            throw error
        } catch let failure as StepFailure {
            return .failed(failure.context, isFault: failure.isFault)
        } catch {
            try Task.checkCancellation()
            let why = (error as? AWSError)?.description ?? "\(error)"
            let isClient = (error as? AWSError)?.isSender ?? false
            return .failed(
                PhaseContext(statusCode: isClient ? "CLIENT_ERROR" : "INTERNAL_ERROR", message: why), isFault: !isClient
            )
        }
    }
}

/// Why a step ends the build, in AWS's codes.
struct StepFailure: Error {
    let context: PhaseContext
    var isFault = false

    init(_ code: String, _ message: String, isFault: Bool = false) {
        context = PhaseContext(statusCode: code, message: message)
        self.isFault = isFault
    }
}
