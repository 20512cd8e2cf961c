import Crypto
import Notation
import Synchronization

/// The keys that secrets give for a day, region and service. Each costs four HMACs, so they are kept.
struct SigningKeys: Sendable {
    private struct Name: Hashable {
        let secret: String
        let day: String
        let region: String
        let service: String
    }

    /// More than callers times regions times services of a busy installation; when full it starts afresh.
    private static let limit = 2048
    private static let kept = Mutex<[Name: SymmetricKey]>([:])

    static func key(secret: String, day: String, region: String, service: String) -> SymmetricKey {
        let name = Name(secret: secret, day: day, region: region, service: service)
        if let key = kept.withLock({ $0[name] }) { return key }
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [day, region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        let made = key
        kept.withLock { keys in
            if keys.count >= limit { keys.removeAll() }
            keys[name] = made
        }
        return made
    }

    static func signature(_ text: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        var hex: [UInt8] = []
        hex.reserveCapacity(64)
        Hexadecimal.append(HMAC<SHA256>.authenticationCode(for: text, using: key), to: &hex)
        return hex
    }
}
