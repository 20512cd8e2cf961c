import HTTP
import Notation

/// What a request's head says of the service, operation and protocol it is for.
struct Recognition {
    enum Kind {
        /// The operation is in the form of query or body.
        case query
        /// The operation is in `X-Amz-Target`.
        case target
        /// The operation is in the path of RPC v2.
        case cbor
        /// The operation was found by method and path.
        case path(RouteTable.Match, query: [(name: String, value: String)])
        /// Nothing that is offered.
        case refused(Fault)
    }

    let format: AnswerFormat
    let kind: Kind

    init(_ request: HTTPRequest, virtualHosts: [String]) {
        if let target = request.fields["X-Amz-Target"] {
            self.init(target: target, request)
        } else if request.target.hasPrefix("/service/"), let cbor = Recognition(rpc: request) {
            self = cbor
        } else {
            self.init(unmarked: request, virtualHosts: virtualHosts)
        }
    }

    private init(_ format: AnswerFormat, _ kind: Kind) {
        self.format = format
        self.kind = kind
    }

    private init(target: String, _ request: HTTPRequest) {
        let dot = target.lastIndex(of: ".") ?? target.startIndex
        let entry = ModelIndex.byTarget[String(target[..<dot])]
        let operation = String(target[dot...].drop { $0 == "." })
        let isOld = request.fields["Content-Type"]?.after("json-1.0") != nil
        let format = AnswerFormat(isOld ? .json10 : .json11, service: entry?.id, operation: operation)
        guard let entry else {
            let name = Self.signingName(request).map { "The service '\($0)'" } ?? "The target '\(target)'"
            self.init(format, .refused(.notImplemented(name)))
            return
        }
        self.init(format, Self.refusal(entry.id, operation, format).map { .refused($0) } ?? .target)
    }

    private init?(rpc request: HTTPRequest) {
        let parts = request.halves.path.parts("/")
        guard parts.count == 4, parts[2] == "operation", let entry = ModelIndex.byTarget[String(parts[1])] else {
            return nil
        }
        let format = AnswerFormat(.cbor, service: entry.id, operation: String(parts[3]))
        self.init(format, Self.refusal(entry.id, String(parts[3]), format).map { .refused($0) } ?? .cbor)
    }

    private init(unmarked request: HTTPRequest, virtualHosts: [String]) {
        let signer = Self.signingName(request)
        let signed = signer.flatMap { ModelIndex.bySigningName[$0] }
        let isForm = request.fields["Content-Type"]?.hasPrefix("application/x-www-form-urlencoded") ?? false
        let asksAction = isForm && request.method == "POST" || request.halves.query.after("Action=") != nil
        if let signer, signed == nil, !["s3express", "s3-object-lambda"].contains(signer) {
            let format = AnswerFormat(asksAction ? .query : .restJSON)
            self.init(format, .refused(.notImplemented("The service '\(signer)'")))
        } else if asksAction, signed?.speaksREST != true {
            self.init(AnswerFormat(.query, service: signed?.id ?? Self.hosted(request)?.id), .query)
        } else if let entry = signed ?? Self.hosted(request), !entry.speaksREST {
            let model = Models.service(entry.id)
            let format = AnswerFormat(model?.protocols.last ?? .json11, service: entry.id)
            self.init(format, .refused(Refusals.unknownOperation(format)))
        } else {
            let entry = signed ?? Self.hosted(request) ?? Self.dated(request) ?? ModelIndex.byID["s3"]
            self.init(rest: entry?.id ?? "s3", request, virtualHosts: virtualHosts)
        }
    }

    private init(rest id: String, _ request: HTTPRequest, virtualHosts: [String]) {
        let halves = request.halves
        let query = PercentEncoding.pairs(halves.query, isForm: true)
        var path = halves.path
        if id == "s3", let bucket = Self.bucket(request.fields["Host"], virtualHosts) {
            path = "/\(PercentEncoding.encode(bucket))\(path)"[...]
        }
        let service = Models.service(id)
        let isHead = request.method == "HEAD"
        let match = service?.routes?.match(method: request.method, path: path, query: query, fields: request.fields)
        let format = AnswerFormat(
            service?.protocols.first ?? .restXML, service: id, operation: match?.operation, isHead: isHead)
        guard let match else {
            self.init(format, .refused(Refusals.unknownPath(format)))
            return
        }
        let refusal = Self.refusal(id, match.operation, format)
        self.init(format, refusal.map { .refused($0) } ?? .path(match, query: query))
    }

