/// Random numbers that come again with the same seed (SplitMix64).
package struct Chance: RandomNumberGenerator {
    private var state: UInt64

    /// The same numbers for the same seed.
    package init(_ seed: UInt64) { state = seed }

    /// The next of all numbers of 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// From 0 up to but without the bound.
    package mutating func next(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    /// Damages a text a little: bytes cut, doubled, changed, or one of the snippets put in.
    package mutating func damage(_ text: String, _ snippets: [String]) -> String {
        var bytes = Array(text.utf8)
        for _ in 0...next(4) {
            guard !bytes.isEmpty else { break }
            let start = next(bytes.count)
            let end = min(bytes.count, start + 1 + next(next(4) == 0 ? 60 : 6))
            switch next(6) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: next(bytes.count))
            case 2: bytes[start] = UInt8(next(256))
            case 3: bytes.removeSubrange(end...)
            default: bytes.insert(contentsOf: snippets[next(snippets.count)].utf8, at: start)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
