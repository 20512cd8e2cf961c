package import HTTP
internal import Cloud
internal import Foundation
internal import Ledger
internal import Logging
internal import Notation

/// Git over HTTP: what lies below `/v1/repos/`.
///
/// Source: git's gitprotocol-http(5); the addresses are CodeCommit's own.
extension CodeCommitService {
    /// What the paths of git's requests begin with.
    package static let path = "/v1/repos/"

    /// A request as git means it.
    struct GitRequest: Sendable {
        enum Kind: Sendable { case references, pull, push }
        let kind: Kind
        /// `git-upload-pack` or `git-receive-pack`.
        let service: String
        let repository: String
        var isPush: Bool { service == "git-receive-pack" }

        /// The request; nil when git makes none of this kind.
        init?(_ request: HTTPRequest) {
            guard request.path.hasPrefix(CodeCommitService.path) else { return nil }
            let parts = request.path.dropFirst(CodeCommitService.path.count).split(separator: "/")
            guard let name = parts.first.flatMap({ PercentEncoding.decodeStrictly($0) }) else { return nil }
            repository = name.hasSuffix(".git") ? String(name.dropLast(4)) : name
            let rest = parts.dropFirst().joined(separator: "/")
            switch (request.method, rest) {
            case ("GET", "info/refs"):
                let query = request.query.split(separator: "&")
                guard
                    let service = ["git-upload-pack", "git-receive-pack"].first(where: {
                        query.contains("service=\($0)")
                    })
                else {
                    return nil
                }
                self.service = service
                kind = .references
            case ("POST", "git-upload-pack"), ("POST", "git-receive-pack"):
                service = rest
                kind = rest == "git-upload-pack" ? .pull : .push
            default: return nil
            }
        }
    }

    /// Answers git's requests. Nil when the request is not for a repository's address.
    ///
    /// Bodies are streamed both ways. A push is answered when its references are stored and noted; a client that hears
    /// nothing may push again and finds it done or not.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        guard request.path.hasPrefix(Self.path) else { return nil }
        guard let wanted = GitRequest(request) else {
            return .text(404, "There is only git here, and only its smart protocol. Clone \(request.path).\n")
        }
        do {
            return try await answer(wanted, request)
        } catch let error as AWSError {
            return .text(error.status, error.message + "\n")
        } catch {
            let id = ledger.surroundings.chance.uuid()
            Logger(label: "codecommit").error(
                "a request of git failed", metadata: ["request": "\(id)", "error": "\(error)"])
            return .text(500, "Slipway failed to carry out the request. Its log has the cause under request \(id).\n")
        }
    }

    /// Who asks, what for, whether they may; then the transfer. The repository is looked up before the policy is asked,
    /// for its region, and told of only after.
    private func answer(_ wanted: GitRequest, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let visitor = try await visitor(wanted, request) else {
            return HTTPResponse(
                status: 401,
                fields: [
                    "WWW-Authenticate": "Basic realm=\"CodeCommit\"", "Content-Type": "text/plain; charset=utf-8",
                ],
                body: .bytes(Array(Self.refusal(of: GitLogin(request)).utf8)))
        }
        let found = try await repository(
            wanted.repository, visitor.caller, region: visitor.region ?? Self.region(of: request))
        var caller = visitor.caller
        caller.region = found?.region ?? visitor.region ?? caller.region
        try await authorize(wanted, caller, request)
        guard let repository = found else { return .text(404, "repository '\(wanted.repository)' does not exist\n") }
        let version = request.fields["Git-Protocol"].flatMap { Self.isProtocol($0) ? $0 : nil }
        let transfer = GitTransfer(service: self, repository: repository, caller: caller, version: version)
        switch wanted.kind {
        case .references: return try await transfer.references(for: wanted.service)
        case .pull: return try await transfer.pull(request)
        case .push: return try await transfer.push(request)
        }
    }

    /// What whoever cannot be told who they are is told. It does not say which of the two is wrong.
    private static func refusal(of login: GitLogin?) -> String {
        guard login != nil else { return "A user name and password are needed. See the page on CodeCommit.\n" }
        return """
            The access key (user name) or its secret (password) is wrong or has expired. A signed password is good for 15 \
            minutes, for one repository's address.

            """
    }

    /// Who asks, by what the request says; nil when that fits nobody.
    private func visitor(_ wanted: GitRequest, _ request: HTTPRequest) async throws -> (
        caller: Caller, region: String?
    )? {
        guard let guests else { return nil }
        let host = request.fields["Host"] ?? ""
        let name = host.hasSuffix("]") ? host[...] : host.lastIndex(of: ":").map { host[..<$0] } ?? host[...]
        // The signature is over the path of the URL that was cloned.
        let end = request.path.range(
            of: wanted.kind == .references ? "/info/refs" : "/" + wanted.service, options: .backwards)
        let path = String(request.path[..<(end?.lowerBound ?? request.path.endIndex)])
        return try await GitReception(guests: guests, region: region).visitor(
            GitLogin(request), path: path, host: String(name),
            regions: { account in
                let known = try await ledger.find(Shelf.repositories, "name", account + "/" + wanted.repository).map(
                    \.value.region)
                return known + [Self.region(of: request), region].compactMap { $0 }
            }, now: ledger.surroundings.now)
    }

    /// The region in a host name of AWS's form, such as `git-codecommit.eu-west-1.amazonaws.com`.
    private static func region(of request: HTTPRequest) -> String? {
        let parts = (request.fields["Host"] ?? "").split(separator: ".")
        guard parts.count >= 3, parts[0].hasPrefix("git-codecommit") else { return nil }
        return String(parts[1])
    }

    /// The repository of that name in the caller's account: in the region named, else in the house's own, else where it
    /// is the only one.
    private func repository(_ name: String, _ caller: Caller, region wanted: String?) async throws -> Repository? {
        let found = try await ledger.find(Shelf.repositories, "name", caller.account + "/" + name).map(\.value)
        if let wanted { return found.first { $0.region == wanted } }
        return found.first { $0.region == region } ?? (found.count == 1 ? found.first : nil)
    }

    /// Returns when the caller may move those references. Asked when they are known: after the objects have come.
    ///
    /// - Throws: ``AWSError`` when a policy forbids one of them.
    func authorizePush(of names: [RefName], to repository: Repository, by caller: Caller, peer: String) async throws {
        for name in names {
            let call = Call(
                service: id, operation: "GitPush", caller: caller, requestID: ledger.surroundings.chance.uuid(),
                time: ledger.surroundings.now,
                input: ["repositoryName": .string(repository.name), "references": [.string(name.full)]],
                endpoint: cloud.endpoint, peer: peer)
            try await guests?.authorize(call)
        }
    }

    /// - Throws: ``AWSError`` with status 403 when no policy allows it.
    private func authorize(_ wanted: GitRequest, _ caller: Caller, _ request: HTTPRequest) async throws {
        let call = Call(
            service: id, operation: wanted.isPush ? "GitPush" : "GitPull", caller: caller,
            requestID: ledger.surroundings.chance.uuid(), time: ledger.surroundings.now,
            input: ["repositoryName": .string(wanted.repository)], endpoint: cloud.endpoint, peer: request.peer)
        do { try await guests?.authorize(call) } catch let error as AWSError {
            throw AWSError(error.code, error.message, status: 403)
        }
    }

    /// `version=2` and further words of that form: nothing that means anything to a shell or to git but this.
    private static func isProtocol(_ text: String) -> Bool {
        text.utf8.count <= 100
            && text.utf8.allSatisfy {
                ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x3D || $0 == 0x3A
            }
    }
}
