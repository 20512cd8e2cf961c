import Cloud
@testable import Console
import Foundation
import HTTP
import Ledger
import Notation

/// A console before fake services, and a visitor who keeps cookies like a browser.
struct Stage: Sendable {
    static let caller = Caller.root(account: "123456789012", region: "eu-west-1")
    static let start = Timestamp(seconds: 1_795_482_000)

    let console: Console
    let ledger: Ledger
    let time: VirtualTime

    /// What the console answers.
    func send(
        _ method: String, _ path: String, _ fields: HTTPFields = [:], form: String = ""
    ) async throws -> (status: Int, text: String, fields: HTTPFields) {
        let request = HTTPRequest(
            method: method, target: Address.root + path, fields: fields, body: .bytes(Array(form.utf8)))
        guard let response = await console.respond(to: request) else { throw NotOurs() }
        let bytes = try await response.body.collected(limit: 1 << 20)
        return (response.status, String(decoding: bytes, as: UTF8.self), response.fields)
    }

    struct NotOurs: Error {}

    /// A page's markup.
    func get(_ path: String, _ fields: HTTPFields = [:]) async throws -> String {
        try await send("GET", path, fields).text
    }
}

/// Runs the closure with a console in front of these services.
func withStage<Result>(
    access: ConsoleAccess = .open(Stage.caller), _ services: [FakeService] = Fakes.all,
    _ body: (Stage) async throws -> Result
) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let time = VirtualTime(now: Stage.start)
    let surroundings = Surroundings(time: time)
    let ledger = try Ledger(folder: folder, surroundings: surroundings)
    let cloud = Cloud(surroundings: surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
    cloud.install(services)
    return try await body(
        Stage(console: Console(cloud: cloud, ledger: ledger, access: access), ledger: ledger, time: time))
}
