internal import Cloud
internal import HTTP
internal import Logging
internal import Notation

/// Clones, fetches and pushes of one repository by one caller.
struct GitTransfer: Sendable {
    let service: CodeCommitService
    let repository: Repository
    let caller: Caller
    /// What the client says of the protocol it speaks.
    let version: String?

    var git: Git { service.store.git }
    var folder: String { service.store.folder(repository) }

    /// What a fetch may say: its wants and haves, unpacked. A thousand of them take 50 KiB.
    private static let pullLimit = 32 << 20

    var environment: [String: String] { version.map { ["GIT_PROTOCOL": $0] } ?? [:] }

    /// Nobody may keep an answer: the next one differs (gitprotocol-http(5)).
    private static func fields(_ type: String) -> HTTPFields {
        [
            "Content-Type": type, "Cache-Control": "no-cache, max-age=0, must-revalidate",
            "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
        ]
    }

    /// What references there are, and what the server can do: the first request of every exchange.
    func references(for service: String) async throws -> HTTPResponse {
        let command = String(service.dropFirst(4))
        let output = try await git.run(
            in: folder, [command, "--stateless-rpc", "--advertise-refs", "."], environment: environment)
        // The second version of the protocol does without this line (gitprotocol-v2(5)).
        let isSecond = command == "upload-pack" && version?.contains("version=2") == true
        let head = isSecond ? [] : Packet.line("# service=\(service)\n") + Packet.flush
        return HTTPResponse(
            status: 200, fields: Self.fields("application/x-\(service)-advertisement"),
            body: .bytes(head + output.bytes))
    }

    /// The answer to wants and haves: streamed as git packs it, as fast as the client reads.
    func pull(_ request: HTTPRequest) async throws -> HTTPResponse {
        var bytes: [UInt8]
        do { bytes = try await request.body.collected(limit: Self.pullLimit) } catch HTTPBodyError.tooLarge(let limit) {
            throw AWSError("RequestTooLarge", "A fetch may say at most \(limit) bytes.", status: 413)
        }
        if request.fields["Content-Encoding"]?.contains("gzip") == true {
            guard let unpacked = Gunzip.unpack(bytes, limit: Self.pullLimit) else {
                throw AWSError(
                    "BadRequest", "The request's gzip encoding is damaged, or unpacks to too much.", status: 400)
            }
            bytes = unpacked
        }
        let place = await Place.take(git.transfers)
        let process = try git.start(
            in: folder, ["upload-pack", "--stateless-rpc", "."], input: .bytes(bytes), environment: environment)
        let log = Logger(label: "codecommit")
        let name = repository.name
        let stream = HTTPBodyStream(length: nil) {
            if let piece = await process.read() { return piece }
            // Held to the end: the process dies with the last reader, and its place is free then.
            _ = place
            let status = await process.wait()
            guard status != 0, !Task.isCancelled else { return nil }
            log.notice(
                "a fetch ended early",
                metadata: ["repository": "\(name)", "status": "\(status)", "git": "\(process.complaints())"])
            return nil
        }
        return HTTPResponse(
            status: 200, fields: Self.fields("application/x-git-upload-pack-result"), body: .stream(stream))
    }
}

/// A place at a turnstile, given back when the last reference to it goes.
final class Place: Sendable {
    private let turnstile: Turnstile

    private init(_ turnstile: Turnstile) { self.turnstile = turnstile }

    /// Waits for a place.
    static func take(_ turnstile: Turnstile) async -> Place {
        await turnstile.enter()
        return Place(turnstile)
    }

    deinit { turnstile.leave() }
}

/// Git's framing: four hexadecimal digits of length, then the bytes.
enum Packet {
    static let flush = Array("0000".utf8)

    static func line(_ text: String) -> [UInt8] {
        let length = String(text.utf8.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - length.count) + length + text).utf8)
    }
}
