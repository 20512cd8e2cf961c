internal import CryptoExtras
internal import Foundation
internal import Notation

/// An X.509 certificate that its own key signed. Source: RFC 5280, section 4.1.
struct SelfSignedCertificate {
    /// The certificate in PEM.
    let pem: String

    /// A certificate for the key, good for thirty years.
    init(key: _RSA.Signing.PrivateKey, name: String, serial: UInt64, from now: Timestamp) throws {
        // sha256WithRSAEncryption, 1.2.840.113549.1.1.11
        let algorithm = DER.sequence([
            DER.value(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B]), DER.value(0x05, []),
        ])
        // commonName, 2.5.4.3
        let attribute = DER.sequence([DER.value(0x06, [0x55, 0x04, 0x03]), DER.value(0x0C, Array(name.utf8))])
        let subject = DER.sequence([DER.value(0x31, attribute)])
        let validity = DER.sequence([
            DER.time(now - .seconds(86_400)), DER.time(now + .seconds(30 * 365 * 86_400)),
        ])
        let body = DER.sequence([
            DER.value(0xA0, DER.value(0x02, [2])), DER.integer(serial), algorithm, subject, validity, subject,
            Array(key.publicKey.derRepresentation),
        ])
        let signature = try key.signature(for: Data(body), padding: .insecurePKCS1v1_5)
        let certificate = DER.sequence([body, algorithm, DER.value(0x03, [0] + Array(signature.rawRepresentation))])
        let text = Data(certificate).base64EncodedString()
        var lines = ["-----BEGIN CERTIFICATE-----"]
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        pem = (lines + ["-----END CERTIFICATE-----"]).joined(separator: "\n") + "\n"
    }
}

/// The few forms of DER (ITU-T X.690) that a certificate needs.
enum DER {
    /// A value of that tag.
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 128 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(rest & 0xFF), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    static func sequence(_ parts: [[UInt8]]) -> [UInt8] { value(0x30, Array(parts.joined())) }

    /// A positive integer.
    static func integer(_ number: UInt64) -> [UInt8] {
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        while bytes.count > 1, bytes[0] == 0, bytes[1] < 0x80 { bytes.removeFirst() }
        if bytes[0] >= 0x80 { bytes.insert(0, at: 0) }
        return value(0x02, bytes)
    }

    /// A time: with two digits of the year before 2050, with four after.
    static func time(_ moment: Timestamp) -> [UInt8] {
        let text = moment.iso8601().filter { $0.isNumber } + "Z"
        return moment.iso8601() < "2050" ? value(0x17, Array(text.dropFirst(2).utf8)) : value(0x18, Array(text.utf8))
    }
}
