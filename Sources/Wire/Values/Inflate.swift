internal import Notation

/// Unpacks gzip (RFC 1952) bodies, which clients send for large calls of PutMetricData.
struct Inflate {
    enum Failure: Error, Sendable, Hashable {
        /// Not gzip, or damaged.
        case damaged
        /// It unpacks to more than the reader accepts.
        case tooLarge
    }

    private let input: [UInt8]
    private let limit: Int
    private var at = 0
    private var held: UInt32 = 0
    private var heldCount: UInt32 = 0
    private var output: [UInt8] = []

    /// The unpacked bytes. The checksum at the end is looked at.
    static func gzip(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var inflate = Inflate(bytes, limit: limit)
        try inflate.header()
        try inflate.blocks()
        let sum = Checksum.value(of: inflate.output, .crc32)
        guard bytes.count >= inflate.at + 8 else { throw .damaged }
        guard sum == Base64.encode(bytes[inflate.at..<inflate.at + 4].reversed()) else { throw .damaged }
        return inflate.output
    }

    private init(_ input: [UInt8], limit: Int) {
        self.input = input
        self.limit = limit
    }

    private mutating func header() throws(Failure) {
        guard input.count >= 18, input[0] == 0x1F, input[1] == 0x8B, input[2] == 8 else { throw .damaged }
        let flags = input[3]
        at = 10
        if flags & 4 != 0 { at += 2 + Int(input[at]) + Int(input[at + 1]) << 8 }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {
            guard at < input.count, let end = input[at...].firstIndex(of: 0) else { throw .damaged }
            at = end + 1
        }
        if flags & 2 != 0 { at += 2 }
        guard at < input.count else { throw .damaged }
    }

    private mutating func bits(_ count: UInt32) throws(Failure) -> Int {
        while heldCount < count {
            guard at < input.count else { throw .damaged }
            held |= UInt32(input[at]) << heldCount
            heldCount += 8
            at += 1
        }
        defer {
            held >>= count
            heldCount -= count
        }
        return Int(held & ((1 << count) - 1))
    }

    private mutating func blocks() throws(Failure) {
        var isLast = false
        while !isLast {
            isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: try stored()
            case 1: try packed(Huffman.fixedLetters, Huffman.fixedDistances)
            case 2:
                let (letters, distances) = try tables()
                try packed(letters, distances)
            default: throw .damaged
            }
        }
    }

    private mutating func stored() throws(Failure) {
        held = 0
        heldCount = 0
        guard at + 4 <= input.count else { throw .damaged }
        let count = Int(input[at]) | Int(input[at + 1]) << 8
        guard count == ~(Int(input[at + 2]) | Int(input[at + 3]) << 8) & 0xFFFF else { throw .damaged }
        at += 4
        guard at + count <= input.count else { throw .damaged }
        guard output.count + count <= limit else { throw .tooLarge }
        output += input[at..<at + count]
        at += count
    }

    private mutating func symbol(_ table: Huffman) throws(Failure) -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            code |= try bits(1)
            let count = table.counts[length]
            if code - first < count { return table.symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw .damaged
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthExtra: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]

    private mutating func packed(_ letters: Huffman, _ distances: Huffman) throws(Failure) {
        while true {
            let letter = try symbol(letters)
            if letter == 256 { return }
            if letter < 256 {
                guard output.count < limit else { throw .tooLarge }
                output.append(UInt8(letter))
                continue
            }
            guard letter - 257 < Self.lengthBase.count else { throw .damaged }
            let length = Self.lengthBase[letter - 257] + (try bits(Self.lengthExtra[letter - 257]))
            let code = try symbol(distances)
            guard code < Self.distanceBase.count else { throw .damaged }
            let distance = Self.distanceBase[code] + (try bits(code < 4 ? 0 : UInt32(code / 2 - 1)))
            guard distance <= output.count else { throw .damaged }
            guard output.count + length <= limit else { throw .tooLarge }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private mutating func tables() throws(Failure) -> (Huffman, Huffman) {
        let letterCount = try bits(5) + 257
        let distanceCount = try bits(5) + 1
        let codeCount = try bits(4) + 4
        guard letterCount <= 286, distanceCount <= 30 else { throw .damaged }
        var lengths = [Int](repeating: 0, count: 19)
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        for place in order.prefix(codeCount) { lengths[place] = try bits(3) }
        let codes = Huffman(lengths)
        var all: [Int] = []
        while all.count < letterCount + distanceCount {
            let code = try symbol(codes)
            switch code {
            case 0..<16: all.append(code)
            case 16:
                guard let last = all.last else { throw .damaged }
                all += [Int](repeating: last, count: try bits(2) + 3)
            case 17: all += [Int](repeating: 0, count: try bits(3) + 3)
            default: all += [Int](repeating: 0, count: try bits(7) + 11)
            }
        }
        guard all.count == letterCount + distanceCount else { throw .damaged }
        return (Huffman(Array(all[..<letterCount])), Huffman(Array(all[letterCount...])))
    }
}

/// A canonical Huffman code: how many codes there are of each length, and their symbols in order.
struct Huffman: Sendable {
    let counts: [Int]
    let symbols: [Int]

    init(_ lengths: [Int]) {
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        self.counts = counts
        symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    }

    static let fixedLetters = Huffman(
        [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
            + [Int](repeating: 8, count: 8))
    static let fixedDistances = Huffman([Int](repeating: 5, count: 30))
}
