internal import Cloud
internal import Foundation
internal import HTTP
internal import Notation

/// What git says of who it is: HTTP's basic authentication.
struct GitLogin: Sendable {
    let user: String
    let password: String

    /// What the request's header says; nil when it has none, or another kind.
    init?(_ request: HTTPRequest) {
        guard let header = request.fields["Authorization"], header.lowercased().hasPrefix("basic "),
            let data = Data(base64Encoded: header.dropFirst(6).trimmed), data.count <= 16 << 10
        else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let colon = text.firstIndex(of: ":") else { return nil }
        user = String(text[..<colon])
        password = String(text[text.index(after: colon)...])
    }

    /// The access key in the user name, and the token after `%` if it is a temporary one.
    var key: (id: String, token: String?) {
        guard let percent = user.firstIndex(of: "%") else { return (user, nil) }
        return (String(user[..<percent]), String(user[user.index(after: percent)...]))
    }
}

/// Finds out who a request of git's is from.
struct GitReception: Sendable {
    let guests: any GitGuests
    /// The region of requests that tell none.
    let region: String

    /// Who it is, and the region if the password tells it; nil when nobody has that name and password.
    ///
    /// - Parameters:
    ///   - path: The repository's path in the URL.
    ///   - regions: Where the repository may be: a signed password fits one of them.
    func visitor(
        _ login: GitLogin?, path: String, host: String, regions: (_ account: String) async throws -> [String],
        now: Timestamp
    ) async throws -> (caller: Caller, region: String?)? {
        if let stranger = guests.stranger(login?.user ?? "", region: region) { return (stranger, nil) }
        guard let login else { return nil }
        let (id, token) = login.key
        guard let found = try await guests.credential(for: id) else {
            return try await guests.holder(ofUser: login.user, password: login.password).map {
                ($0.caller(region: region), nil)
            }
        }
        guard found.expires.map({ $0 > now }) ?? true else { return nil }
        if let wanted = found.sessionToken { guard let token, GitSignature.isSame(wanted, token) else { return nil } }
        if let signature = GitSignature(password: login.password) {
            guard signature.isCurrent(now) else { return nil }
            let likely = try await regions(found.account)
            for place in likely where signature.isSigned(with: found.secret, path: path, host: host, region: place) {
                return (found.caller(region: place), place)
            }
            return nil
        }
        return GitSignature.isSame(found.secret, login.password) ? (found.caller(region: region), nil) : nil
    }
}
