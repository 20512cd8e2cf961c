import HTTP
import Testing

@testable import Server

@Suite("Requests to the outside")
struct HouseWebTests {
    @Test(
        "take addresses apart",
        arguments: [
            ("http://127.0.0.1:8080/a?b=c#d", false, "127.0.0.1", 8080, "/a?b=c"),
            ("https://a.example", true, "a.example", 443, "/"),
            ("http://[::1]:81?x", false, "::1", 81, "/?x"), ("HTTP://a.example/", false, "a.example", 80, "/"),
        ])
    func addresses(url: String, isSecure: Bool, host: String, port: Int, target: String) throws {
        let address = try #require(WebAddress(url))
        #expect(
            address.isSecure == isSecure && address.host == host && address.port == port && address.target == target)
    }

    @Test(
        "are not made to what is no address",
        arguments: ["ftp://a", "a.example", "http://", "http://u:p@a.example/", "http://a:b/"])
    func refused(url: String) { #expect(WebAddress(url) == nil) }

    @Test("tell curl nothing that it could take for more than it is")
    func order() {
        let request = HTTPRequest(method: "POST", target: "/", fields: ["X-Key": "a\"b\\c"])
        let text = CurlOrder(request, "https://a.example/?q=\"", Array("{\"a\":\n\"@/etc/passwd\"}".utf8), .seconds(5))
            .text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains(#"url = "https://a.example/?q=\"""#))
        #expect(lines.contains(#"header = "X-Key: a\"b\\c""#))
        #expect(lines.contains(#"data-raw = "{\"a\":\n\"@/etc/passwd\"}""#))
        #expect(lines.contains("max-time = 6") && lines.contains(#"proto = "=https""#))
    }
}
