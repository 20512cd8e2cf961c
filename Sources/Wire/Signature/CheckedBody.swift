import Crypto
package import HTTP
internal import Notation

/// Bodies that are checked while they are read.
enum CheckedBody {
    /// The content of a body in `aws-chunked` encoding.
    ///
    /// - Throws: S3's error, when the body is there already and wrong.
    static func unchunked(_ body: HTTPBody, _ decoder: ChunkDecoder, length: Int?) throws(Fault) -> HTTPBody {
        switch body {
        case .bytes(let bytes):
            var decoder = decoder
            let content = try decoder.feed(bytes[...])
            try decoder.finish()
            return .bytes(content)
        case .stream(let stream):
            let reader = Unchunking(stream, decoder)
            return .stream(HTTPBodyStream(length: length) { try await reader.next() })
        }
    }

    /// The same body, which ends in the fault when its hash is another.
    static func hashed(_ body: HTTPBody, expected: String, fault: @escaping @Sendable (String) -> Fault) throws(Fault)
        -> HTTPBody
    {
        switch body {
        case .bytes(let bytes):
            let computed = Hexadecimal.encode(SHA256.hash(data: bytes))
            guard computed == expected else { throw fault(computed) }
            return body
        case .stream(let stream):
            let reader = Hashing(stream, expected: expected, fault: fault)
            return .stream(HTTPBodyStream(length: stream.length) { try await reader.next() })
        }
    }
}

extension HTTPBody {
    /// The same body, in which a fault found while it is read (a wrong checksum, chunk signature, hash or length) comes
    /// as the error that the closure makes of it: for readers that do not know of ``Fault``.
    package func translatingFaults(_ translate: @escaping @Sendable (Fault) -> any Error) -> HTTPBody {
        guard case .stream(let stream) = self else { return self }
        let reader = Translating(stream, translate)
        return .stream(HTTPBodyStream(length: stream.length) { try await reader.next() })
    }
}

// Safe: a body has one reader, which waits for each piece before it asks for the next.
private final class Translating: @unchecked Sendable {
    private var pieces: HTTPBodyStream.AsyncIterator
    private let translate: @Sendable (Fault) -> any Error

    init(_ stream: HTTPBodyStream, _ translate: @escaping @Sendable (Fault) -> any Error) {
        pieces = stream.makeAsyncIterator()
        self.translate = translate
    }

    func next() async throws -> [UInt8]? {
        do { return try await pieces.next() } catch let fault as Fault { throw translate(fault) }
    }
}

// Safe: a body has one reader, which waits for each piece before it asks for the next.
private final class Unchunking: @unchecked Sendable {
    private var pieces: HTTPBodyStream.AsyncIterator
    private var decoder: ChunkDecoder
    private var isDone = false

    init(_ stream: HTTPBodyStream, _ decoder: ChunkDecoder) {
        pieces = stream.makeAsyncIterator()
        self.decoder = decoder
    }

    func next() async throws -> [UInt8]? {
        while !isDone {
            guard let piece = try await pieces.next() else {
                isDone = true
                try decoder.finish()
                return nil
            }
            let content = try decoder.feed(piece[...])
            if !content.isEmpty { return content }
        }
        return nil
    }
}

// Safe: a body has one reader, which waits for each piece before it asks for the next.
private final class Hashing: @unchecked Sendable {
    private var pieces: HTTPBodyStream.AsyncIterator
    private var hash = SHA256()
    private let expected: String
    private let fault: @Sendable (String) -> Fault

    init(_ stream: HTTPBodyStream, expected: String, fault: @escaping @Sendable (String) -> Fault) {
        pieces = stream.makeAsyncIterator()
        self.expected = expected
        self.fault = fault
    }

    func next() async throws -> [UInt8]? {
        guard let piece = try await pieces.next() else {
            let computed = Hexadecimal.encode(hash.finalize())
            guard computed == expected else { throw fault(computed) }
            return nil
        }
        piece.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return piece
    }
}
