internal import Notation

extension Delivery {
    /// The share of traffic it had, times the minutes it had it, until a good version served all again.
    ///
    /// Of several aliases the one that was exposed most counts: their traffics cannot be added up.
    func exposure(until end: Timestamp) -> Double {
        var most = exposed.map { minutes($0, end) } ?? 0
        for shift in shifts {
            var (sum, before): (Double, Shift.Point?) = (0, nil)
            for point in shift.points where point.time <= end {
                if let before { sum += Double(before.weight) / 100 * minutes(before.time, point.time) }
                before = point
            }
            if let before { sum += Double(before.weight) / 100 * minutes(before.time, end) }
            most = max(most, sum)
        }
        return most
    }

    private func minutes(_ start: Timestamp, _ end: Timestamp) -> Double { max(0, (end - start).inSeconds / 60) }

    /// The largest share of traffic it had, in percent.
    var peak: Int {
        let shifted = shifts.flatMap(\.points).map(\.weight).max() ?? 0
        return exposed != nil || (state == .succeeded && shifts.isEmpty) ? 100 : shifted
    }
}
