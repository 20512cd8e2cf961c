internal import Foundation
internal import Synchronization

extension Blobs {
    /// Opens bodies for reading one after the other as if they were one, or a range of that.
    ///
    /// Once open, they can be read to the end even if their owner is deleted meanwhile.
    /// - Throws: ``BlobError`` with `.missing` when one of them is gone.
    package func open(_ ids: [BlobID], range: Range<Int>? = nil) async throws -> BlobReader {
        pin(ids)
        do {
            let rows = try await rows(ids)
            var parts: [BlobReader.Part] = []
            var start = 0
            for id in ids {
                guard let row = rows[id] else { throw BlobError(.missing, "The body \(id.name) is gone.") }
                let whole = start..<(start + row.size)
                let wanted = whole.clamped(to: range ?? whole)
                if !wanted.isEmpty {
                    let place = (wanted.lowerBound - start)..<(wanted.upperBound - start)
                    parts.append(BlobReader.Part(path: path(id), bytes: row.bytes, range: place))
                }
                start += row.size
            }
            return BlobReader(parts, pins: ids, of: self)
        } catch {
            unpin(ids)
            throw error
        }
    }
}

/// Bodies open for reading, one reader at a time. Files close with it.
package final class BlobReader: Sendable {
    struct Part: Sendable {
        let path: String
        let bytes: [UInt8]?
        let range: Range<Int>
    }
    private struct State {
        var part = 0
        var offset = 0
        var descriptor: Int32 = -1
    }

    /// So much is read at once: large enough to make the way to a thread and back cheap, small enough for many readers.
    private static let pieceSize = 256 << 10

    /// How many bytes will come.
    package let length: Int
    private let parts: [Part]
    private let pins: [BlobID]
    private let store: Blobs
    private let state = Mutex(State())

    init(_ parts: [Part], pins: [BlobID], of store: Blobs) {
        self.parts = parts
        self.pins = pins
        self.store = store
        length = parts.reduce(0) { $0 + $1.range.count }
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
        store.unpin(pins)
    }

    /// All of it, when it lies in memory already: true of small bodies.
    package var bytes: [UInt8]? {
        guard parts.count <= 1 else { return nil }
        guard let part = parts.first else { return [] }
        return part.bytes.map { Array($0[part.range]) }
    }

    /// The next piece; nil at the end.
    ///
    /// - Throws: ``BlobError`` when the disk fails.
    package func next() async throws -> [UInt8]? {
        let (index, offset) = state.withLock { ($0.part, $0.offset) }
        guard index < parts.count else { return nil }
        let part = parts[index]
        let start = part.range.lowerBound + offset
        let count = min(Self.pieceSize, part.range.upperBound - start)
        let piece: [UInt8]
        if let bytes = part.bytes {
            piece = Array(bytes[start..<(start + count)])
        } else {
            piece = try await BlobThreads.shared.run { [self] in try read(part, at: start, count: count) }
        }
        advance(by: piece.count, in: part)
        return piece
    }

    private func advance(by count: Int, in part: Part) {
        state.withLock { state in
            state.offset += count
            guard state.offset >= part.range.count else { return }
            if state.descriptor >= 0 { close(state.descriptor) }
            state = State(part: state.part + 1)
        }
    }

    private func read(_ part: Part, at start: Int, count: Int) throws -> [UInt8] {
        let descriptor = try descriptor(part)
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(start + filled))
                if read < 0, errno == EINTR { continue }
                guard read > 0 else {
                    failure = read == 0 ? EIO : errno
                    return
                }
                filled += read
            }
        }
        guard failure == 0 else { throw BlobError(failure, "read", part.path) }
        return piece
    }

    private func descriptor(_ part: Part) throws -> Int32 {
        try state.withLock { state in
            if state.descriptor < 0 {
                state.descriptor = Foundation.open(part.path, O_RDONLY | O_CLOEXEC)
                guard state.descriptor >= 0 else { throw BlobError(errno, "open", part.path) }
            }
            return state.descriptor
        }
    }
}
