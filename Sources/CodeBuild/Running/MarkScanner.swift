internal import Glibc

/// Finds the marks in a program's output: everything before one is output, what is in it is the status.
///
/// Pure. A mark may be cut anywhere by the chunks in which output arrives.
struct MarkScanner {
    /// What a chunk holds, in order.
    enum Piece: Equatable {
        case output([UInt8])
        case status(Int32)
    }

    private let start: [UInt8]
    /// The beginning of what may become a mark.
    private var held: [UInt8] = []
    /// The longest mark: frame, word, space, a status of at most ten digits, frame.
    private var longest: Int { start.count + 12 }

    /// Finds marks of that word.
    init(word: String) { start = [ShellDriver.frame] + Array(word.utf8) + [0x20] }

    /// Takes a chunk and gives back what is certain.
    mutating func feed(_ chunk: [UInt8]) -> [Piece] {
        let bytes = held.isEmpty ? chunk : held + chunk
        held = []
        var pieces: [Piece] = []
        var place = 0
        var printed = 0
        while let frame = Self.index(of: ShellDriver.frame, in: bytes, from: place) {
            switch mark(bytes, at: frame) {
            case .no: place = frame + 1
            case .perhaps:
                if frame > printed { pieces.append(.output(Array(bytes[printed..<frame]))) }
                held = Array(bytes[frame...])
                return pieces
            case .yes(let status, let end):
                if frame > printed { pieces.append(.output(Array(bytes[printed..<frame]))) }
                pieces.append(.status(status))
                place = end
                printed = end
            }
        }
        if printed < bytes.count { pieces.append(.output(printed == 0 ? bytes : Array(bytes[printed...]))) }
        return pieces
    }

    /// What was held back, when no more will come.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    private enum Found {
        case no
        case perhaps
        case yes(Int32, end: Int)
    }

    private func mark(_ bytes: [UInt8], at place: Int) -> Found {
        let rest = bytes[place...]
        guard rest.prefix(start.count).elementsEqual(start.prefix(rest.count)) else { return .no }
        guard rest.count > start.count else { return .perhaps }
        var status: Int32 = 0
        for (offset, byte) in rest.dropFirst(start.count).enumerated() {
            if byte == ShellDriver.frame, offset > 0 { return .yes(status, end: place + start.count + offset + 1) }
            guard byte >= 0x30, byte <= 0x39, offset < 9 else { return .no }
            status = status * 10 + Int32(byte - 0x30)
        }
        return .perhaps
    }

    /// By the C library: output is looked through byte by byte, and there may be much of it.
    private static func index(of byte: UInt8, in bytes: [UInt8], from place: Int) -> Int? {
        guard place < bytes.count else { return nil }
        return bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress, let found = memchr(base + place, Int32(byte), bytes.count - place)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
