import Cloud
import Crypto
import FoundationEssentials
import Notation
import Sandbox

/// A template's inline code as the zip that Lambda takes.
enum InlineCode {
    /// The largest inline code (CloudFormation Template Reference, AWS::Lambda::Function Code: 4 MB).
    private static let limit = 4_194_304

    /// A zip, base64, of one file with that text. The same text gives the same bytes.
    static func zip(_ text: String, name: String) throws -> String {
        guard text.utf8.count <= limit else {
            throw LambdaError.invalid("Inline code must be smaller than \(limit) bytes. Put it into S3 instead.")
        }
        return Data(storedZip(Array(text.utf8), name: name)).base64EncodedString()
    }

    /// The simplest zip there is: one entry, not compressed (PKWARE's APPNOTE, sections 4.3.7 to 4.3.16).
    private static func storedZip(_ bytes: [UInt8], name: String) -> [UInt8] {
        let name = Array(name.utf8)
        func two(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }
        func four(_ value: Int) -> [UInt8] { two(value & 0xFFFF) + two(value >> 16 & 0xFFFF) }
        let (madeBy, needed, utf8Flag, firstDay) = (0x031E, 20, 0x0800, 0x21)
        var check = CRC(CRCTables.ieee)
        check.update(bytes)
        let facts =
            two(utf8Flag) + two(0) + two(0) + two(firstDay) + four(Int(check.value)) + four(bytes.count)
            + four(bytes.count) + two(name.count) + two(0)
        let local = four(0x0403_4B50) + two(needed) + facts + name + bytes
        let mode = 0o100644 << 16
        let central =
            four(0x0201_4B50) + two(madeBy) + two(needed) + facts + two(0) + two(0) + two(0) + four(mode) + four(0)
            + name
        let end =
            four(0x0605_4B50) + two(0) + two(0) + two(1) + two(1) + four(central.count) + four(local.count) + two(0)
        return local + central + end
    }
}
