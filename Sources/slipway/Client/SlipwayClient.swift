import Foundation
import HTTP
import NIOPosix
import Notation
import Traffic
import Wire

/// Why a call from the command line failed, in the server's words.
struct CallFailure: Error, CustomStringConvertible, LocalizedError {
    let code: String
    let message: String
    var description: String { message }
    var errorDescription: String? { message }
}

/// Calls operations of a running server, signed with the user's key.
struct SlipwayClient: Sendable {
    let access: ServerAccess
    private let address: ListenAddress
    private let http: HTTPClient

    init(_ access: ServerAccess) throws {
        guard let url = URL(string: access.endpoint), let host = url.host else {
            throw CommandFailure("'\(access.endpoint)' is no address of a server. Run: eval \"$(slipway env)\"")
        }
        self.access = access
        address = .tcp(host: host, port: url.port ?? 80)
        http = HTTPClient(group: .singleton)
    }

    /// The server that the environment or the data folder names.
    init(_ folder: DataFolder) throws { try self.init(try ServerAccess.current(folder)) }

    /// Calls an operation and returns the members of its output.
    ///
    /// - Throws: ``CallFailure`` with the server's refusal; `HTTPClientError` when nobody answers.
    @discardableResult
    func call(_ service: String, _ operation: String, _ input: JSON = [:]) async throws -> JSON {
        try await exchange(service, operation, ["input": input])["output"] ?? [:]
    }

    /// Calls an operation with a raw body and returns output and raw body.
    func call(_ service: String, _ operation: String, _ input: JSON, payload: [UInt8]) async throws -> (JSON, [UInt8]) {
        let body: JSON = ["input": input, "payload": .string(Base64.encode(payload))]
        let answer = try await exchange(service, operation, body)
        return (answer["output"] ?? [:], answer["payload"]?.string.flatMap { Base64.decode($0) } ?? [])
    }

    /// Where a server listens that was not told otherwise.
    static let usualEndpoint = "http://127.0.0.1:4566"

    /// Whether a Slipway is there, whoever's it is.
    static func answersAtTheUsualPlace() async -> Bool {
        let request = HTTPRequest(method: "GET", target: "/_slipway/health", fields: ["Host": "127.0.0.1:4566"])
        let http = HTTPClient(group: .singleton)
        guard let response = try? await http.send(request, to: .tcp(host: "127.0.0.1", port: 4566)) else {
            return false
        }
        return response.status == 200
    }

    private func exchange(_ service: String, _ operation: String, _ body: JSON) async throws -> JSON {
        let response = try await send("POST", "/_slipway/api/\(service)/\(operation)", body.bytes())
        let answer = try JSON(parsing: try await response.body.collected(limit: 64 << 20))
        if let error = answer["error"] {
            throw CallFailure(code: error["code"]?.string ?? "", message: error["message"]?.string ?? "")
        }
        return answer
    }

    private func send(_ method: String, _ path: String, _ body: [UInt8]) async throws -> HTTPResponse {
        let host = access.endpoint.drop { $0 != ":" }.dropFirst(3)
        let request = HTTPRequest(
            method: method, target: path, fields: ["Host": String(host), "Content-Type": "application/json"],
            body: .bytes(body))
        let credential = Credential(secret: access.secret, sessionToken: access.sessionToken)
        let signer = RequestSigner(
            accessKeyID: access.accessKeyID, credential: credential, region: access.region, service: "slipway")
        return try await http.send(signer.sign(request, now: Int(Date().timeIntervalSince1970)), to: address)
    }
}
