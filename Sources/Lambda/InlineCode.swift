import Cloud
import Crypto
import FoundationEssentials
import Notation
import Sandbox

/// A template's inline code as the zip that Lambda takes.
enum InlineCode {
    /// The largest inline code (CloudFormation Template Reference, AWS::Lambda::Function Code: 4 MB).
    private static let limit = 4_194_304

    /// A zip, base64, of files with those texts, the function's own first. The same texts give the same bytes.
    static func zip(_ files: [(name: String, text: String)]) throws -> String {
        guard files.first?.text.utf8.count ?? 0 <= limit else {
            throw LambdaError.invalid("Inline code must be smaller than \(limit) bytes. Put it into S3 instead.")
        }
        return Data(storedZip(files.map { (Array($0.name.utf8), Array($0.text.utf8)) })).base64EncodedString()
    }

    /// The simplest zip there is: nothing compressed (PKWARE's APPNOTE, sections 4.3.7 to 4.3.16).
    private static func storedZip(_ files: [(name: [UInt8], bytes: [UInt8])]) -> [UInt8] {
        let (madeBy, needed, utf8Flag, firstDay) = (0x031E, 20, 0x0800, 0x21)
        let mode = 0o100644 << 16
        var (entries, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in files {
            var check = CRC(CRCTables.ieee)
            check.update(bytes)
            let facts =
                two(utf8Flag) + two(0) + two(0) + two(firstDay) + four(Int(check.value)) + four(bytes.count)
                + four(bytes.count) + two(name.count) + two(0)
            let place = four(entries.count)
            directory +=
                four(0x0201_4B50) + two(madeBy) + two(needed) + facts + two(0) + two(0) + two(0) + four(mode) + place
                + name
            entries += four(0x0403_4B50) + two(needed) + facts + name + bytes
        }
        let end =
            four(0x0605_4B50) + two(0) + two(0) + two(files.count) + two(files.count) + four(directory.count)
            + four(entries.count) + two(0)
        return entries + directory + end
    }

    private static func two(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }

    private static func four(_ value: Int) -> [UInt8] { two(value & 0xFFFF) + two(value >> 16 & 0xFFFF) }
}
