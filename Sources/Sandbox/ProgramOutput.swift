/// What a program prints on one of its streams, as it comes.
///
/// For one reader; a second loop goes on where the first ended.
///
/// At most 256 KiB wait in memory for the reader; what happens beyond is the program's ``OverflowPolicy``.
package struct ProgramOutput: AsyncSequence, Sendable {
    /// A run of bytes, never empty.
    package typealias Element = [UInt8]
    private let pipe: PipeReader

    init(_ pipe: PipeReader) { self.pipe = pipe }

    /// Reads on; ends when all who hold the stream have closed it, or when the reading task is cancelled.
    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pipe: PipeReader

        /// The bytes that came since the last call; nil at the end.
        package mutating func next() async -> [UInt8]? { await pipe.next() }
    }

    /// An iterator over the bytes still to come.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pipe: pipe) }

    /// The same as lines without their ends; a line longer than `limit` bytes comes in pieces of that length.
    package func lines(limit: Int = 262_144) -> Lines { Lines(pipe: pipe, limit: limit) }

    /// Reads to the end and keeps the first `limit` bytes; the rest is read and forgotten.
    package func collected(limit: Int) async -> [UInt8] {
        var kept: [UInt8] = []
        for await bytes in self { kept += bytes.prefix(Swift.max(0, limit - kept.count)) }
        return kept
    }

    /// A program's output cut into lines; bytes that are not UTF-8 show as U+FFFD.
    package struct Lines: AsyncSequence, Sendable {
        /// A line without its end.
        package typealias Element = String
        fileprivate let pipe: PipeReader
        fileprivate let limit: Int

        /// Reads on, line by line.
        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let pipe: PipeReader
            fileprivate let limit: Int
            fileprivate var buffer: [UInt8] = []
            fileprivate var start = 0

            /// The next line; at the end of the stream what is left of an unfinished one, then nil.
            package mutating func next() async -> String? {
                var searched = start
                while true {
                    if let end = buffer[searched...].firstIndex(of: 0x0A) { return take(upTo: end, skipping: 1) }
                    if buffer.count - start >= limit { return take(upTo: start + limit, skipping: 0) }
                    searched = buffer.count - start
                    buffer.removeFirst(start)
                    start = 0
                    guard let more = await pipe.next() else { break }
                    buffer += more
                }
                return buffer.isEmpty ? nil : take(upTo: buffer.count, skipping: 0)
            }

            private mutating func take(upTo end: Int, skipping skipped: Int) -> String {
                let limited = Swift.min(end, start + limit)
                var line = buffer[start..<limited]
                if limited == end, skipped == 1, line.last == 0x0D { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                start = limited == end ? end + skipped : limited
                return text
            }
        }

        /// An iterator over the lines still to come.
        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pipe: pipe, limit: limit) }
    }
}
