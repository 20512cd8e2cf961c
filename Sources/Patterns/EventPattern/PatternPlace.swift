internal import Notation

/// Finds where in a JSON text a value stands, for messages. The text is known to be JSON.
struct PatternPlace {
    private let bytes: [UInt8]
    private var at = 0

    /// The byte behind the value's token, or behind a text's opening quote, which is where AWS's reader stands when it
    /// complains. The end of the text when there is no such value.
    static func offset(of path: Path, in text: String) -> Int {
        var place = PatternPlace(bytes: Array(text.utf8))
        guard place.descend(path.steps[...]) else { return place.bytes.count }
        if place.next == UInt8(ascii: "\"") { return place.at + 1 }
        place.skipValue()
        return place.at
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { at += 1 }
    }

    private mutating func descend(_ steps: ArraySlice<Path.Step>) -> Bool {
        skipSpace()
        guard let step = steps.first else { return next != nil }
        let isObject = next == UInt8(ascii: "{")
        at += 1
        var index = 0
        while true {
            skipSpace()
            guard let byte = next, byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") else { return false }
            if byte == UInt8(ascii: ",") {
                at += 1
                continue
            }
            let start = at
            if isObject {
                skipText()
                skipSpace()
                at += 1
                skipSpace()
            }
            if fits(step, index, start) { return descend(steps.dropFirst()) }
            skipValue()
            index += 1
        }
    }

    private func fits(_ step: Path.Step, _ index: Int, _ start: Int) -> Bool {
        switch step {
        case .index(let wanted): return index == wanted
        case .key(let wanted):
            guard bytes[start] == UInt8(ascii: "\"") else { return false }
            let end = bytes[start..<at].lastIndex(of: UInt8(ascii: "\"")) ?? start
            return (try? JSON(parsing: Array(bytes[start...end])))?.string == wanted
        }
    }

    private mutating func skipText() {
        at += 1
        while let byte = next, byte != UInt8(ascii: "\"") { at += byte == UInt8(ascii: "\\") ? 2 : 1 }
        at = min(at + 1, bytes.count)
    }

    /// Moves behind the value, whatever it holds.
    private mutating func skipValue() {
        var depth = 0
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                skipText()
                if depth == 0 { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return
                }
            case UInt8(ascii: ","): if depth == 0 { return }
            default: break
            }
            at += 1
        }
    }
}
