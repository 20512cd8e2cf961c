internal import Notation

/// Replaces secrets in a stream of bytes by `***`, as they are and in the forms in which tools print them: base64 at
/// any offset, percent-encoded, and with JSON's escapes.
///
/// Pure, and it makes no difference how the stream is cut into chunks. Line ends inside a secret are looked over, so
/// that one that a tool has wrapped is found too. Not masked: values shorter than ``shortest``, since masking every
/// `1` of a log would hide nothing and spoil all of it; and forms that only a decoder would undo, such as a cipher's.
struct SecretMasker: Sendable {
    /// Values of fewer bytes are no secrets.
    static let shortest = 4
    /// Forms of fewer bytes are looked for in one line only, and encodings of shorter values not at all.
    private static let wrapped = 8

    private let automaton: PatternAutomaton
    private var state = 0
    /// What may still turn out to be part of a secret, and whether it already did.
    private var held: [UInt8] = []
    private var isSecret: [Bool] = []
    private var lineEnds = 0
    private var endedInSecret = false

    /// A masker of those values.
    init(_ secrets: [String]) { automaton = PatternAutomaton(Self.forms(of: secrets)) }

    /// Whether there is nothing to mask.
    var isEmpty: Bool { automaton.isEmpty }

    /// A whole text, masked.
    func mask(_ text: String) -> String {
        guard !isEmpty else { return text }
        var copy = self
        copy.reset()
        return String(decoding: copy.feed(Array(text.utf8)) + copy.finish(), as: UTF8.self)
    }

    /// Takes a chunk and gives back, masked, what is certain.
    mutating func feed(_ chunk: [UInt8]) -> [UInt8] {
        guard !isEmpty else { return chunk }
        var output: [UInt8] = []
        output.reserveCapacity(chunk.count)
        for byte in chunk { take(byte) }
        emit(upTo: boundary, &output)
        return output
    }

    /// What was held back, masked as far as it was found to be secret. The stream goes on afterwards as if anew.
    mutating func finish() -> [UInt8] {
        var output: [UInt8] = []
        emit(upTo: held.count, &output)
        reset()
        return output
    }

    private mutating func reset() {
        (state, held, isSecret, lineEnds, endedInSecret) = (0, [], [], 0, false)
    }

    private mutating func take(_ byte: UInt8) {
        held.append(byte)
        isSecret.append(false)
        if byte == 0x0A || byte == 0x0D {
            lineEnds += 1
            // A blank line is in no wrapped text; and what is held back must not grow with every empty line.
            if lineEnds > 4 { state = 0 }
            return
        }
        lineEnds = 0
        state = automaton.next(state, byte)
        let length = automaton.match(state)
        if length > 0 { markMatch(length) }
    }

    /// Marks the last `length` bytes, line ends not counted, and the line ends between them.
    private mutating func markMatch(_ length: Int) {
        var left = length
        var place = held.count
        var isWrapped = false
        while left > 0, place > 0 {
            place -= 1
            if held[place] == 0x0A || held[place] == 0x0D { isWrapped = true } else { left -= 1 }
        }
        guard left == 0, !isWrapped || length >= Self.wrapped else { return }
        for index in place..<held.count { isSecret[index] = true }
    }

    /// Up to where no secret can begin any more that is not seen yet.
    private var boundary: Int {
        var left = automaton.depth(state)
        var place = held.count
        while left > 0, place > 0 {
            place -= 1
            if held[place] != 0x0A && held[place] != 0x0D { left -= 1 }
        }
        return place
    }

    private mutating func emit(upTo end: Int, _ output: inout [UInt8]) {
        for index in 0..<end {
            if !isSecret[index] {
                output.append(held[index])
            } else if !endedInSecret {
                output += [0x2A, 0x2A, 0x2A]
            }
            endedInSecret = isSecret[index]
        }
        held.removeFirst(end)
        isSecret.removeFirst(end)
    }

    // MARK: Forms

    /// Every form of the values that is looked for, without line ends.
    static func forms(of secrets: [String]) -> [[UInt8]] {
        var found: Set<[UInt8]> = []
        for secret in secrets {
            let bare = bytes(secret)
            guard bare.count >= shortest else { continue }
            found.insert(bare)
            // Tools indent the lines of a long secret, or print one of them.
            for line in secret.split(whereSeparator: \.isNewline) where line.utf8.count >= 2 * wrapped {
                found.insert(Array(line.trimmed.utf8))
            }
            guard bare.count >= 6 else { continue }
            found.insert(bytes(escaped(secret)))
            for upper in [true, false] {
                found.insert(percentEncoded(secret, upper: upper, plus: false))
                found.insert(percentEncoded(secret, upper: upper, plus: true))
            }
            for value in [Array(secret.utf8), bare] { found.formUnion(base64(value)) }
        }
        return found.filter { $0.count >= shortest }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func bytes(_ text: String) -> [UInt8] { text.utf8.filter { $0 != 0x0A && $0 != 0x0D } }

    private static func escaped(_ text: String) -> String {
        String(JSON.string(text).text().dropFirst().dropLast())
    }

    private static func percentEncoded(_ text: String, upper: Bool, plus: Bool) -> [UInt8] {
        let digit = upper ? PercentEncoding.digit : Hexadecimal.digit
        return text.utf8.flatMap { byte -> [UInt8] in
            if PercentEncoding.isUnreserved(byte) { return [byte] }
            if byte == 0x20 && plus { return [0x2B] }
            return [0x25, digit(byte >> 4), digit(byte & 15)]
        }
    }

    /// What base64 makes of the value wherever it stands in what is encoded: at each of three offsets, without the
    /// characters that its neighbours have a part in.
    private static func base64(_ value: [UInt8]) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        for offset in 0..<3 {
            let first = (offset * 8 + 5) / 6
            let end = (offset + value.count) * 8 / 6
            let text = Base64.encoded([UInt8](repeating: 0, count: offset) + value)
            guard end - first >= wrapped else { continue }
            let sure = Array(text[first..<end])
            found.insert(sure)
            found.insert(sure.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
        }
        return found
    }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
