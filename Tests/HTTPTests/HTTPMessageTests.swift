import HTTP
import Testing

@Suite("HTTP messages")
struct HTTPMessageTests {
    @Test("fields are found in any case and replaced as one")
    func fields() {
        var fields: HTTPFields = ["Content-Type": "a/b", "X-A": "1"]
        fields.add("x-a", "2")
        #expect(fields["content-TYPE"] == "a/b")
        #expect(fields.values(of: "X-a") == ["1", "2"])
        fields["X-A"] = "3"
        #expect(fields.values(of: "x-a") == ["3"])
        fields["X-A"] = nil
        #expect(fields.all.count == 1)
    }

    @Test("a target splits at its first question mark")
    func target() {
        let request = HTTPRequest(method: "GET", target: "/a%2Fb?x=1?2")
        #expect(request.path == "/a%2Fb")
        #expect(request.query == "x=1?2")
    }

    @Test("a body beyond the limit is refused while it arrives")
    func limit() async throws {
        let pieces = AsyncStream<[UInt8]> {
            for _ in 0..<4 { $0.yield([1, 2, 3]) }; $0.finish()
        }
        await #expect(throws: HTTPBodyError.tooLarge(limit: 10)) {
            _ = try await HTTPBody.stream(HTTPBodyStream(length: nil, pieces)).collected(limit: 10)
        }
        let all = AsyncStream<[UInt8]> {
            for byte in UInt8(0)..<4 { $0.yield([byte]) }; $0.finish()
        }
        #expect(try await HTTPBody.stream(HTTPBodyStream(length: nil, all)).collected(limit: 10) == [0, 1, 2, 3])
    }
}
