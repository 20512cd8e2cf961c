import HTTP
import Notation

/// Answers that are a stream of events (`application/vnd.amazon.eventstream`).
///
/// A service hands out a body whose every piece is the JSON text of one event: an object of one member, named as in
/// the model (`{"PayloadChunk": {"Payload": "aGk="}}`), blobs in base64. Here each becomes a frame.
/// Source: "Amazon Event Stream Specification" in the Smithy documentation.
enum EventStream {
    static let contentType = "application/vnd.amazon.eventstream"

    /// The member of an output that is a stream of events.
    static func member(of operation: OperationModel) -> Member? {
        operation.output?.members.first { $0.shape.isEventStream }
    }

    /// The body as frames. Protocols without headers of their own say the other members of the output first.
    static func frames(_ body: HTTPBody, _ member: Member, initial: [UInt8]?) -> HTTPBody {
        let first = initial.map {
            message([(":event-type", "initial-response"), (":message-type", "event")], "application/json", $0)
        }
        switch body {
        case .bytes(let bytes): return .bytes((first ?? []) + (bytes.isEmpty ? [] : frame(bytes, member)))
        case .stream(let stream):
            let reader = FrameReader(stream, member, first: first)
            return .stream(HTTPBodyStream(length: nil) { try await reader.next() })
        }
    }

    /// The frame of one event.
    static func frame(_ text: [UInt8], _ stream: Member) -> [UInt8] {
        guard let object = (try? JSON(parsing: text))?.object, let (name, value) = object.first(where: { _ in true }),
            let event = stream.shape.member(name)
        else { return exception("InternalServerException", [:], nil) }
        if event.shape.fault != nil { return exception(name, value, event.shape) }
        let headers = [(":event-type", event.wireName), (":message-type", "event")]
        if let raw = event.shape.members.first(where: { $0.isEventPayload && $0.shape.kind == .blob }) {
            let payload = value[raw.name]?.string.flatMap { Base64.decode($0) } ?? []
            return message(headers, "application/octet-stream", payload)
        }
        var writer = JSONWriter()
        writer.writeBody(value, event.shape)
        return message(headers, "application/json", writer.bytes)
    }

    private static func exception(_ name: String, _ value: JSON, _ shape: Shape?) -> [UInt8] {
        var writer = JSONWriter()
        if let shape { writer.writeBody(value, shape) }
        return message([(":exception-type", name), (":message-type", "exception")], "application/json", writer.bytes)
    }

    /// Lengths, their checksum, headers, payload, and the checksum of it all.
    static func message(_ headers: [(String, String)], _ type: String, _ payload: [UInt8]) -> [UInt8] {
        var head: [UInt8] = []
        for (name, value) in headers + [(":content-type", type)] {
            head.append(UInt8(truncatingIfNeeded: name.utf8.count))
            head += name.utf8
            head.append(7)  // a text
            head += big(UInt32(value.utf8.count)).suffix(2)
            head += value.utf8
        }
        var message = big(UInt32(16 + head.count + payload.count)) + big(UInt32(head.count))
        message += sum(message)
        message += head
        message += payload
        message += sum(message)
        return message
    }

    private static func big(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
    }

    private static func sum(_ bytes: [UInt8]) -> [UInt8] {
        var sum = Checksum(.crc32)
        sum.update(bytes)
        return sum.bytes
    }
}

// Safe: a body has one reader, which waits for each piece before it asks for the next.
private final class FrameReader: @unchecked Sendable {
    private var pieces: HTTPBodyStream.AsyncIterator
    private var first: [UInt8]?
    private let member: Member

    init(_ stream: HTTPBodyStream, _ member: Member, first: [UInt8]?) {
        pieces = stream.makeAsyncIterator()
        self.member = member
        self.first = first
    }

    func next() async throws -> [UInt8]? {
        if let first {
            self.first = nil
            return first
        }
        return try await pieces.next().map { EventStream.frame($0, member) }
    }
}
