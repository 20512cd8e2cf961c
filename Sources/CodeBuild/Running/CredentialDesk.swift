internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation
internal import Synchronization

/// Hands the keys of service roles to the builds that ask for them, on a loopback address of its own.
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider": the SDKs read the address and the word
/// from AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.
final class CredentialDesk: Sendable {
    private struct State {
        var builds: [String: (word: String, keys: RoleKeys)] = [:]
        var address = ""
    }
    private let state = Mutex(State())

    /// Says where the desk is. Called once, when its listener is bound.
    func use(address: String) { state.withLock { $0.address = address } }

    /// Serves a build from now on; gives back what it must be told.
    func admit(_ build: String, word: String, keys: RoleKeys) -> (address: String, word: String) {
        state.withLock { state in
            state.builds[build] = (word, keys)
            return ("http://\(state.address)/credentials/\(build)", word)
        }
    }

    /// The build is over: its word is good for nothing any more.
    func dismiss(_ build: String) { state.withLock { $0.builds[build] = nil } }

    /// Answers a build.
    func respond(_ request: HTTPRequest) async -> HTTPResponse {
        let build = String(request.path.dropFirst("/credentials/".count))
        let known = state.withLock { $0.builds[build] }
        guard request.method == "GET", request.path.hasPrefix("/credentials/"), let known,
            request.fields["Authorization"] == known.word
        else { return Self.refusal(403, "AccessDenied", "There are no credentials for this caller.") }
        do {
            let keys = try await known.keys.current()
            let answer: JSON = [
                "AccessKeyId": .string(keys.accessKeyID), "SecretAccessKey": .string(keys.secret),
                "Token": .string(keys.sessionToken), "Expiration": .string(keys.expires.iso8601()),
            ]
            return HTTPResponse(
                status: 200, fields: ["Content-Type": "application/json"], body: .bytes(answer.bytes()))
        } catch {
            return Self.refusal(500, "AssumeRoleFailed", "\(error)")
        }
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
        let body: JSON = ["code": .string(code), "message": .string(message)]
        return HTTPResponse(
            status: status, fields: ["Content-Type": "application/json"], body: .bytes(body.bytes()))
    }
}
