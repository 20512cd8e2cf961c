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
        let isGreedy: Bool
        let query: [(name: String, value: String)]
        let neededQuery: [String]
        let neededHeaders: [String]
        let rank: Int
    }

    private var byMethod: [String: [Route]] = [:]

    /// A route for every operation offered, and for those only known, so that these are told from unknown paths.
    ///
    /// S3 keeps several operations on one path and tells them apart by what must be given: `UploadPart` is a
    /// `PutObject` with `uploadId` and `partNumber`. Where every path has its own operation, a missing member is not
    /// an unknown path, so there only literals decide.
    init(operations: [String: OperationModel], others: [JSON]) {
        for operation in operations.values.sorted(by: { $0.name < $1.name }) {
            let required =
                operation.template.hasPrefix("/{Bucket}") ? operation.input?.members.filter(\.isRequired) ?? [] : []
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
        for method in byMethod.keys { byMethod[method]?.sort { $0.rank > $1.rank } }
    }

    private mutating func add(
        _ operation: String, _ method: String, _ template: String, query: [String], headers: [String]
    ) {
        let parts = template.split(separator: "?", maxSplits: 1)
        let segments = (parts.first ?? "").split(separator: "/").map { part -> Segment in
            guard part.hasPrefix("{") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("+") ? .greedy(String(name.dropLast())) : .label(String(name))
        }
        let literals = segments.filter { if case .literal = $0 { true } else { false } }.count
        let fixed = PercentEncoding.pairs(parts.count > 1 ? parts[1] : "").filter { $0.name != "x-id" }
        byMethod[method, default: []].append(
            Route(
                operation: operation, segments: segments,
                isGreedy: segments.contains { if case .greedy = $0 { true } else { false } },
                query: fixed, neededQuery: query, neededHeaders: headers,
                rank: literals * 100 + fixed.count * 20 + (query.count + headers.count)))
    }

    /// The best match: the one with most literals, and then with most of what it needs.
    func match(
        method: String, path: Substring, query: [(name: String, value: String)], fields: HTTPFields
    ) -> Match? {
        guard let routes = byMethod[method] else { return nil }
        var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let greedyParts = parts
        while parts.last?.isEmpty == true { parts.removeLast() }
        for route in routes {
            guard let labels = Self.labels(route, route.isGreedy ? greedyParts : parts) else { continue }
            let fits =
                route.query.allSatisfy { fixed in
                    query.contains { $0.name == fixed.name && (fixed.value.isEmpty || $0.value == fixed.value) }
                }
                && route.neededQuery.allSatisfy { needed in query.contains { $0.name == needed } }
                && route.neededHeaders.allSatisfy { fields[$0] != nil }
            if fits { return Match(operation: route.operation, labels: labels) }
        }
        return nil
    }

    private static func labels(_ route: Route, _ parts: [Substring]) -> [(name: String, value: String)]? {
        guard route.isGreedy ? parts.count >= route.segments.count : parts.count == route.segments.count else {
            return nil
        }
        var labels: [(name: String, value: String)] = []
        for (index, segment) in route.segments.enumerated() {
            switch segment {
            case .literal(let text): guard parts[index] == text else { return nil }
            case .label(let name):
                guard !parts[index].isEmpty else { return nil }
                labels.append((name, PercentEncoding.decode(parts[index])))
            case .greedy(let name):
                let rest = parts[index...].joined(separator: "/")
                guard !rest.isEmpty else { return nil }
                labels.append((name, PercentEncoding.decode(rest)))
            }
        }
        return labels
    }
}
