internal import Console
internal import Foundation
internal import HTTP
internal import Ledger
internal import Logging
internal import Notation
internal import SQS
internal import ServiceLifecycle
internal import Synchronization

/// Keeps the house open: runs its long-lived parts, and builds it anew when a test asks for an empty one.
final class HouseKeeper: Service {
    private struct State {
        var house: Assembly?
        var group: ServiceGroup?
        var wantsReset = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())
    private let options: ServerOptions
    private let endpoint = Mutex("")
    private let log = Logger(label: "house")

    init(options: ServerOptions) { self.options = options }

    /// Builds the house. Requests are answered from now on.
    func open(endpoint: String) async throws {
        self.endpoint.withLock { $0 = endpoint }
        let house: Assembly
        do { house = try await Assembly(options: options, endpoint: endpoint) } catch let error as LedgerError {
            throw ServerError(error.message)
        }
        try AccessFile(house: house, options: options, endpoint: endpoint).write(to: options.data)
        state.withLock { $0.house = house }
    }

    /// Tells pages that follow events live that there will be no more, and long polls that no message comes.
    func endLivePages() {
        let house = state.withLock { $0.house }
        house?.console.close()
        house?.queues.close()
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.target == "/_slipway/reset" { return await resetAnswer(request) }
        guard let house = state.withLock({ $0.house }) else {
            return .text(503, "Slipway is starting.")
        }
        return await house.frontDoor.respond(to: request)
    }

    /// Runs the house's long-lived parts until asked to stop; a reset stops them, empties the data folder, and starts again.
    func run() async throws {
        while true {
            guard let house = state.withLock({ $0.house }) else { return }
            var quiet = Logger(label: "services")
            quiet.logLevel = .warning
            let group = ServiceGroup(
                configuration: .init(services: house.services.map { .init(service: $0) }, logger: quiet))
            state.withLock { $0.group = group }
            try await group.run()
            try? house.ledger.close()
            guard state.withLock({ $0.wantsReset }) else { return }
            try await renew()
        }
    }

    private func renew() async throws {
        state.withLock { $0.house = nil }
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: options.data) where name != "lock" {
            try files.removeItem(atPath: options.data + "/" + name)
        }
        try await open(endpoint: endpoint.withLock { $0 })
        let waiters = state.withLock { state in
            state.wantsReset = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// `POST /_slipway/reset`: an empty Slipway, as after the first start. Only where anyone is accepted, which is on loopback alone.
    private func resetAnswer(_ request: HTTPRequest) async -> HTTPResponse {
        guard options.acceptsAnyone else { return .text(403, "Reset is for servers started with --no-auth.\n") }
        guard request.method == "POST" else { return .text(405, "Write POST /_slipway/reset.\n") }
        await withCheckedContinuation { continuation in
            let group = state.withLock { state in
                state.wantsReset = true
                state.waiters.append(continuation)
                return state.group
            }
            // Answered once the house is open again: the reset waits for this task.
            Task { await group?.triggerGracefulShutdown() }
        }
        return .text(200, "{\"reset\":true}\n", type: "application/json")
    }
}

/// `access.json` in the data folder: where the server is and the root key, for the command line on the same machine. Readable by its owner alone.
struct AccessFile {
    let contents: JSON

    init(house: Assembly, options: ServerOptions, endpoint: String) {
        contents = [
            "endpoint": .string(endpoint), "region": .string(options.region),
            "accessKeyId": .string(house.rootKey.id), "secretAccessKey": .string(house.rootKey.secret),
        ]
    }

    /// Writes it anew, or not at all.
    func write(to folder: String) throws {
        let path = folder + "/access.json"
        let made = FileManager.default.createFile(
            atPath: path + ".new", contents: Data(contents.bytes(.pretty)), attributes: [.posixPermissions: 0o600])
        guard made, rename(path + ".new", path) == 0 else {
            throw ServerError("The data folder \(folder) cannot be written. Check its rights and disk space.")
        }
    }
}
