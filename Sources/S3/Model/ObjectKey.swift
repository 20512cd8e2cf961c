internal import Cloud
internal import Notation

/// An object's name, and how documents are keyed by it.
///
/// S3 orders and compares keys by their bytes in UTF-8. Swift compares texts by meaning ("é" is one text however it is
/// composed), so keys are stored in an ASCII form whose order is that of the bytes: what is not plain ASCII is
/// written as `~` and two hexadecimal digits.
struct ObjectKey: Sendable, Hashable {
    /// As the client wrote it.
    let text: String
    /// In the form for documents.
    let stored: String

    /// Ends a key where more follows. Lower than anything a stored key may contain.
    static let end = "\u{1}"

    init(_ text: String) {
        self.text = text
        stored = Self.stored(text)
    }

    /// The key of an input, checked.
    ///
    /// - Throws: `KeyTooLongError` beyond 1,024 bytes.
    init(checking text: String) throws {
        guard text.utf8.count <= 1024 else {
            throw AWSError(
                "KeyTooLongError", "Your key is too long",
                members: ["Size": .string(String(text.utf8.count)), "MaxSizeAllowed": "1024"])
        }
        self.init(text)
    }

    static func stored(_ text: String) -> String {
        // Plain keys, nearly all, are their own stored form.
        if text.utf8.allSatisfy({ $0 > 2 && $0 < 0x7E }) { return text }
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0...2: bytes += [2, digits[Int(byte)]]
            case 0x7E: bytes += [0x7E, digits[0]]
            case 0x7F: bytes += [0x7E, digits[1]]
            case 0x80...: bytes += [0x7E, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func == (left: ObjectKey, right: ObjectKey) -> Bool { left.stored == right.stored }
    func hash(into hasher: inout Hasher) { hasher.combine(stored) }

    /// The document key of the current object.
    func document(in bucket: String) -> String { bucket + "/" + stored }

    /// What the document keys of its versions begin with.
    func versions(in bucket: String) -> String { bucket + "/" + stored + Self.end }
}
