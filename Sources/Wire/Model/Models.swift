import Synchronization

/// The API models of all services that Slipway knows. A model is read when it is first asked for, and kept.
package enum Models {
    private static let read = Mutex<[String: ServiceModel]>([:])

    /// The ids of all services, in the order of their files.
    package static let ids: [String] = ModelIndex.all.map(\.id)

    /// The model of that service; nil when there is none.
    ///
    /// The first call for a service reads its model (a few milliseconds); later calls find it.
    package static func service(_ id: String) -> ServiceModel? {
        if let model = read.withLock({ $0[id] }) { return model }
        guard let entry = ModelIndex.byID[id] else { return nil }
        // Read outside the lock: two first callers may both read it, and the first to finish is kept.
        guard let model = try? ModelReader.service(entry) else {
            preconditionFailure("Sources/Wire/Models has no readable model for \(id)")
        }
        return read.withLock { models in
            if let first = models[id] { return first }
            models[id] = model
            return model
        }
    }
}

/// What has to be known of a service before its model is read: how to recognise a request for it.
struct ModelIndex: Sendable {
    let id: String
    let signingName: String
    let host: String
    let target: String
    let version: String
    let protocols: [String]
    let facts: String

    static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
    static let byTarget = Dictionary(all.filter { !$0.target.isEmpty }.map { ($0.target, $0) }) { first, _ in first }
    static let bySigningName = Dictionary(all.map { ($0.signingName, $0) }) { first, _ in first }
    static let byHost = Dictionary(all.map { ($0.host, $0) }) { first, _ in first }
    static let byVersion = Dictionary(grouping: all.filter { $0.speaksQuery }, by: \.version)

    var speaksQuery: Bool { protocols.contains("query") }
    var speaksREST: Bool { protocols.contains { $0.hasPrefix("rest-") } }
}
