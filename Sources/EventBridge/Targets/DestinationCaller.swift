internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation
internal import Synchronization

/// Calls API destinations: HTTP endpoints with the credentials of a connection.
///
/// Source: Amazon EventBridge User Guide, "API destinations as targets".
final class DestinationCaller: Sendable {
    /// How long an endpoint may take to answer.
    static let patience = Duration.seconds(5)

    private let ledger: Ledger
    private let web: any WebSender
    private let cipher: ConnectionCipher
    /// When the next call to a destination may begin, by its key.
    private let paces = Mutex<[String: Timestamp]>([:])
    /// Tokens of connections with OAuth, and when they end, by the connection's key and version.
    private let tokens = Mutex<[String: (token: String, until: Timestamp)]>([:])

    init(ledger: Ledger, web: any WebSender, cipher: ConnectionCipher) {
        self.ledger = ledger
        self.web = web
        self.cipher = cipher
    }

    /// Sends the body to the destination that is the delivery's target.
    ///
    /// - Throws: ``AWSError``; one that may pass for the statuses on which AWS tries again: 401, 407, 409, 429 and 5xx.
    func call(_ delivery: TargetInvoker.Delivery, body: String) async throws {
        let name = delivery.resource.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        let scope = Caller.root(account: delivery.account, region: delivery.region).scope
        guard let destination = try await ledger.get(EventStore.destinations, scope + name)?.value,
            destination.arn == delivery.arn
        else { throw EventError.notFound("API destination \(name)") }
        let key = scope + (Connection.name(ofARN: destination.connectionARN) ?? "")
        guard let connection = try await ledger.get(EventStore.connections, key), connection.value.isAuthorized else {
            throw EventError.invalid("The API destination \(name) is inactive: its connection is gone or deauthorized.")
        }
        var credentials = try cipher.open(connection.value)
        try await pace(destination)
        if let grant = credentials.grant {
            let token = try await token(grant, key: "\(key)#\(connection.version)")
            credentials.additions.headers.append(("Authorization", "Bearer " + token))
        }
        let request = DestinationRequest(
            destination: destination, additions: credentials.additions, parameters: delivery.target["HttpParameters"],
            body: body)
        let answer = try await send(try request.message(), to: request.url())
        if answer.status == 401 { tokens.withLock { $0["\(key)#\(connection.version)"] = nil } }
        try Self.judge(answer)
    }

    private func send(_ request: HTTPRequest, to url: String) async throws -> WebAnswer {
        do { return try await web.send(request, to: url, within: Self.patience) } catch let error as WebError {
            throw AWSError("SdkClientException", error.description, status: 503)
        }
    }

    private static func judge(_ answer: WebAnswer) throws {
        guard !(200...299).contains(answer.status) else { return }
        let mayPass = [401, 407, 408, 409, 429].contains(answer.status) || answer.status >= 500
        let start = String(decoding: answer.body.prefix(200), as: UTF8.self)
        throw AWSError(
            "HttpStatus\(answer.status)", "The endpoint answered with status \(answer.status): \(start)",
            status: mayPass ? 503 : 400)
    }

    /// Keeps to the rate of the destination: each call waits for its turn.
    private func pace(_ destination: APIDestination) async throws {
        let gap = Duration.microseconds(1_000_000 / Int64(max(1, destination.rate)))
        let now = ledger.surroundings.now
        let turn = paces.withLock { paces in
            let turn = max(paces[destination.arn] ?? now, now)
            paces[destination.arn] = turn + gap
            return turn
        }
        if turn > now { try await ledger.surroundings.time.sleep(until: turn) }
    }

    /// A token for a client's credentials (RFC 6749, section 4.4), kept until shortly before it ends.
    private func token(_ grant: Connection.Grant, key: String) async throws -> String {
        let now = ledger.surroundings.now
        if let known = tokens.withLock({ $0[key] }), known.until > now { return known.token }
        let answer = try await send(try grant.request(), to: try grant.address())
        guard answer.status == 200, let tree = try? JSON(parsing: answer.body),
            let token = tree["access_token"]?.string
        else {
            throw AWSError(
                "AuthorizationFailed", "The authorization endpoint answered with status \(answer.status) and no token.",
                status: 503)
        }
        let life = tree["expires_in"]?.int ?? 300
        tokens.withLock { $0[key] = (token, now + .seconds(max(1, life - 30))) }
        return token
    }
}

/// One request to a destination.
struct DestinationRequest {
    let destination: APIDestination
    let additions: Connection.Additions
    let parameters: JSON?
    let body: String

    /// The endpoint with its `*` filled in, in order, and the query of connection and target.
    func url() throws -> String {
        var url = destination.endpoint
        for value in (parameters?["PathParameterValues"]?.array ?? []).compactMap(\.string) {
            guard let star = url.firstIndex(of: "*") else { break }
            url.replaceSubrange(star...star, with: PercentEncoding.encode(value))
        }
        let own = (parameters?["QueryStringParameters"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
        let query = (own + additions.query).map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }
        guard !query.isEmpty else { return url }
        return url + (url.contains("?") ? "&" : "?") + query.joined(separator: "&")
    }

    /// What the connection says of headers and body counts more than what the target says.
    func message() throws -> HTTPRequest {
        var fields: HTTPFields = [
            "Content-Type": "application/json; charset=utf-8", "User-Agent": "Amazon/EventBridge/ApiDestinations",
        ]
        for (name, value) in parameters?["HeaderParameters"]?.object ?? [:] { fields[name] = value.string }
        for (name, value) in additions.headers { fields[name] = value }
        var text = body
        if !additions.body.isEmpty {
            guard var tree = try? JSON(parsing: body), tree.object != nil else {
                throw EventError.invalid("The connection adds members to the body, and the input is no JSON object.")
            }
            for (name, value) in additions.body { tree[name] = .string(value) }
            text = tree.text()
        }
        let isBare = ["GET", "HEAD", "OPTIONS", "DELETE"].contains(destination.method)
        return HTTPRequest(
            method: destination.method, target: "/", fields: fields, body: .bytes(isBare ? [] : Array(text.utf8)))
    }
}
