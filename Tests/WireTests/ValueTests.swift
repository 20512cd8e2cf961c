import HTTP
import Notation
import Testing

@testable import Wire

@Suite("Checksums")
struct ChecksumTests {
    @Test(
        "have the published values of the nine digits",
        arguments: [
            (Checksum.Algorithm.crc32, "cbf43926"), (.crc32c, "e3069283"), (.crc64nvme, "ae8b14860a799888"),
            (.sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"), (.md5, "25f9e794323b453885f5181f1b624d0b"),
            (.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ])
    func published(algorithm: Checksum.Algorithm, hex: String) {
        var sum = Checksum(algorithm)
        sum.update(Array("123456789".utf8))
        #expect(Hexadecimal.encode(sum.bytes) == hex)
        #expect(Base64.decode(sum.finish()) == sum.bytes)
    }

    @Test("are the same in any pieces", arguments: Checksum.Algorithm.allCases)
    func pieces(algorithm: Checksum.Algorithm) {
        var generator = SplitMix(seed: 3)
        let bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for _ in 0..<20 {
            var sum = Checksum(algorithm)
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, at + Int.random(in: 1...200, using: &generator))
                sum.update(bytes[at..<end])
                at = end
            }
            #expect(sum.finish() == Checksum.value(of: bytes, algorithm))
        }
    }

    @Test("are found in header fields by any spelling")
    func stated() {
        let fields: HTTPFields = ["X-Amz-Checksum-CRC32C": "a", "content-md5": "b"]
        #expect(Checksum.stated(in: fields).map(\.algorithm) == [.crc32c, .md5])
        #expect(Checksum.Algorithm(name: "CRC64NVME") == .crc64nvme)
    }
}

