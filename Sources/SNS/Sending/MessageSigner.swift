internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import Ledger
internal import Notation

/// Signs messages with a key of this Slipway's own, whose certificate is served under the endpoint.
///
/// Receivers can check with it that a message comes from this server. Verifiers that insist on AWS's own host names
/// have to be told of the endpoint. Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS
/// messages".
struct MessageSigner: Sendable {
    /// Key and certificate, both in PEM.
    private struct Pair: Codable, Sendable {
        let key: String
        let certificate: String
    }
    private static let file = "/keys/sns-signing.json"

    private let key: _RSA.Signing.PrivateKey
    /// The certificate in PEM.
    let certificate: String
    /// The path it is served under.
    let certificatePath: String

    /// Reads key and certificate from the data folder, or makes them, readable by their owner alone.
    ///
    /// - Throws: `LedgerError` `.unusable` when they cannot be read or made.
    init(ledger: Ledger) throws {
        let path = ledger.folder + Self.file
        let pair: Pair
        if let data = FileManager.default.contents(atPath: path) {
            do { pair = try JSON(parsing: Array(data)).decode(Pair.self) } catch {
                throw LedgerError(.unusable, "\(path) holds no key. Remove it to have a new one made.")
            }
        } else {
            pair = try Self.make(path, ledger)
        }
        do { key = try _RSA.Signing.PrivateKey(pemRepresentation: pair.key) } catch {
            throw LedgerError(.unusable, "\(path) holds no key. Remove it to have a new one made.")
        }
        certificate = pair.certificate
        let mark = SHA256.hash(data: Data(pair.certificate.utf8)).prefix(16)
        certificatePath = "/SimpleNotificationService-" + Hexadecimal.encode(mark) + ".pem"
    }

    private static func make(_ path: String, _ ledger: Ledger) throws -> Pair {
        do {
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let certificate = try SelfSignedCertificate(
                key: key, name: "sns.slipway.local", serial: ledger.surroundings.chance.next() >> 1,
                from: ledger.surroundings.now)
            let pair = Pair(key: key.pemRepresentation, certificate: certificate.pem)
            try DurableFiles.makeFolder((path as NSString).deletingLastPathComponent, below: ledger.folder)
            try DurableFiles.write(try JSON.bytes(encoding: pair), to: path)
            return pair
        } catch {
            throw LedgerError(.unusable, "A key for messages cannot be written to \(path): \(error)")
        }
    }

    // MARK: Signatures

    /// The signature of a message's document, as base64.
    func signature(of json: JSON, version: String) throws -> String {
        let data = Data(Self.canonical(json).utf8)
        let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
        let signature =
            version == "2"
            ? try key.signature(for: SHA256.hash(data: data), padding: padding)
            : try key.signature(for: Insecure.SHA1.hash(data: data), padding: padding)
        return signature.rawRepresentation.base64EncodedString()
    }

    /// The members that are signed, each name and value on a line of its own.
    static func canonical(_ json: JSON) -> String {
        let isNotification = json["Type"] == "Notification"
        let names =
            isNotification
            ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
            : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        return names.compactMap { name in json[name]?.string.map { "\(name)\n\($0)\n" } }.joined()
    }
}