    /// What is said of an operation that is not offered; nil for one that is.
    static func refusal(_ id: String, _ operation: String, _ format: AnswerFormat) -> Fault? {
        guard let service = Models.service(id) else { return Refusals.unknownOperation(format) }
        if service.operation(operation) != nil { return nil }
        return service.knows(operation)
            ? .notImplemented("The operation \(operation) of \(id)") : Refusals.unknownOperation(format)
    }

    /// The service in the scope of a signature, in the header or the query, signed correctly or not.
    static func signingName(_ request: HTTPRequest) -> String? {
        if let header = request.fields["Authorization"] {
            return header.after("Credential=").flatMap { signingName(scope: $0.upTo(",", " ")) }
        }
        let scope = request.halves.query.after("X-Amz-Credential=")
        return scope.flatMap { signingName(scope: PercentEncoding.decode($0.upTo("&"))[...]) }
    }

    /// Counted from the end: an access key may hold a slash.
    private static func signingName(scope: Substring) -> String? {
        let parts = scope.parts("/")
        return parts.count >= 5 ? String(parts[parts.count - 2]) : nil
    }

    /// The service that the first label of the host names, as in `sts.eu-west-1.amazonaws.com`.
    private static func hosted(_ request: HTTPRequest) -> ModelIndex? {
        guard let host = request.fields["Host"], let dot = host.firstIndex(of: ".") else { return nil }
        return ModelIndex.byHost[String(host[..<dot])]
    }

    /// The service that has the version and action of a Query request which says nothing else, being unsigned. The
    /// body is read and put back.
    static func service(
        ofQuery request: inout HTTPRequest, _ format: AnswerFormat, limit: Int
    ) async throws(Rejection) -> String? {
        var fields = PercentEncoding.pairs(request.halves.query, isForm: true)
        if request.method == "POST" {
            let bytes = try await RequestReader.body(of: request, format, limit: limit)
            request.body = .bytes(bytes)
            request.fields["Content-Encoding"] = nil
            fields += PercentEncoding.pairs(String(decoding: bytes, as: UTF8.self)[...], isForm: true)
        }
        let version = fields.first { $0.name == "Version" }?.value
        let action = fields.first { $0.name == "Action" }?.value ?? ""
        let candidates = version.map { ModelIndex.byVersion[$0] ?? [] } ?? ModelIndex.all.filter(\.speaksQuery)
        return candidates.first { Models.service($0.id)?.knows(action) == true }?.id ?? candidates.first?.id
    }

    /// The service whose paths start with a date, as Lambda's do.
    private static func dated(_ request: HTTPRequest) -> ModelIndex? {
        let (path, query) = request.halves
        let first = Array(path.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") })
        guard first.count == 10, first[4] == UInt8(ascii: "-"), first[7] == UInt8(ascii: "-") else { return nil }
        return ModelIndex.all.first { entry in
            guard entry.speaksREST, entry.id != "s3", let routes = Models.service(entry.id)?.routes else {
                return false
            }
            let pairs = PercentEncoding.pairs(query, isForm: true)
            return routes.match(method: request.method, path: path, query: pairs, fields: request.fields) != nil
        }
    }

    /// The bucket in front of one of the base names.
    static func bucket(_ host: String?, _ bases: [String]) -> String? {
        guard let host else { return nil }
        let name = host.hasPrefix("[") ? host[...] : host[...].upTo(":")
        let best = bases.filter { name == $0 || name.hasSuffix("." + $0) }.max { $0.utf8.count < $1.utf8.count }
        guard let best, name.utf8.count > best.utf8.count else { return nil }
        return String(name.dropLast(best.count + 1))
    }
}
