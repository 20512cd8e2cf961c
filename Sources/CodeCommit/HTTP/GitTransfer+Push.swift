internal import Cloud
internal import Glibc
internal import HTTP
internal import Ledger
internal import Notation

extension GitTransfer {
    /// Takes a push: objects as they come, then, one push of a repository at a time, the references; then the note in
    /// the ledger; then the answer.
    func push(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.fields["Content-Encoding"] == nil else {
            throw AWSError("UnsupportedEncoding", "Pushes are not taken with a content encoding.", status: 415)
        }
        let place = await Place.take(git.transfers)
        defer { _ = place }
        let gate = try PushGate(store: service.store, repository: repository)
        let process = try receive(gate)
        let output = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask {
                try await feed(process, request.body)
                return nil
            }
            group.addTask { try await move(process, gate, request) }
            var output: [UInt8] = []
            do {
                for try await part in group { if let part { output = part } }
            } catch {
                process.kill()
                gate.answer("The push was given up.")
                throw error
            }
            return output
        }
        service.maintenance.changed(repository)
        return HTTPResponse(
            status: 200,
            fields: ["Content-Type": "application/x-git-receive-pack-result", "Cache-Control": "no-cache"],
            body: .bytes(output))
    }

    /// Starts receive-pack with the gate's ends. Only branches and tags are the clients' to see and move.
    private func receive(_ gate: PushGate) throws -> GitProcess {
        defer { gate.opened() }
        try service.store.prepareHook()
        return try git.start(
            in: folder, ["receive-pack", "--stateless-rpc", "."], input: .piped,
            environment: environment.merging(ReferenceBook.committer(caller.principal)) { $1 },
            configuration: [
                ("core.hooksPath", service.store.hooks), ("receive.maxInputSize", String(git.limits.pushBytes)),
                ("transfer.hideRefs", "refs"), ("transfer.hideRefs", "!refs/heads"),
                ("transfer.hideRefs", "!refs/tags"),
            ], inherited: gate.theirs, capacity: 4 << 20)
    }

    /// Hands the body to git as it comes. What git does not want to read any more is thrown away, so that the client
    /// gets its answer.
    private func feed(_ process: GitProcess, _ body: HTTPBody) async throws {
        defer { process.closeInput() }
        switch body {
        case .bytes(let bytes): _ = await process.write(bytes)
        case .stream(let stream):
            var isRead = true
            for try await piece in stream where isRead { isRead = await process.write(piece) }
        }
    }

    /// Waits until git has all objects, then lets it move the references while nobody else moves any, and notes what it
    /// moved.
    private func move(_ process: GitProcess, _ gate: PushGate, _ request: HTTPRequest) async throws -> [UInt8] {
        guard let commands = await gate.commands() else { return try await finish(process) }
        let names = commands.compactMap { RefName($0) }
        guard names.count == commands.count else {
            gate.answer("Only branches and tags can be pushed, under names of up to 512 bytes.")
            return try await finish(process)
        }
        do { try await service.authorizePush(of: names, to: repository, by: caller, peer: request.peer) } catch let
            refusal as AWSError
        {
            gate.answer(refusal.message)
            return try await finish(process)
        }
        return try await service.store.locks.hold(repository.id) {
            guard try await service.ledger.get(Shelf.repositories, repository.key)?.value.id == repository.id else {
                gate.answer("The repository was deleted or renamed.")
                return try await finish(process)
            }
            // What an earlier process left unnoted would otherwise become part of this push.
            try await service.book.settle(names, in: repository, by: .init())
            gate.answer("go")
            let output = try await finish(process)
            try await service.book.settle(names, in: repository, by: .init(principal: caller.principal))
            return output
        }
    }

    /// What git answers, once it has ended.
    private func finish(_ process: GitProcess) async throws -> [UInt8] {
        let output = try await process.readAll(limit: 16 << 20)
        let status = await process.wait()
        // A push that git refuses is an answer like any other; it says so in its words.
        guard status == 0 || !output.isEmpty else { throw git.failure(["receive-pack"], process, status) }
        return output
    }
}

/// Where a push waits between its objects and its references: the two ends of the hook's pipes.
final class PushGate: Sendable {
    private let asking: (read: Int32, write: Int32)
    private let answering: (read: Int32, write: Int32)
    private let mark: Int32
    private let pump = OutputPump(capacity: 64 << 20)
    private let answers: InputPump

    /// Makes the pipes, and marks the repository as being pushed to.
    init(store: RepositoryStore, repository: Repository) throws {
        mark = try store.mark(repository)
        do {
            asking = try GitLaunch.pipe()
            do { answering = try GitLaunch.pipe() } catch {
                for descriptor in [asking.read, asking.write] { close(descriptor) }
                throw error
            }
        } catch {
            close(mark)
            throw error
        }
        answers = InputPump(answering.write)
        pump.start(asking.read, seconds: 24 * 3600, deadline: {}, ended: {})
    }

    /// What the process inherits, at 3, 4 and 5: where the hook asks, where it hears, and the mark.
    var theirs: [Int32] { [asking.write, answering.read, mark] }

    /// The process has its ends now: ours go. Called once, whether it started or not.
    func opened() { for descriptor in theirs { close(descriptor) } }

    /// The references that are to move; nil when git ended without asking.
    func commands() async -> [String]? {
        var bytes: [UInt8] = []
        while let piece = await pump.next() {
            bytes += piece
            guard bytes.ends(with: "done\n".utf8) else { continue }
            let lines = String(decoding: bytes.dropLast(5), as: UTF8.self).split(separator: "\n")
            return lines.map { line in line.split(separator: " ", maxSplits: 2).last.map(String.init) ?? "" }
        }
        return nil
    }

    /// Lets the hook end: `go` moves the references, anything else is told to the client.
    func answer(_ text: String) {
        // Waited for by the pump's thread alone: the answer fits into the pipe.
        Task {
            _ = await answers.write(Array((text + "\n").utf8))
            answers.close()
        }
    }

    deinit {
        answers.close()
        pump.abandon()
    }
}

extension Array where Element == UInt8 {
    /// Whether it ends with those bytes.
    fileprivate func ends(with bytes: some BidirectionalCollection<UInt8>) -> Bool {
        count >= bytes.count && suffix(bytes.count).elementsEqual(bytes)
    }
}
