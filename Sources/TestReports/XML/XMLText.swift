/// Why a text is not XML that is read here, and where.
package struct XMLReportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in a few words.
    package let message: String
    /// The line, counted from 1.
    package let line: Int
    package var description: String { "\(message) (line \(line))" }
}

/// Brings bytes of an XML document to UTF-8, by their first bytes and the encoding the document declares.
enum XMLText {
    /// The document in UTF-8, without a byte order mark.
    ///
    /// - Throws: ``XMLReportError`` for encodings that are not known.
    static func utf8(_ bytes: [UInt8]) throws(XMLReportError) -> [UInt8] {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
        if bytes.starts(with: [0xFF, 0xFE]) { return wide(bytes.dropFirst(2), isLittle: true) }
        if bytes.starts(with: [0xFE, 0xFF]) { return wide(bytes.dropFirst(2), isLittle: false) }
        switch declared(bytes) {
        case nil, "utf-8", "utf8", "us-ascii", "ascii", "utf-16": return bytes
        case "iso-8859-1", "latin1", "windows-1252", "iso-8859-15":
            return Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)
        case let other?: throw XMLReportError(message: "the encoding '\(other)' is not read", line: 1)
        }
    }

    private static func wide(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var place = bytes.startIndex
        while place + 1 < bytes.endIndex {
            let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
            units.append(isLittle ? second << 8 | first : first << 8 | second)
            place += 2
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// The encoding named in the first line; nil when none is.
    private static func declared(_ bytes: [UInt8]) -> String? {
        let head = String(decoding: bytes.prefix(200), as: UTF8.self)
        guard head.hasPrefix("<?xml"), let end = head.firstRange(of: "?>"),
            let name = head[..<end.lowerBound].firstRange(of: "encoding")
        else { return nil }
        let rest = head[name.upperBound..<end.lowerBound].drop { $0 == "=" || $0 == " " }
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return rest.dropFirst().prefix { $0 != quote }.lowercased()
    }
}
