internal import Cloud
internal import FoundationEssentials
internal import HTTP
internal import Ledger
internal import Notation
internal import Vault

/// A connection: how API destinations identify themselves. What is secret of it is stored encrypted.
struct Connection: Codable, Sendable {
    let name: String
    let arn: String
    let account: String
    let region: String
    var description: String?
    /// `BASIC`, `API_KEY` or `OAUTH_CLIENT_CREDENTIALS`.
    var type: String
    /// The parameters as answers show them: without anything secret.
    var shown: JSON
    /// All parameters, encrypted; nil after DeauthorizeConnection.
    var sealed: String?
    let created: Timestamp
    var modified: Timestamp
    var authorized: Timestamp

    var key: String { "\(account)/\(region)/\(name)" }
    var isAuthorized: Bool { sealed != nil }

    /// The name in a connection's ARN; nil when it is none.
    static func name(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5).last?.split(separator: "/").map(String.init) ?? []
        return parts.count >= 2 && parts[0] == "connection" ? parts[1] : nil
    }

    /// What is added to a request.
    struct Additions: Sendable {
        var headers: [(String, String)] = []
        var query: [(String, String)] = []
        var body: [(String, String)] = []
    }

    /// What a connection adds to each request.
    struct Credentials: Sendable {
        var additions: Additions
        /// Where a token is to be fetched first.
        var grant: Grant?
    }

    /// A client's credentials, to be changed for a token.
    struct Grant: Sendable {
        let endpoint: String
        let method: String
        let id: String
        let secret: String
        let further: Additions

        func address() throws -> String {
            let form = method == "GET" ? fields : []
            let query = (form + further.query).map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }
            return query.isEmpty
                ? endpoint : endpoint + (endpoint.contains("?") ? "&" : "?") + query.joined(separator: "&")
        }

        func request() throws -> HTTPRequest {
            var message: HTTPFields = [
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            ]
            for (name, value) in further.headers { message[name] = value }
            let form = (fields + further.body).map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }
            let body = method == "GET" ? "" : form.joined(separator: "&")
            return HTTPRequest(method: method, target: "/", fields: message, body: .bytes(Array(body.utf8)))
        }

        private var fields: [(String, String)] {
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]
        }
    }
}

extension Connection.Credentials {
    /// What the parameters of CreateConnection mean.
    init(_ parameters: JSON, type: String) {
        self.init(additions: Connection.Additions(parameters["InvocationHttpParameters"]))
        switch type {
        case "BASIC":
            let basic = parameters["BasicAuthParameters"]
            let pair = "\(basic?["Username"]?.string ?? ""):\(basic?["Password"]?.string ?? "")"
            additions.headers.append(("Authorization", "Basic " + Data(pair.utf8).base64EncodedString()))
        case "API_KEY":
            let key = parameters["ApiKeyAuthParameters"]
            additions.headers.append((key?["ApiKeyName"]?.string ?? "", key?["ApiKeyValue"]?.string ?? ""))
        default:
            let oauth = parameters["OAuthParameters"]
            grant = Connection.Grant(
                endpoint: oauth?["AuthorizationEndpoint"]?.string ?? "", method: oauth?["HttpMethod"]?.string ?? "POST",
                id: oauth?["ClientParameters"]?["ClientID"]?.string ?? "",
                secret: oauth?["ClientParameters"]?["ClientSecret"]?.string ?? "",
                further: Connection.Additions(oauth?["OAuthHttpParameters"]))
        }
    }
}

extension Connection.Additions {
    /// The additions of a connection's `…HttpParameters`.
    init(_ parameters: JSON?) {
        func pairs(_ list: String) -> [(String, String)] {
            (parameters?[list]?.array ?? []).map { ($0["Key"]?.string ?? "", $0["Value"]?.string ?? "") }
        }
        self.init(
            headers: pairs("HeaderParameters"), query: pairs("QueryStringParameters"), body: pairs("BodyParameters"))
    }
}

/// Opens what is secret of connections.
struct ConnectionCipher: Sendable {
    private let vault: Vault

    /// A cipher under the key in the data folder, made at first start.
    ///
    /// - Throws: `LedgerError` `.unusable` when the key cannot be read or made.
    init(folder: String) throws { vault = try Vault(folder: folder, name: "event-connections") }

    /// The parameters encrypted, bound to the connection's ARN: they cannot be passed off as another's.
    func seal(_ parameters: JSON, for arn: String) throws -> String { try vault.seal(parameters.text(), name: arn) }

    /// The parameters in the clear.
    ///
    /// - Throws: `InternalException` when they were sealed under another key.
    func parameters(_ connection: Connection) throws -> JSON {
        guard let sealed = connection.sealed, let text = try? vault.open(sealed, name: connection.arn) else {
            throw AWSError(
                "InternalException", "The secrets of connection \(connection.name) cannot be read. Set them again.",
                status: 500)
        }
        return try JSON(parsing: text)
    }

    /// What the connection adds to each request.
    func open(_ connection: Connection) throws -> Connection.Credentials {
        Connection.Credentials(try parameters(connection), type: connection.type)
    }
}
