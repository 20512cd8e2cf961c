/// A request as it came in, body included or still arriving.
package struct HTTPRequest: Sendable {
    /// The method in capitals, such as `POST`.
    package var method: String
    /// Path and query exactly as on the wire, percent-encoding untouched.
    package var target: String
    /// The header fields.
    package var fields: HTTPFields
    /// The body.
    package var body: HTTPBody
    /// Where the peer called from, such as `127.0.0.1:51234`; empty when unknown.
    package var peer: String

    /// A request of these parts.
    package init(
        method: String, target: String, fields: HTTPFields = HTTPFields(), body: HTTPBody = .bytes([]),
        peer: String = ""
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.peer = peer
    }

    /// The part of the target before the first `?`, percent-encoding untouched.
    package var path: Substring { target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)] }

    /// The part of the target after the first `?`, percent-encoding untouched; empty when there is none.
    package var query: Substring { Substring(target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()) }
}

/// An answer to a ``HTTPRequest``.
package struct HTTPResponse: Sendable {
    /// The status code.
    package var status: Int
    /// The header fields. `Content-Length` and `Date` are added by the listener.
    package var fields: HTTPFields
    /// The body.
    package var body: HTTPBody

    /// An answer of these parts.
    package init(status: Int, fields: HTTPFields = HTTPFields(), body: HTTPBody = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer that is a text.
    package static func text(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse
    {
        HTTPResponse(status: status, fields: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}

/// What answers requests. It never throws: whatever goes wrong is an answer too.
package typealias HTTPResponder = @Sendable (HTTPRequest) async -> HTTPResponse

/// A body: there already, or arriving piece by piece.
package enum HTTPBody: Sendable {
    /// All of it.
    case bytes([UInt8])
    /// Pieces, read once. The producer waits while the reader is slow.
    case stream(HTTPBodyStream)

    /// How many bytes it has; nil when that is not known beforehand.
    package var length: Int? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .stream(let stream): stream.length
        }
    }

    /// Reads all of it.
    ///
    /// - Throws: ``HTTPBodyError/tooLarge(limit:)`` as soon as more than `limit` bytes have come, or what the peer's
    ///   connection died of. A stream can be read once only.
    package func collected(limit: Int) async throws -> [UInt8] {
        switch self {
        case .bytes(let bytes):
            guard bytes.count <= limit else { throw HTTPBodyError.tooLarge(limit: limit) }
            return bytes
        case .stream(let stream):
            if let length = stream.length, length > limit { throw HTTPBodyError.tooLarge(limit: limit) }
            var bytes: [UInt8] = []
            for try await piece in stream {
                guard bytes.count + piece.count <= limit else { throw HTTPBodyError.tooLarge(limit: limit) }
                bytes += piece
            }
            return bytes
        }
    }
}

/// Why a body could not be read.
package enum HTTPBodyError: Error, Sendable, Hashable {
    /// It is larger than the reader accepts.
    case tooLarge(limit: Int)
    /// The peer went away before its end.
    case incomplete
}

/// A body's pieces as they arrive.
package struct HTTPBodyStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    /// Bytes in all, when known beforehand.
    package let length: Int?
    private let start: @Sendable () -> AsyncIterator

    /// A body that `next` yields piece by piece, nil at its end.
    package init(length: Int?, next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.length = length
        start = { AsyncIterator(advance: next) }
    }

    /// A body whose pieces are the elements of the sequence.
    package init<Pieces: AsyncSequence & Sendable>(length: Int?, _ pieces: Pieces) where Pieces.Element == [UInt8] {
        self.length = length
        start = {
            // Safe: the iterator stays inside this one closure, and a body has one reader.
            nonisolated(unsafe) var iterator = pieces.makeAsyncIterator()
            return AsyncIterator { try await iterator.next() }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { start() }

    /// Hands out the pieces in order.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let advance: () async throws -> [UInt8]?

        package mutating func next() async throws -> [UInt8]? { try await advance() }
    }
}
