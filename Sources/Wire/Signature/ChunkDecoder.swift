import Crypto
import HTTP
import Notation

/// Unpacks a body in `aws-chunked` encoding piece by piece, however it is cut, and checks what it promises.
///
/// Source: "Signature calculations for the authorization header: transferring payload in multiple chunks" and "...
/// including trailing headers" in the Amazon S3 API reference.
struct ChunkDecoder: Sendable {
    /// What is needed to check the chunks' signatures.
    struct Seal: Sendable {
        let key: SymmetricKey
        let date: String
        let scope: String
        /// The signature before the next: that of the request first, then each chunk's.
        var previous: String
    }

    private enum Place: Sendable {
        case size
        case data(left: Int)
        case dataEnd
        case trailer
        case done
    }

    /// Longer lines are not those of a chunk's head or a trailer.
    private static let lineLimit = 4096
    private static let trailerSignature = "x-amz-trailer-signature"
    private let decodedLength: Int?
    private let expectsTrailer: Bool
    private var seal: Seal?
    private var sums: [Checksum]
    private var place = Place.size
    private var line: [UInt8] = []
    private var hash = SHA256()
    private var chunkSignature = ""
    private var total = 0
    private var trailers: [(name: String, value: String)] = []

    init(decodedLength: Int?, seal: Seal?, trailers: [String]) {
        self.decodedLength = decodedLength
        self.seal = seal
        expectsTrailer = !trailers.isEmpty
        sums = Checksum.Algorithm.allCases.filter { algorithm in
            trailers.contains { HTTPFields.same($0, algorithm.header) }
        }.map { Checksum($0) }
    }

    /// The content in a piece of the body.
    ///
    /// - Throws: S3's error as soon as a chunk is malformed or its signature wrong.
    mutating func feed(_ piece: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(piece.count)
        var rest = piece
        while !rest.isEmpty {
            switch place {
            case .data(let left):
                let taken = rest.prefix(left)
                take(taken)
                content += taken
                rest = rest.dropFirst(left)
                place = left == taken.count ? .dataEnd : .data(left: left - taken.count)
                if left == taken.count { try endChunk() }
            case .done:
                guard rest.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) else { throw Self.malformed }
                rest = []
            case .size, .dataEnd, .trailer: if let line = try nextLine(&rest) { try follow(line) }
            }
        }
        return content
    }

    /// Checks that the body is whole.
    ///
    /// - Throws: S3's error when bytes, a checksum or a signature are missing or wrong.
    mutating func finish() throws(Fault) {
        // The empty line behind the last chunk is left out by some clients.
        if case .trailer = place, line.isEmpty, !expectsTrailer || !trailers.isEmpty { try end() }
        guard case .done = place else { throw Refusals.incompleteBody() }
    }

    private static var malformed: Fault {
        Fault("InvalidRequest", "The body is not well-formed aws-chunked content.", status: 400)
    }

    private static var mismatch: Fault {
        Fault(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing"
                + " method.", status: 403)
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        if seal != nil { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }
        for index in sums.indices { sums[index].update(bytes) }
    }

    /// The next whole line without its end; nil when it has not come yet.
    private mutating func nextLine(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> [UInt8]? {
        guard let end = rest.firstIndex(of: 0x0A) else {
            line += rest
            rest = []
            guard line.count <= Self.lineLimit else { throw Self.malformed }
            return nil
        }
        line += rest[..<end]
        rest = rest[(end + 1)...]
        if line.last == 0x0D { line.removeLast() }
        guard line.count <= Self.lineLimit else { throw Self.malformed }
        defer { line = [] }
        return line
    }

    private mutating func follow(_ line: [UInt8]) throws(Fault) {
        switch place {
        case .size: try startChunk(line)
        case .dataEnd:
            guard line.isEmpty else { throw Self.malformed }
            place = .size
        case .trailer:
            // AWS's own example has an empty line before the trailer's signature too.
            let awaitsSignature =
                seal != nil && expectsTrailer && !trailers.contains { $0.name == Self.trailerSignature }
            if !line.isEmpty { try trailer(line) } else if !awaitsSignature { try end() }
        case .data, .done: break
        }
    }

    private mutating func startChunk(_ line: [UInt8]) throws(Fault) {
        let parts = String(decoding: line, as: UTF8.self).parts(";", keepingEmpty: true)
        guard let size = parts.first.flatMap({ Int($0, radix: 16) }), size >= 0 else { throw Self.malformed }
        chunkSignature =
            parts.dropFirst().first { $0.hasPrefix("chunk-signature=") }.map { String($0.dropFirst(16)) } ?? ""
        if let decodedLength, size > decodedLength - total { throw Refusals.incompleteBody() }
        if size > 0 {
            place = .data(left: size)
        } else {
            place = .trailer
            try endChunk()
        }
    }

    /// Checks the signature of the chunk just ended, of the empty last one too.
    private mutating func endChunk() throws(Fault) {
        guard let current = seal else { return }
        let sum = Hexadecimal.encode(hash.finalize())
        hash = SHA256()
        let text =
            "AWS4-HMAC-SHA256-PAYLOAD\n\(current.date)\n\(current.scope)\n\(current.previous)\n"
            + "\(CanonicalRequest.emptyHash)\n\(sum)"
        try check(chunkSignature, text, current)
        seal?.previous = chunkSignature
    }

    private func check(_ signature: String, _ text: String, _ seal: Seal) throws(Fault) {
        let expected = SigningKeys.signature(Array(text.utf8), seal.key)
        guard Secret.isSame(expected, Array(signature.utf8)) else { throw Self.mismatch }
    }

    private mutating func trailer(_ line: [UInt8]) throws(Fault) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), trailers.count < 16 else { throw Self.malformed }
        let name = Scalar.trimmed(String(decoding: line[..<colon], as: UTF8.self)).lowercased()
        trailers.append((name, Scalar.trimmed(String(decoding: line[(colon + 1)...], as: UTF8.self))))
    }

    private mutating func end() throws(Fault) {
        if let seal, expectsTrailer {
            let signed = trailers.filter { $0.name != Self.trailerSignature }
            let block = signed.map { "\($0.name):\($0.value)\n" }.joined()
            let text =
                "AWS4-HMAC-SHA256-TRAILER\n\(seal.date)\n\(seal.scope)\n\(seal.previous)\n"
                + Hexadecimal.encode(SHA256.hash(data: Array(block.utf8)))
            try check(trailers.first { $0.name == Self.trailerSignature }?.value ?? "", text, seal)
        }
        for sum in sums {
            guard let stated = trailers.first(where: { HTTPFields.same($0.name, sum.algorithm.header) })?.value else {
                throw Fault(
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not conform to our published"
                        + " schema.")
            }
            guard stated == sum.finish() else { throw Checksum.mismatch(sum.algorithm) }
        }
        if let decodedLength, total != decodedLength { throw Refusals.incompleteBody() }
        place = .done
    }
}
