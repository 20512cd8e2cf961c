import HTTP
@testable import Server
import Testing

@Suite("Who may read the metrics")
struct MetricsPageTests {
    @Test(
        "a program on this machine may; a proxy on it, and a page whose name points here, may not",
        arguments: [
            ("127.0.0.1:5000", "127.0.0.1:4566", nil, true), ("::1:5000", "[::1]:4566", nil, true),
            ("::ffff:127.0.0.1:5000", "localhost:4566", nil, true), ("10.0.0.7:5000", "127.0.0.1:4566", nil, false),
            ("127.0.0.1:5000", "evil.example:4566", nil, false),
            ("127.0.0.1:5000", "127.0.0.1:4566", "X-Forwarded-For", false),
            ("127.0.0.1:5000", "127.0.0.1:4566", "Forwarded", false), ("", "127.0.0.1:4566", nil, false),
        ])
    func thisMachine(peer: String, host: String, field: String?, may: Bool) {
        var fields: HTTPFields = ["Host": host]
        if let field { fields.add(field, "for=10.0.0.7") }
        let request = HTTPRequest(method: "GET", target: MetricsPage.path, fields: fields, peer: peer)
        #expect(MetricsPage.isFromThisMachine(request) == may)
    }

    @Test(
        "basic authentication is read as RFC 7617 has it",
        arguments: [
            ("Basic QUtJQTpzZTpjcmV0", "AKIA", "se:cret"), ("basic  QUtJQTo=", "AKIA", ""),
            ("Basic QUtJQQ==", nil, nil), ("Basic !", nil, nil), ("Bearer QUtJQTo=", nil, nil),
            ("Basic //8=", nil, nil),
        ] as [(String, String?, String?)])
    func basic(field: String, name: String?, secret: String?) {
        let request = HTTPRequest(method: "GET", target: "/", fields: ["Authorization": field])
        let found = MetricsPage.basic(request)
        #expect(found?.name == name && found?.secret == secret)
    }
}
