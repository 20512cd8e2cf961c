@testable import CodeCommit
import HTTP
import Notation
import Testing

@Suite("Passwords of the credential helper")
struct GitSignatureTests {
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    /// What botocore's signer makes of this key, time and path.
    static let password = "20261123T093000Zefffc11de0c0b3d37908df5002963c599d509c1a095073c30a22c2c7ebbd3d98"

    @Test("the password that botocore makes is taken, for its path, host, region and key alone")
    func vector() throws {
        let signature = try #require(GitSignature(password: Self.password))
        func fits(
            _ secret: String = Self.secret, _ path: String = "/v1/repos/orders", _ host: String = "git.example.com",
            _ region: String = "eu-west-1"
        ) -> Bool {
            signature.isSigned(with: secret, path: path, host: host, region: region)
        }
        #expect(fits())
        #expect(!fits("another"))
        #expect(!fits(Self.secret, "/v1/repos/other"))
        #expect(!fits(Self.secret, "/v1/repos/orders", "git.example.org"))
        #expect(!fits(Self.secret, "/v1/repos/orders", "git.example.com", "us-east-1"))
    }

    @Test("a clock may be a quarter of an hour off")
    func skew() throws {
        let signature = try #require(GitSignature(password: Self.password))
        let moment = try #require(Timestamp(parsing: "2026-11-23T09:30:00Z"))
        #expect(signature.isCurrent(moment + .seconds(900)) && signature.isCurrent(moment - .seconds(900)))
        #expect(!signature.isCurrent(moment + .seconds(901)) && !signature.isCurrent(moment - .seconds(901)))
    }

    @Test(
        "other passwords are no signatures",
        arguments: ["", "Z", "secret", "20261123T093000Z", "20261399T093000Z" + String(repeating: "a", count: 64)])
    func others(_ text: String) { #expect(GitSignature(password: text) == nil) }

    @Test("user and password of basic authentication, colons and a session token included")
    func login() throws {
        func login(_ header: String) -> GitLogin? {
            GitLogin(HTTPRequest(method: "GET", target: "/", fields: ["Authorization": header]))
        }
        let plain = try #require(login("Basic " + Base64.encode("ann:a:b".utf8)))
        #expect(plain.user == "ann" && plain.password == "a:b")
        let temporary = try #require(login("basic " + Base64.encode("ASIA1%tok%en:x".utf8)))
        #expect(temporary.key.id == "ASIA1" && temporary.key.token == "tok%en")
        #expect(
            login("Bearer x") == nil && login("Basic ***") == nil && login("Basic " + Base64.encode("ann".utf8)) == nil)
    }

    @Test(
        "requests of git, and what is none of its own",
        arguments: [
            ("GET", "/v1/repos/a/info/refs?service=git-upload-pack", "a", false),
            ("GET", "/v1/repos/a/info/refs?x=1&service=git-receive-pack", "a", true),
            ("POST", "/v1/repos/a.git/git-upload-pack", "a", false),
            ("POST", "/v1/repos/a%2Db/git-receive-pack", "a-b", true), ("GET", "/v1/repos/a/info/refs", nil, false),
            ("GET", "/v1/repos/a/HEAD", nil, false), ("POST", "/v1/repos/a/b/git-upload-pack", nil, false),
            ("GET", "/v1/repos/", nil, false),
            ("PUT", "/v1/repos/a/git-upload-pack", nil, false),
            ("GET", "/v2/repos/a/info/refs?service=git-upload-pack", nil, false),
        ] as [(String, String, String?, Bool)])
    func requests(_ method: String, _ target: String, _ name: String?, _ isPush: Bool) {
        let request = CodeCommitService.GitRequest(HTTPRequest(method: method, target: target))
        #expect(request?.repository == name)
        #expect((request?.isPush ?? false) == isPush)
    }

    @Test("gzip is unpacked up to a limit, and nothing else is")
    func gunzip() {
        // printf 'hello\n' | gzip -n
        let packed: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 2, 0, 0x20, 0x30, 0x3A, 0x36, 6, 0,
            0, 0,
        ]
        #expect(Gunzip.unpack(packed, limit: 6) == Array("hello\n".utf8))
        #expect(Gunzip.unpack(packed, limit: 5) == nil)
        #expect(Gunzip.unpack(Array("0000".utf8), limit: 100) == nil)
        #expect(Gunzip.unpack(Array(packed.prefix(14)), limit: 100) == nil)
    }
}
