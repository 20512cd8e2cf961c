internal import Cloud
internal import Crypto
internal import FoundationEssentials
internal import HTTP
internal import Ledger
internal import Notation

/// An object's checksum as it is kept and shown.
struct Checksum: Codable, Sendable, Hashable {
    var algorithm: ChecksumAlgorithm
    /// Base64; of a composite one with `-N` for its N parts.
    var value: String
    /// `FULL_OBJECT` or `COMPOSITE`.
    var type: String

    /// The members of an answer that show it.
    var members: JSONObject { [algorithm.member: .string(value), "ChecksumType": .string(type)] }
}

/// What a body must turn out to be: the digests that came with it, and the one to be kept.
struct BodyDigest {
    let kept: ChecksumAlgorithm
    private let declared: [ChecksumAlgorithm: String]
    private let contentMD5: String?
    private let declaredLength: Int?
    private var md5 = Insecure.MD5()
    private var running: [ChecksumAlgorithm: any RunningDigest] = [:]
    private var length = 0

    /// What the input of PutObject or UploadPart says of its body. CRC64NVME is kept unless it asks for another
    /// checksum.
    ///
    /// - Throws: `InvalidDigest` and `InvalidRequest` as S3 does.
    init(_ input: JSON, default fallback: ChecksumAlgorithm = .crc64) throws {
        var declared: [ChecksumAlgorithm: String] = [:]
        for algorithm in ChecksumAlgorithm.allCases {
            guard let value = input[algorithm.member]?.string else { continue }
            guard Data(base64Encoded: value)?.count == algorithm.byteCount else {
                throw S3Error.invalidRequest(
                    "Value for x-amz-checksum-\(algorithm.rawValue.lowercased()) header is invalid.")
            }
            declared[algorithm] = value
        }
        guard declared.count <= 1 else {
            throw S3Error.invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        contentMD5 = input["ContentMD5"]?.string
        if let contentMD5, Data(base64Encoded: contentMD5)?.count != 16 {
            throw AWSError("InvalidDigest", "The Content-MD5 you specified was invalid.")
        }
        declaredLength = input["ContentLength"]?.int
        kept = try declared.keys.first ?? ChecksumAlgorithm(named: input["ChecksumAlgorithm"]) ?? fallback
        self.declared = declared
        running[kept] = kept.makeDigest()
    }

    /// Also computes that one, whatever the body came with.
    mutating func add(_ algorithm: ChecksumAlgorithm) {
        if running[algorithm] == nil { running[algorithm] = algorithm.makeDigest() }
    }

    mutating func update(_ piece: [UInt8]) {
        length += piece.count
        md5.update(data: piece)
        for algorithm in running.keys { running[algorithm]?.update(piece) }
    }

    /// - Throws: `BadDigest` or `IncompleteBody` when the body is not what was announced.
    func check() throws {
        if let declaredLength, declaredLength != length {
            throw AWSError(
                "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."
            )
        }
        if let contentMD5, Data(base64Encoded: contentMD5) != Data(md5Bytes) {
            throw AWSError("BadDigest", "The Content-MD5 you specified did not match what we received.")
        }
        for (algorithm, value) in declared where checksum(algorithm) != value {
            throw AWSError(
                "BadDigest", "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
        }
    }

    private var md5Bytes: [UInt8] { Array(md5.finalize()) }

    /// The entity tag of a body in one piece: its MD5 in hexadecimal.
    var etag: String { Hexadecimal.encode(md5Bytes) }

    /// The value of that algorithm, base64; nil when it was not computed.
    func checksum(_ algorithm: ChecksumAlgorithm) -> String? {
        running[algorithm].map { Data($0.bytes).base64EncodedString() }
    }

    /// The checksum that is kept with the object.
    var result: Checksum? { checksum(kept).map { Checksum(algorithm: kept, value: $0, type: "FULL_OBJECT") } }
}

extension ChecksumAlgorithm {
    /// The algorithm an input names; nil when it names none.
    ///
    /// - Throws: a refusal naming an algorithm that Slipway does not compute.
    init?(named value: JSON?) throws {
        guard let name = value?.string else { return nil }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else {
            throw name.uppercased().hasPrefix("XXHASH")
                ? AWSError.notImplemented("the checksum algorithm \(name) of s3")
                : S3Error.invalidRequest(
                    "Checksum algorithm provided is unsupported. Please try again with any of the valid types.")
        }
        self = algorithm
    }
}
