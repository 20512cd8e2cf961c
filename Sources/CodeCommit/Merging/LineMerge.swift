/// Brings two changed versions of a text together, line by line, as diff3 does.
///
/// Git finds the lines that each side changed; this decides what follows from both. Changes that touch one another are
/// a conflict unless they say the same, which is git's own rule for merges.
struct LineMerge: Sendable {
    /// A change that one side made to the base: which lines it took out, and how many stand there now. Lines count from
    /// 0.
    struct Change: Sendable, Hashable {
        let base: Range<Int>
        let now: Range<Int>
        var growth: Int { now.count - base.count }
    }

    /// A stretch of the three texts.
    struct Region: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            /// Nobody changed it.
            case unchanged
            /// Only the source changed it.
            case source
            /// Only the destination changed it.
            case destination
            /// Both made the same of it.
            case agreed
            /// Each made something else of it.
            case conflict
        }
        let kind: Kind
        let base: Range<Int>
        let source: Range<Int>
        let destination: Range<Int>
    }

    let base: [ArraySlice<UInt8>]
    let source: [ArraySlice<UInt8>]
    let destination: [ArraySlice<UInt8>]
    /// The texts from top to bottom.
    let regions: [Region]

    /// Merges two texts.
    init(
        base: [UInt8], source: [UInt8], destination: [UInt8], sourceChanges: [Change], destinationChanges: [Change]
    ) {
        self.base = Self.lines(base)
        self.source = Self.lines(source)
        self.destination = Self.lines(destination)
        var walk = Walk(left: sourceChanges, right: destinationChanges)
        var regions: [Region] = []
        while let step = walk.next() {
            regions.append(
                Self.judge(step, self.source, self.destination))
        }
        if let rest = walk.rest(until: self.base.count) { regions.append(rest) }
        self.regions = regions
    }

    /// The lines of a text, each with its end.
    static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            lines.append(bytes[start...end])
            start = end + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }

    /// What follows from a stretch that one side, both or neither changed.
    private static func judge(_ step: Walk.Step, _ source: [ArraySlice<UInt8>], _ destination: [ArraySlice<UInt8>])
        -> Region
    {
        let kind: Region.Kind
        switch (step.leftChanged, step.rightChanged) {
        case (false, false): kind = .unchanged
        case (true, false): kind = .source
        case (false, true): kind = .destination
        case (true, true):
            let (left, right) = (source.part(step.left), destination.part(step.right))
            kind = left.elementsEqual(right) ? .agreed : .conflict
        }
        return Region(kind: kind, base: step.base, source: step.left, destination: step.right)
    }

    /// Stretches where the sides disagree.
    var conflicts: Int { regions.count { $0.kind == .conflict } }

    /// The merged text.
    ///
    /// - Parameter side: Which side wins where they disagree.
    func text(preferring side: Region.Kind = .source) -> [UInt8] {
        var bytes: [UInt8] = []
        for region in regions {
            let takesSource = region.kind == .source || (region.kind == .conflict && side == .source)
            let lines = takesSource ? source.part(region.source) : destination.part(region.destination)
            for line in lines { bytes += line }
        }
        return bytes
    }

    /// Takes apart what `git diff -U0` printed: the heads of its hunks say all that is needed.
    static func changes(_ diff: [UInt8]) -> [Change] {
        diff.split(separator: 0x0A).compactMap { line in
            guard line.starts(with: Array("@@ -".utf8)) else { return nil }
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard parts.count >= 4, let base = range(parts[1]), let now = range(parts[2]) else { return nil }
            return Change(base: base, now: now)
        }
    }

    /// `-4,2` is lines 3 and 4 counted from 0; `-4,0` the place after the fourth line.
    private static func range(_ text: Substring) -> Range<Int>? {
        let numbers = text.dropFirst().split(separator: ",").compactMap { Int($0) }
        guard let first = numbers.first, first >= 0 else { return nil }
        let count = numbers.count > 1 ? numbers[1] : 1
        guard count >= 0 else { return nil }
        let start = count == 0 ? first : first - 1
        return start >= 0 ? start..<start + count : nil
    }
}

/// Walks down the changes of both sides together.
private struct Walk {
    struct Step {
        var base: Range<Int>
        var left: Range<Int>
        var right: Range<Int>
        var leftChanged = false
        var rightChanged = false
    }
    private var left: ArraySlice<LineMerge.Change>
    private var right: ArraySlice<LineMerge.Change>
    private var place = 0
    private var leftShift = 0
    private var rightShift = 0

    init(left: [LineMerge.Change], right: [LineMerge.Change]) {
        self.left = left[...]
        self.right = right[...]
    }

    /// The next stretch: unchanged lines up to the next change, or that change with all that touch it.
    mutating func next() -> Step? {
        let starts = [left.first?.base.lowerBound, right.first?.base.lowerBound].compactMap { $0 }
        guard let start = starts.min() else { return nil }
        if start > place { return unchanged(until: start) }
        var end = start
        var (leftGrowth, rightGrowth) = (0, 0)
        var step = Step(base: start..<start, left: 0..<0, right: 0..<0)
        var goesOn = true
        while goesOn {
            goesOn = false
            // What touches a change of the other side belongs to it; the first one begins the stretch.
            if let change = left.first, change.base.lowerBound <= end,
                step.rightChanged || change.base.lowerBound == start
            {
                end = max(end, change.base.upperBound)
                leftGrowth += change.growth
                step.leftChanged = true
                left.removeFirst()
                goesOn = true
            }
            if let change = right.first, change.base.lowerBound <= end,
                step.leftChanged || change.base.lowerBound == start
            {
                end = max(end, change.base.upperBound)
                rightGrowth += change.growth
                step.rightChanged = true
                right.removeFirst()
                goesOn = true
            }
        }
        step.base = start..<end
        step.left = start + leftShift..<end + leftShift + leftGrowth
        step.right = start + rightShift..<end + rightShift + rightGrowth
        leftShift += leftGrowth
        rightShift += rightGrowth
        place = end
        return step
    }

    /// The lines up to there, which nobody changed.
    private mutating func unchanged(until end: Int) -> Step {
        defer { place = end }
        return Step(
            base: place..<end, left: place + leftShift..<end + leftShift, right: place + rightShift..<end + rightShift)
    }

    /// The unchanged lines after the last change.
    mutating func rest(until end: Int) -> LineMerge.Region? {
        guard place < end else { return nil }
        let step = unchanged(until: end)
        return .init(kind: .unchanged, base: step.base, source: step.left, destination: step.right)
    }
}

extension Array {
    /// That part of it, as far as it goes: what git says of a text and the text itself come from two reads.
    func part(_ range: Range<Int>) -> ArraySlice<Element> { self[range.clamped(to: 0..<count)] }
}
