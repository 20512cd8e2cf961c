internal import HTTP
internal import NIOCore
internal import NIOHTTP1

/// Writes one answer to a connection: in one piece when its body is there, else piece by piece as the peer reads.
struct ResponseWriter: Sendable {
    let channel: any Channel
    let response: HTTPResponse
    let isHead: Bool
    let staysOpen: Bool

    private var hasNoBody: Bool { isHead || response.status == 204 || response.status == 304 }

    /// Writes it. False when the connection cannot be used for another request.
    func write() async -> Bool {
        switch response.body {
        case .bytes(let bytes):
            var buffer = head(length: bytes.count, room: bytes.count)
            if !hasNoBody { buffer.writeBytes(bytes) }
            channel.writeAndFlush(buffer, promise: nil)
            return staysOpen
        case .stream(let stream):
            return await write(stream)
        }
    }

    private func write(_ stream: HTTPBodyStream) async -> Bool {
        do {
            try await channel.writeAndFlush(head(length: stream.length, room: 0))
            if hasNoBody { return staysOpen }
            var written = 0
            for try await piece in stream {
                written += piece.count
                try await channel.writeAndFlush(framed(piece, isChunked: stream.length == nil))
            }
            guard let length = stream.length else {
                try await channel.writeAndFlush(ByteBuffer(string: "0\r\n\r\n"))
                return staysOpen
            }
            return staysOpen && written == length
        } catch {
            return false  // the peer sees a cut-off body: there is no other way to tell it now
        }
    }

    private func framed(_ piece: [UInt8], isChunked: Bool) -> ByteBuffer {
        var buffer = channel.allocator.buffer(capacity: piece.count + 16)
        if isChunked, piece.isEmpty { return buffer }
        if isChunked { buffer.writeString(String(piece.count, radix: 16) + "\r\n") }
        buffer.writeBytes(piece)
        if isChunked { buffer.writeString("\r\n") }
        return buffer
    }

    private func head(length: Int?, room: Int) -> ByteBuffer {
        var buffer = channel.allocator.buffer(capacity: 512 + room)
        buffer.writeString(
            "HTTP/1.1 \(response.status) \(HTTPResponseStatus(statusCode: response.status).reasonPhrase)\r\n")
        for field in response.fields.all where !Self.isUnsafe(field) {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        let hasLength = response.fields["Content-Length"] != nil
        if let length, !(isHead && hasLength), response.status != 204, response.status != 304, !hasLength {
            buffer.writeString("Content-Length: \(length)\r\n")
        }
        if length == nil, !isHead { buffer.writeStaticString("Transfer-Encoding: chunked\r\n") }
        if !staysOpen { buffer.writeStaticString("Connection: close\r\n") }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// A field that would end the head or smuggle in another field.
    private static func isUnsafe(_ field: HTTPFields.Field) -> Bool {
        field.name.utf8.contains { $0 <= 0x20 || $0 == 0x3A }
            || field.value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }
}
