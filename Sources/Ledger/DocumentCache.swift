internal import Synchronization

/// Decoded documents that were read or written lately. Always as new as the last commit: writes put, never merely drop.
final class DocumentCache: Sendable {
    struct Key: Hashable, Sendable {
        let collection: String
        let key: String
    }

    /// A document, or the knowledge that there is none.
    struct Entry: Sendable {
        let version: Int
        let bytes: Int
        private let value: (any Sendable)?
        fileprivate(set) var lastUse = 0

        init<Value>(_ document: Document<Value>, bytes: Int) {
            version = document.version
            value = document.value
            self.bytes = bytes + 128
        }

        init<Value: Sendable>(live value: Value, version: Int, bytes: Int) {
            self.version = version
            self.value = value
            self.bytes = bytes + 128
        }

        private init() {
            version = 0
            value = nil
            bytes = 128
        }

        /// The knowledge that there is no document.
        static let none = Entry()

        var isNone: Bool { value == nil }

        func document<Value>(_ key: String) -> Document<Value>? {
            (value as? Value).map { Document(key: key, version: version, value: $0) }
        }
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var tick = 0
        var changes = 0
    }
    private let state = Mutex(State())
    private let byteLimit: Int

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// A number that is greater after every commit and every clean-out.
    var mark: Int { state.withLock { $0.changes } }

    func entry(_ collection: String, _ key: String) -> Entry? {
        state.withLock { state in
            let key = Key(collection: collection, key: key)
            guard let index = state.entries.index(forKey: key) else { return nil }
            state.tick += 1
            state.entries.values[index].lastUse = state.tick
            return state.entries.values[index]
        }
    }

    func put(_ changed: [Key: Entry]) {
        state.withLock { state in
            state.changes += 1
            for (key, entry) in changed { insert(entry, key, &state) }
            trim(&state)
        }
    }

    /// Takes in what a reader found, unless a commit since then may have made it old.
    func fill(_ collection: String, _ key: String, _ entry: Entry, ifUnchangedSince mark: Int) {
        state.withLock { state in
            guard state.changes == mark else { return }
            insert(entry, Key(collection: collection, key: key), &state)
            trim(&state)
        }
    }

    private func insert(_ entry: Entry, _ key: Key, _ state: inout State) {
        state.tick += 1
        var entry = entry
        entry.lastUse = state.tick
        state.bytes += entry.bytes - (state.entries[key]?.bytes ?? 0)
        state.entries[key] = entry
    }

    /// Drops the longest unused until three quarters of the room are taken.
    private func trim(_ state: inout State) {
        guard state.bytes > byteLimit else { return }
        state.changes += 1
        for (key, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard state.bytes > byteLimit / 4 * 3 else { break }
            state.entries.removeValue(forKey: key)
            state.bytes -= entry.bytes
        }
    }
}
