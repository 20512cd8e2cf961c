import HTTP
import Notation

/// Finds the operation that a method, path and query mean, in a service that has a path for each.
struct RouteTable: Sendable {
    struct Match: Sendable {
        let operation: String
        /// What stood in the place of the template's labels, escapes resolved.
        let labels: [(name: String, value: String)]
    }

    private enum Segment: Sendable {
        case literal(String)
        case label(String)
        case greedy(String)
    }

    private struct Route: Sendable {
        let operation: String
        let segments: [Segment]
        let query: [(name: String, value: String)]
        let neededQuery: [String]
        let neededHeaders: [String]
        let rank: Int
    }

    /// Where a route is looked for: paths of as many segments, or for greedy ones of any number.
    private struct Key: Hashable, Sendable {
        let method: String
        let count: Int
    }

    private static let anyCount = -1
    private var routes: [Key: [Route]] = [:]

    /// A route for every operation offered, and for those only known, so that these are told from unknown paths.
    ///
    /// S3 keeps several operations on one path and tells them apart by what must be given: `UploadPart` is a
    /// `PutObject` with `uploadId` and `partNumber`. Where every path has its own operation, a missing member is not
    /// an unknown path, so there only literals decide.
    init(operations: [String: OperationModel], others: [JSON]) {
        for operation in operations.values.sorted(by: { $0.name < $1.name }) {
            let isS3 = operation.template.hasPrefix("/{Bucket}")
            let required = isS3 ? operation.input?.members.filter(\.isRequired) ?? [] : []
            add(
                operation.name, operation.method, operation.template,
                query: required.filter { $0.location == .query }.map(\.wireName),
                headers: required.filter { $0.location == .header }.map(\.wireName))
        }
        for other in others {
            let parts = (other.array ?? []).compactMap(\.string)
            guard parts.count >= 3 else { continue }
            let isS3 = parts[2].hasPrefix("/{Bucket}")
            add(parts[0], parts[1], parts[2], query: isS3 ? Array(parts[3...]) : [], headers: [])
        }
        for key in routes.keys { routes[key]?.sort { $0.rank > $1.rank } }
    }

    private mutating func add(
        _ operation: String, _ method: String, _ template: String, query: [String], headers: [String]
    ) {
        let parts = template.parts("?", atMost: 1)
        let segments = (parts.first ?? "").parts("/").map { part -> Segment in
            guard part.hasPrefix("{") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("+") ? .greedy(String(name.dropLast())) : .label(String(name))
        }
        let literals = segments.filter { if case .literal = $0 { true } else { false } }.count
        let isGreedy = segments.contains { if case .greedy = $0 { true } else { false } }
        let fixed = PercentEncoding.pairs(parts.count > 1 ? parts[1] : "").filter { $0.name != "x-id" }
        let key = Key(method: method, count: isGreedy ? Self.anyCount : segments.count)
        routes[key, default: []].append(
            Route(
                operation: operation, segments: segments, query: fixed, neededQuery: query, neededHeaders: headers,
                rank: literals * 100 + fixed.count * 20 + (query.count + headers.count)))
    }

    /// The best match: the one with most literals, and then with most of what it needs.
    func match(
        method: String, path: Substring, query: [(name: String, value: String)], fields: HTTPFields
    ) -> Match? {
        let all = path.dropFirst().parts("/", keepingEmpty: true)
        let parts = all[..<((all.lastIndex { !$0.isEmpty } ?? -1) + 1)]
        if let match = first(Key(method: method, count: parts.count), parts, query, fields) { return match }
        return first(Key(method: method, count: Self.anyCount), all[...], query, fields)
    }

    private func first(
        _ key: Key, _ parts: ArraySlice<Substring>, _ query: [(name: String, value: String)], _ fields: HTTPFields
    ) -> Match? {
        let route = routes[key]?.first { route in
            if query.isEmpty, !route.query.isEmpty || !route.neededQuery.isEmpty { return false }
            return Self.fits(route, parts)
                && route.query.allSatisfy { fixed in
                    query.contains { $0.name == fixed.name && (fixed.value.isEmpty || $0.value == fixed.value) }
                }
                && route.neededQuery.allSatisfy { needed in query.contains { $0.name == needed } }
                && route.neededHeaders.allSatisfy { fields[$0] != nil }
        }
        return route.map { Match(operation: $0.operation, labels: Self.labels($0, parts)) }
    }

    private static func fits(_ route: Route, _ parts: ArraySlice<Substring>) -> Bool {
        guard parts.count >= route.segments.count else { return false }
        for (segment, part) in zip(route.segments, parts) {
            switch segment {
            case .literal(let text): guard part == text else { return false }
            case .label: guard !part.isEmpty else { return false }
            // An empty key is none, but a key may start with a slash.
            case .greedy: guard !part.isEmpty || parts.count > route.segments.count else { return false }
            }
        }
        return true
    }

    private static func labels(_ route: Route, _ parts: ArraySlice<Substring>) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        for (segment, part) in zip(route.segments, parts) {
            switch segment {
            case .literal: break
            case .label(let name): labels.append((name, PercentEncoding.decode(part)))
            case .greedy(let name):
                // The rest of the path, of which this part is the start.
                guard let last = parts.last else { continue }
                let rest = part.base[part.startIndex..<last.endIndex]
                labels.append((name, PercentEncoding.decode(rest)))
            }
        }
        return labels
    }
}
