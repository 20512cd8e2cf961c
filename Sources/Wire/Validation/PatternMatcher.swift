/// One match of a pattern against a text of bytes (when all are ASCII) or scalars.
struct PatternMatcher<Unit: UnsignedInteger & FixedWidthInteger> {
    let pattern: Pattern
    let text: UnsafeBufferPointer<Unit>
    /// Steps taken without remembering where, which is quicker and enough for nearly every text.
    private var budget: Int
    /// A bit for each pair of step and place that was tried in vain; made when the budget is spent.
    private var tried: [UInt64] = []
    private var stack: [(step: Int, place: Int)] = []

    init(pattern: Pattern, text: UnsafeBufferPointer<Unit>) {
        self.pattern = pattern
        self.text = text
        budget = 64 + 8 * text.count
    }

    mutating func matchesAll() -> Bool { run(from: 0, at: 0, to: text.count) }

    /// Whether the steps from there reach `accept`, at the end of the text where `end` is given.
    private mutating func run(from first: Int, at start: Int, to end: Int?) -> Bool {
        let base = stack.count
        stack.append((first, start))
        while stack.count > base {
            guard let (step, place) = stack.popLast() else { break }
            if follow(step, place, end) {
                stack.removeLast(stack.count - base)
                return true
            }
        }
        return false
    }

    /// Remembers a pair; false when it was tried before.
    private mutating func isNew(_ step: Int, _ place: Int) -> Bool {
        if budget > 0 {
            budget -= 1
            return true
        }
        if tried.isEmpty { tried = [UInt64](repeating: 0, count: pattern.steps.count * (text.count + 1) / 64 + 1) }
        let bit = step * (text.count + 1) + place
        if tried[bit >> 6] >> UInt64(bit & 63) & 1 == 1 { return false }
        tried[bit >> 6] |= 1 << UInt64(bit & 63)
        return true
    }

    private mutating func follow(_ first: Int, _ start: Int, _ end: Int?) -> Bool {
        var step = first
        var place = start
        while true {
            switch pattern.steps[step] {
            case .scalar(let scalar):
                guard place < text.count, UInt32(text[place]) == scalar else { return false }
                place += 1
                step += 1
            case .set(let set):
                guard place < text.count, pattern.sets[set].contains(UInt32(text[place])) else { return false }
                place += 1
                step += 1
            case .run(let set, let least, let most):
                guard isNew(step, place) else { return false }
                let count = length(ofRun: pattern.sets[set], at: place, most: most)
                guard count >= least else { return false }
                for fewer in least..<max(count, least) { stack.append((step + 1, place + fewer)) }
                place += count
                step += 1
            case .split(let preferred, let other):
                guard isNew(step, place) else { return false }
                stack.append((other, place))
                step = preferred
            case .jump(let target): step = target
            case .start:
                guard place == 0 else { return false }
                step += 1
            case .end:
                guard place == text.count else { return false }
                step += 1
            case .wordBoundary(let isNegative):
                guard isBoundary(place) != isNegative else { return false }
                step += 1
            case .look(let isBehind, let isNegative, let target):
                guard looks(from: step + 1, at: place, isBehind: isBehind) != isNegative else { return false }
                step = target
            case .accept: return end == nil || place == end
            }
        }
    }

    private func length(ofRun set: ScalarSet, at place: Int, most: Int) -> Int {
        let limit = most == .max ? text.count : min(text.count, place + most)
        var end = place
        while end < limit, set.contains(UInt32(text[end])) { end += 1 }
        return end - place
    }

    /// Matches a part of the program that ends in `accept`. What it tries is remembered apart, as it means another
    /// thing.
    private func looks(from step: Int, at place: Int, isBehind: Bool) -> Bool {
        var inner = PatternMatcher(pattern: pattern, text: text)
        guard isBehind else { return inner.run(from: step, at: place, to: nil) }
        return (0...place).contains { start in
            var inner = PatternMatcher(pattern: pattern, text: text)
            return inner.run(from: step, at: start, to: place)
        }
    }

    private func isBoundary(_ place: Int) -> Bool {
        (place > 0 && isWord(text[place - 1])) != (place < text.count && isWord(text[place]))
    }

    private func isWord(_ unit: Unit) -> Bool {
        guard let byte = UInt8(exactly: unit) else { return false }
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: return true
        default: return false
        }
    }
}