@Suite("Values as text")
struct ValueTests {
    @Test(
        "times in each form",
        arguments: [
            (0.0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_709_210_096.25, "2024-02-29T12:34:56.250Z", "Thu, 29 Feb 2024 12:34:56 GMT"),
            (-1.0, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            (4_102_444_800.0, "2100-01-01T00:00:00Z", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ])
    func times(seconds: Double, iso: String, rfc: String) {
        #expect(WireTime.iso8601(seconds) == iso)
        #expect(WireTime.rfc822(seconds) == rfc)
        #expect(WireTime.parse(iso)?.double == seconds)
        #expect(WireTime.parse(rfc)?.double == seconds.rounded(.down))
        #expect(WireTime.parseBasic(WireTime.basic(Int(seconds))) == Int(seconds))
    }

    @Test(
        "times that clients write",
        arguments: [
            ("2026-01-31T23:59:59+02:00", 1_769_896_799), ("2026-01-31", 1_769_817_600), ("1769903999", 1_769_903_999),
            ("2026-01-31T23:59", 1_769_903_940), ("Sat, 31-Jan-26 23:59:59 GMT", 1_769_903_999),
        ])
    func parsing(text: String, seconds: Int) { #expect(WireTime.parse(text) == .int(seconds)) }

    @Test(
        "what is no time is none",
        arguments: ["", "soon", "2026-13-01", "2026-01-31T25:00:00Z", "nan", "inf", "20260131"])
    func notTimes(text: String) { #expect(WireTime.parse(text) == nil || text == "20260131") }

    @Test("percent-encoding")
    func percent() {
        #expect(PercentEncoding.encode("a b/ü~") == "a%20b%2F%C3%BC~")
        #expect(PercentEncoding.decode("a%20b%2") == "a b%2")
        #expect(PercentEncoding.decode("a+b", isForm: true) == "a b")
        #expect(
            PercentEncoding.pairs("a=1&b&=c&&d=%3D").map { "\($0.name):\($0.value)" } == ["a:1", "b:", ":c", "d:="])
    }

    @Test("damaged gzip is refused, and what unpacks to too much", arguments: 0..<40)
    func gzip(place: Int) throws {
        let packed = try #require(Fixtures.signed.first { $0.name == "large gzip" })
        guard case .bytes(var bytes) = packed.request.body else { return }
        #expect(packed.request.fields["Content-Encoding"] == "gzip")
        let whole = try Inflate.gzip(bytes, limit: 1 << 20)
        #expect(throws: Inflate.Failure.tooLarge) { try Inflate.gzip(bytes, limit: whole.count - 1) }
        bytes[10 + place * (bytes.count - 19) / 40] ^= 0x10
        #expect(throws: Inflate.Failure.self) { try Inflate.gzip(bytes, limit: 1 << 20) }
    }
}

@Suite("Round trips")
struct RoundTripTests {
    @Test("CBOR reads what it wrote, for every operation's output", arguments: ["cloudwatch", "logs", "codedeploy"])
    func cbor(service: String) throws {
        var generator = SplitMix(seed: 5)
        for operation in Models.service(service)?.operations.values.map({ $0 }) ?? [] {
            guard let shape = operation.output else { continue }
            let value = Trees.random(shape, using: &generator)
            var writer = CBORWriter()
            writer.writeBody(value, shape)
            #expect(try CBORReader.read(writer.bytes, shape) == Self.asRead(value, shape))
        }
    }

    @Test("JSON reads what it wrote", arguments: Models.ids)
    func json(service: String) throws {
        var generator = SplitMix(seed: 6)
        for operation in Models.service(service)?.operations.values.map({ $0 }) ?? [] {
            guard let shape = operation.output, shape.members.allSatisfy({ $0.location == nil }) else { continue }
            let value = Trees.random(shape, using: &generator)
            var writer = JSONWriter()
            writer.writeBody(value, shape)
            #expect(try JSONReader.read(writer.bytes, shape) == value)
        }
    }

    /// Times come back as doubles, which are equal as numbers only.
    private static func asRead(_ value: JSON, _ shape: Shape?) -> JSON {
        switch value {
        case .int(let number) where shape?.kind == .timestamp: .double(Double(number))
        case .object(let object):
            .object(
                JSONObject(
                    object.map { name, value in
                        (name, asRead(value, shape?.kind == .map ? shape?.value?.shape : shape?.member(name)?.shape))
                    }))
        case .array(let elements): .array(elements.map { asRead($0, shape?.element?.shape) })
        default: value
        }
    }

    @Test(
        "CBOR's other forms are read",
        arguments: [
            ([0xBF, 0x61, 0x61, 0x9F, 0x01, 0x20, 0xFF, 0xFF], ["a": [1, -1]]),
            ([0xA1, 0x61, 0x61, 0xF9, 0x3E, 0x00], ["a": 1.5]),
            ([0xA1, 0x61, 0x61, 0xFA, 0x40, 0x20, 0, 0], ["a": 2.5]),
            ([0xA1, 0x7F, 0x61, 0x61, 0x61, 0x62, 0xFF, 0xF5], ["ab": true]),
            ([0xA1, 0x61, 0x61, 0x5F, 0x41, 1, 0xFF], ["a": "AQ=="]),
            ([0xA1, 0x61, 0x61, 0xC1, 0x1A, 0, 1, 0, 0], ["a": 65536]),
        ] as [([UInt8], JSON)])
    func cborForms(bytes: [UInt8], expected: JSON) throws {
        let document = Shape(name: "Any", kind: .structure)
        document.isDocument = true
        #expect(try CBORReader.read(bytes, document) == expected)
    }

    @Test(
        "broken CBOR is refused",
        arguments: [
            [0xA1], [0xFF], [0x5F, 0x61, 0x61], [0xA1, 0x01, 0x01], [0x9B, 255, 255, 255, 255, 255, 255, 255, 255],
            [0x81],
        ] as [[UInt8]])
    func brokenCBOR(bytes: [UInt8]) {
        let document = Shape(name: "Any", kind: .structure)
        document.isDocument = true
        #expect(throws: Misfit.self) { try CBORReader.read(bytes, document) }
    }
}

@Suite("Models")
struct ModelTests {
    @Test("are all read, and know the operations that are not offered", arguments: Models.ids)
    func all(id: String) throws {
        let service = try #require(Models.service(id))
        #expect(!service.operations.isEmpty)
        #expect(service.knownOperations.count >= service.operations.count)
        #expect(service.operations.keys.allSatisfy { service.knows($0) })
        #expect(!service.knows("Nonsense"))
        #expect(Models.service(id) === service)
    }

    @Test("name every member of an input")
    func inputMembers() throws {
        let create = try #require(Models.service("lambda")?.operation("CreateFunction"))
        let paths = Dictionary(uniqueKeysWithValues: create.inputMembers().map { ($0.path, $0) })
        #expect(paths["Code.S3Bucket"]?.kind == .string)
        #expect(paths["FunctionName"]?.isRequired == true)
        #expect(paths["FileSystemConfigs[].Arn"]?.isRequired == true)
        #expect(paths["Environment.Variables"]?.kind == .map)
    }

    @Test("show what an answer has too much")
    func unknownMembers() throws {
        let get = try #require(Models.service("lambda")?.operation("GetFunction"))
        let output: JSON = [
            "Configuration": ["FunctionName": "f", "Wrong": 1], "Layers": [["Arn": "a"]], "Code": ["Location": "x"],
        ]
        #expect(OperationModel.unknownMembers(of: output, in: get.output) == ["Configuration.Wrong", "Layers"])
    }

    @Test(
        "are what the importer writes from the installed botocore, where it is theirs", .enabled(if: Botocore.isThere))
    func imported() throws {
        #expect(try Botocore.importerDifferences().isEmpty)
    }

    @Test("no model for what there is none of")
    func none() { #expect(Models.service("dynamodb") == nil) }
}
