import Crypto
import HTTP
import Notation

/// A request in the one form that both sides of a signature hash.
/// Source: "Create a signed AWS API request" in the IAM user guide.
struct CanonicalRequest {
    /// `x-amz-content-sha256` of a body that is not signed.
    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    /// The hash of no bytes.
    static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    let bytes: [UInt8]

    init(_ request: HTTPRequest, signedHeaders: [String], payloadHash: String, isS3: Bool) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        bytes += request.method.utf8
        bytes.append(0x0A)
        let halves = request.halves
        Self.path(halves.path, isS3: isS3, to: &bytes)
        bytes.append(0x0A)
        Self.query(halves.query, to: &bytes)
        bytes.append(0x0A)
        let fields = request.fields.all
        let marks = fields.map { Self.mark($0.name) }
        for name in signedHeaders {
            bytes += name.utf8
            bytes.append(UInt8(ascii: ":"))
            let mark = Self.mark(name)
            var isFirst = true
            for place in fields.indices where marks[place] == mark && HTTPFields.same(fields[place].name, name) {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.value(fields[place].value, to: &bytes)
            }
            bytes.append(0x0A)
        }
        bytes.append(0x0A)
        for (index, name) in signedHeaders.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ";")) }
            bytes += name.utf8
        }
        bytes.append(0x0A)
        bytes += payloadHash.utf8
        self.bytes = bytes
    }

    /// What is signed in the end.
    func stringToSign(date: String, scope: String) -> [UInt8] {
        var text = Array("\(Authorization.algorithm)\n\(date)\n\(scope)\n".utf8)
        Hexadecimal.append(SHA256.hash(data: bytes), to: &text)
        return text
    }

    private static func path(_ path: Substring, isS3: Bool, to bytes: inout [UInt8]) {
        guard !isS3 else {
            let decoded = PercentEncoding.decodedBytes(Array(path.utf8)[...])
            if decoded.isEmpty { bytes.append(UInt8(ascii: "/")) }
            return PercentEncoding.append(decoded, keeping: "/", to: &bytes)
        }
        if path.utf8.count <= 1 { return bytes.append(UInt8(ascii: "/")) }
        var segments: [Substring] = []
        for segment in path.parts("/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        for segment in segments {
            bytes.append(UInt8(ascii: "/"))
            PercentEncoding.append(segment.utf8, to: &bytes)
        }
        if segments.isEmpty || path.hasSuffix("/") { bytes.append(UInt8(ascii: "/")) }
    }

    private static func query(_ query: Substring, to bytes: inout [UInt8]) {
        guard !query.isEmpty else { return }
        var pairs: [([UInt8], [UInt8])] = []
        for (name, value) in PercentEncoding.pairs(query, isForm: true) where name != "X-Amz-Signature" {
            var pair: ([UInt8], [UInt8]) = ([], [])
            PercentEncoding.append(name.utf8, to: &pair.0)
            PercentEncoding.append(value.utf8, to: &pair.1)
            pairs.append(pair)
        }
        pairs.sort {
            $0.0 == $1.0 ? $0.1.lexicographicallyPrecedes($1.1) : $0.0.lexicographicallyPrecedes($1.0)
        }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes += pair.0
            bytes.append(UInt8(ascii: "="))
            bytes += pair.1
        }
    }

    /// A number that equal names have in common, so that most others are passed over without a look.
    private static func mark(_ name: String) -> UInt64 {
        name.utf8.reduce(14_695_981_039_346_656_037) { mark, byte in
            (mark ^ UInt64(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)) &* 1_099_511_628_211
        }
    }

    /// A value of a header field, trimmed, runs of spaces made one.
    private static func value(_ value: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        for byte in value.utf8 {
            let isSpace = byte == 0x20 || byte == 0x09
            if isSpace, bytes.count == start || bytes.last == 0x20 { continue }
            bytes.append(isSpace ? 0x20 : byte)
        }
        if bytes.count > start, bytes.last == 0x20 { bytes.removeLast() }
    }
}

enum Secret {
    /// Whether two texts are equal, in a time that does not tell where they differ.
    static func isSame(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
