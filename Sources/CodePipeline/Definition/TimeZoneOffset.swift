internal import Foundation
internal import Notation

/// How far a time zone's clocks are from UTC, at any moment.
struct TimeZoneOffset: Sendable {
    private let zone: TimeZone

    /// The zone of that name (`Europe/Berlin`, `UTC`) or offset (`+02:00`); nil when there is none.
    init?(_ text: String) {
        if let zone = TimeZone(identifier: text) {
            self.zone = zone
            return
        }
        let sign = text.hasPrefix("-") ? -1 : 1
        let parts = text.drop { $0 == "+" || $0 == "-" || $0.isLetter }.split(separator: ":").compactMap { Int($0) }
        guard text.hasPrefix("+") || text.hasPrefix("-") || text.hasPrefix("UTC") || text.hasPrefix("GMT"),
            let hours = parts.first, hours <= 18, parts.count <= 2,
            let zone = TimeZone(secondsFromGMT: sign * (hours * 3600 + (parts.count == 2 ? parts[1] * 60 : 0)))
        else { return nil }
        self.zone = zone
    }

    func callAsFunction(_ moment: Timestamp) -> Duration {
        .seconds(zone.secondsFromGMT(for: Date(timeIntervalSince1970: moment.seconds)))
    }
}
