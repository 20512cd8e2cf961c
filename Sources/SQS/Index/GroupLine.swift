/// The messages of one group of a FIFO queue, in order. Those in flight are at the front.
struct GroupLine: Sendable {
    private var sequences: [Int64] = []
    private var start = 0
    /// How many are in flight: while some are, no others are handed out.
    var inFlight = 0

    var isEmpty: Bool { start == sequences.count }
    var head: Int64? { start < sequences.count ? sequences[start] : nil }
    var all: ArraySlice<Int64> { sequences[start...] }

    /// Adds a message behind those sent before it.
    mutating func insert(_ sequence: Int64) {
        if let last = sequences.last, last > sequence {
            let place = sequences[start...].firstIndex { $0 > sequence } ?? sequences.endIndex
            sequences.insert(sequence, at: place)
        } else {
            sequences.append(sequence)
        }
    }

    mutating func remove(_ sequence: Int64) {
        guard let place = sequences[start...].firstIndex(of: sequence) else { return }
        if place == start {
            start += 1
            if start > 64, start * 2 > sequences.count {
                sequences.removeFirst(start)
                start = 0
            }
        } else {
            sequences.remove(at: place)
        }
    }
}
