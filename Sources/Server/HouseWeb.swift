internal import HTTP
internal import NIOPosix
internal import Sandbox
internal import Traffic

/// Requests to the outside: plain HTTP by the house's own client, HTTPS by the machine's `curl`, which checks
/// certificates against the machine's own list.
///
/// `curl` runs in a sandbox that sees none of the server's data. What it is to send reaches it on its standard input,
/// never as an argument that others on the machine could read.
struct HouseWeb: WebSender {
    private static let answerLimit = 64 << 10
    let sandbox: Sandbox
    /// The server's environment: where programs are looked for, and the list of certificates if it is not the machine's
    /// (`SSL_CERT_FILE`).
    let environment: [String: String]

    func send(_ request: HTTPRequest, to url: String, within limit: Duration) async throws -> WebAnswer {
        guard let address = WebAddress(url) else { throw WebError("The address is neither http:// nor https://.") }
        for field in request.fields.all where (field.name + field.value).utf8.contains(where: { $0 < 0x20 && $0 != 9 })
        {
            throw WebError("The header field '\(field.name)' holds a control character.")
        }
        if address.isSecure { return try await secure(request, url, limit) }
        return try await withThrowingTaskGroup(of: WebAnswer.self) { group in
            group.addTask { try await Self.plain(request, address) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw WebError("The endpoint did not answer within \(limit).")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw WebError("There was no answer.") }
            return answer
        }
    }

    private static func plain(_ request: HTTPRequest, _ address: WebAddress) async throws -> WebAnswer {
        var request = request
        request.target = address.target
        request.fields["Host"] = address.authority
        do {
            let response = try await HTTPClient(group: .singleton).send(
                request, to: .tcp(host: address.host, port: address.port))
            return WebAnswer(status: response.status, body: await start(of: response.body))
        } catch let error as HTTPClientError {
            throw WebError(error.description.replacing(" Is 'slipway serve' running there?", with: ""))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw WebError("\(SocketCause(error))")
        }
    }

    /// As much of the body as is of use. A body that breaks off does not undo the answer.
    private static func start(of body: HTTPBody) async -> [UInt8] {
        guard case .stream(let stream) = body else { return (try? await body.collected(limit: answerLimit)) ?? [] }
        var bytes: [UInt8] = []
        do {
            for try await piece in stream {
                bytes += piece.prefix(answerLimit - bytes.count)
                if bytes.count >= answerLimit { break }
            }
        } catch {}
        return bytes
    }

    private func secure(_ request: HTTPRequest, _ url: String, _ limit: Duration) async throws -> WebAnswer {
        let body = try await request.body.collected(limit: 1 << 20)
        let certificates = environment["SSL_CERT_FILE"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let order = CurlOrder(request, url, body, limit, certificates: certificates)
        let program = Program(
            name: "web", arguments: ["curl", "--disable", "--config", "-"],
            environment: ["PATH": environment["PATH"] ?? "/usr/bin:/bin"],
            binds: certificates.map { [Program.Bind($0)] } ?? [], input: Array(order.text.utf8))
        let finished: Sandbox.Finished
        do { finished = try await sandbox.run(program, outputLimit: Self.answerLimit) } catch {
            throw WebError("HTTPS needs the program 'curl': \(error)")
        }
        let words = String(decoding: finished.errors, as: UTF8.self)
        guard finished.exit.status.succeeded, let status = Int(words.suffix(3)), status > 0 else {
            throw WebError(
                words.split(separator: "\n").first.map(String.init) ?? "curl ended with \(finished.exit.status)")
        }
        return WebAnswer(status: status, body: finished.output)
    }
}

/// What `curl` is told, in the form of its configuration files.
struct CurlOrder {
    let text: String

    init(_ request: HTTPRequest, _ url: String, _ body: [UInt8], _ limit: Duration, certificates: String? = nil) {
        var lines = [
            "silent", "show-error", "globoff", "proto = \"=https\"", "write-out = \"%{stderr}%{http_code}\"",
            "max-time = \(limit.components.seconds + 1)", "url = \(Self.quoted(url))",
        ]
        if let certificates { lines.append("cacert = \(Self.quoted(certificates))") }
        if request.method == "HEAD" {
            lines.append("head")
        } else {
            lines.append("request = \(Self.quoted(request.method))")
            if !body.isEmpty { lines.append("data-raw = \(Self.quoted(String(decoding: body, as: UTF8.self)))") }
        }
        lines.append("header = \"Expect:\"")
        for field in request.fields.all { lines.append("header = \(Self.quoted("\(field.name): \(field.value)"))") }
        text = lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// An `http://` or `https://` address taken apart.
struct WebAddress {
    let isSecure: Bool
    let host: String
    let port: Int
    /// Host and port as a `Host` field has them.
    let authority: String
    /// Path and query.
    let target: String

    init?(_ url: String) {
        guard let scheme = ["https://", "http://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
        isSecure = scheme == "https://"
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        authority = String(rest[..<end])
        let path = rest[end...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/" + path
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = Substring(authority)
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            port = Int(authority[authority.index(after: colon)...])
            host = authority[..<colon]
            guard port != nil else { return nil }
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = port ?? (isSecure ? 443 : 80)
    }
}
