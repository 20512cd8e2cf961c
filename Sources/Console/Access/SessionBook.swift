internal import Cloud
internal import Ledger
internal import Notation
internal import Synchronization

/// Somebody who uses the console.
struct Session: Sendable {
    /// Whose calls these are.
    let caller: Caller
    /// What a form must carry so that no other site can send it: known to the pages of this session alone.
    let formToken: String
    /// When it ends.
    let expires: Timestamp
}

/// The sessions, in memory: a restart of the server logs everybody out.
final class SessionBook: Sendable {
    /// How long a session lasts. Nobody's working day is longer.
    static let lifetime = Duration.seconds(12 * 3600)
    /// The most there can be; the one that ends first makes room.
    static let limit = 1000

    private let surroundings: Surroundings
    private let sessions = Mutex<[String: Session]>([:])

    init(surroundings: Surroundings) { self.surroundings = surroundings }

    /// Begins a session.
    ///
    /// - Returns: Its id, for the cookie.
    func begin(_ caller: Caller) -> String {
        let (id, token) = (surroundings.chance.hexadecimal(64), surroundings.chance.hexadecimal(64))
        let now = surroundings.now
        let session = Session(caller: caller, formToken: token, expires: now + Self.lifetime)
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.expires > now }
            if sessions.count >= Self.limit, let oldest = sessions.min(by: { $0.value.expires < $1.value.expires }) {
                sessions[oldest.key] = nil
            }
            sessions[id] = session
        }
        return id
    }

    /// The session of that id, unless it has ended.
    func session(_ id: String) -> Session? {
        let now = surroundings.now
        return sessions.withLock { $0[id] }.flatMap { $0.expires > now ? $0 : nil }
    }

    /// Ends it. Of an unknown id, nothing happens.
    func end(_ id: String) { sessions.withLock { $0[id] = nil } }
}
