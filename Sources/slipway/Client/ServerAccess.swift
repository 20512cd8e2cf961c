import Foundation
import Notation

/// How to reach a server and as whom: from the environment, as the AWS tools have it, else from the data folder.
struct ServerAccess: Sendable {
    var endpoint: String
    var accessKeyID: String
    var secret: String
    var sessionToken: String?
    var region: String

    /// Whether the server's files are this machine's.
    var isOnThisMachine: Bool {
        ["127.0.0.1", "localhost", "::1", "[::1]"].contains(URL(string: endpoint)?.host ?? "")
    }

    /// Reads what the server of that data folder left there.
    ///
    /// - Throws: ``CommandFailure`` when no server ever ran on that folder, or what it left there cannot be read.
    init(folder: DataFolder) throws {
        let file = folder.path + "/access.json"
        guard FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(
                "No Slipway has run on \(folder.path) yet. Start one: slipway serve --data \(folder.path)")
        }
        guard let text = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("'\(file)' cannot be read. It belongs to the user who runs the server.")
        }
        guard let tree = try? JSON(parsing: [UInt8](text)), let endpoint = tree["endpoint"]?.string else {
            throw CommandFailure("'\(file)' is damaged. The server writes it anew when it starts.")
        }
        self.endpoint = endpoint
        accessKeyID = tree["accessKeyId"]?.string ?? "test"
        secret = tree["secretAccessKey"]?.string ?? "test"
        region = tree["region"]?.string ?? "us-east-1"
    }

    /// The server the environment names; failing that, the one of the data folder.
    static func current(_ folder: DataFolder) throws -> ServerAccess {
        let environment = ProcessInfo.processInfo.environment
        guard folder.given == nil, let endpoint = environment["AWS_ENDPOINT_URL"],
            let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"]
        else { return try ServerAccess(folder: folder) }
        return ServerAccess(
            endpoint: endpoint, accessKeyID: key, secret: secret, sessionToken: environment["AWS_SESSION_TOKEN"],
            region: environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1")
    }

    private init(endpoint: String, accessKeyID: String, secret: String, sessionToken: String?, region: String) {
        self.endpoint = endpoint
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
        self.region = region
    }
}
