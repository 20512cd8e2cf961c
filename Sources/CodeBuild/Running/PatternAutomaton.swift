/// Finds many patterns in one pass over a text (Aho and Corasick's automaton, 1975).
struct PatternAutomaton: Sendable {
    /// By byte, the column of the table; bytes that no pattern has share column 0.
    private var column = [Int](repeating: 0, count: 256)
    private var columns = 1
    private var table: [Int32] = []
    private var depths: [Int] = [0]
    private var matches: [Int] = [0]

    /// Whether there is no pattern.
    var isEmpty: Bool { depths.count == 1 }

    /// An automaton of those patterns.
    init(_ patterns: [[UInt8]]) {
        for pattern in patterns {
            for byte in pattern where column[Int(byte)] == 0 {
                column[Int(byte)] = columns
                columns += 1
            }
        }
        table = [Int32](repeating: -1, count: columns)
        for pattern in patterns { add(pattern) }
        link()
    }

    /// The state after that byte.
    func next(_ state: Int, _ byte: UInt8) -> Int { Int(table[state * columns + column[Int(byte)]]) }

    /// The length of the longest pattern that ends here; 0 when none does.
    func match(_ state: Int) -> Int { matches[state] }

    /// How many of the last bytes may be the beginning of a pattern.
    func depth(_ state: Int) -> Int { depths[state] }

    private mutating func add(_ pattern: [UInt8]) {
        var state = 0
        for byte in pattern {
            let cell = state * columns + column[Int(byte)]
            if table[cell] < 0 {
                table[cell] = Int32(depths.count)
                depths.append(depths[state] + 1)
                matches.append(0)
                table += [Int32](repeating: -1, count: columns)
            }
            state = Int(table[cell])
        }
        matches[state] = pattern.count
    }

    /// Fills in, breadth first, where each state goes on when its patterns do not.
    private mutating func link() {
        var fallback = [Int](repeating: 0, count: depths.count)
        var queue: [Int] = []
        for cell in 0..<columns {
            if table[cell] > 0 { queue.append(Int(table[cell])) } else { table[cell] = 0 }
        }
        var place = 0
        while place < queue.count {
            let state = queue[place]
            place += 1
            matches[state] = max(matches[state], matches[fallback[state]])
            for letter in 0..<columns {
                let cell = state * columns + letter
                let other = Int(table[fallback[state] * columns + letter])
                if table[cell] < 0 {
                    table[cell] = Int32(other)
                } else {
                    fallback[Int(table[cell])] = other
                    queue.append(Int(table[cell]))
                }
            }
        }
    }
}
