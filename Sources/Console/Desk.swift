internal import Cloud
internal import Ledger
internal import Notation

/// The door, as one visitor stands before it, and what every page needs to know of the visitor.
struct Desk: Sendable {
    let cloud: Cloud
    let caller: Caller
    /// What forms carry.
    let formToken: String
    /// Whether there is a session that can be ended.
    let canLogOut: Bool

    var now: Timestamp { cloud.surroundings.now }

    /// Calls an operation as the visitor.
    ///
    /// - Throws: The refusal, in AWS's words.
    @discardableResult
    func call(_ service: String, _ operation: String, _ input: JSON = [:]) async throws(AWSError) -> JSON {
        do { return try await cloud.call(service, operation, input, as: caller) } catch let error as AWSError {
            throw error
        } catch {
            throw AWSError("InternalFailure", "\(service):\(operation) failed: \(error)", status: 500)
        }
    }

    /// Calls an operation that answers in pages, and puts the lists of the first `pages` of them together.
    func all(
        _ service: String, _ operation: String, _ input: JSON = [:], list: String, token: (asked: String, told: String),
        pages: Int = 10
    ) async throws(AWSError) -> [JSON] {
        var (found, input): ([JSON], JSON) = ([], input)
        for _ in 0..<pages {
            let answer = try await call(service, operation, input)
            found += answer[list]?.array ?? []
            guard let next = answer[token.told]?.string, !next.isEmpty else { break }
            input[token.asked] = .string(next)
        }
        return found
    }
}

extension JSON {
    /// The text of that member; empty when there is none.
    func text(_ name: String) -> String { self[name]?.string ?? "" }
    /// The list of that member; empty when there is none.
    func list(_ name: String) -> [JSON] { self[name]?.array ?? [] }
    /// The moment of that member, in seconds since 1970.
    func moment(_ name: String) -> Timestamp? { self[name]?.double.map { Timestamp(seconds: $0) } }
    /// Whether that member is true.
    func isTrue(_ name: String) -> Bool { self[name]?.bool == true }
}
