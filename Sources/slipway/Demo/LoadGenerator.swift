import Foundation
import HTTP
import NIOPosix
import Notation
import Synchronization
import Traffic

/// Users of the sample service: a steady stream of orders, some by members, some by regulars, most by guests.
final class LoadGenerator: Sendable {
    /// One answered order.
    struct Sample: Sendable {
        let time: Timestamp
        let isError: Bool
        let version: Int?
    }

    private let address: ListenAddress
    private let host: String
    private let path: String
    private let http = HTTPClient(group: .singleton)
    private let samples = Mutex<[Sample]>([])

    /// Users of the service at that URL.
    init(url: String) throws {
        guard let parts = URL(string: url), let host = parts.host else {
            throw CommandFailure("'\(url)' is no address of a function.")
        }
        address = .tcp(host: host, port: parts.port ?? 80)
        self.host = "\(host):\(parts.port ?? 80)"
        path = parts.path.isEmpty ? "/" : parts.path
    }

    /// All answers so far.
    var all: [Sample] { samples.withLock { $0 } }

    /// Sends orders, about forty a second, until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for user in 0..<8 {
                group.addTask {
                    var number = user
                    while !Task.isCancelled {
                        let start = ContinuousClock.now
                        await self.order(number)
                        number += 8
                        try? await Task.sleep(until: start + .milliseconds(200), clock: .continuous)
                    }
                }
            }
        }
    }

    private func order(_ number: Int) async {
        var order: JSON = ["lines": [["price": 4, "quantity": .int(number % 3 + 1)]]]
        if number % 5 == 0 { order["customer"] = ["tier": "member"] }
        if number % 5 == 1 { order["customer"] = ["tier": "regular"] }
        let request = HTTPRequest(
            method: "POST", target: path, fields: ["Host": host, "Content-Type": "application/json"],
            body: .bytes(order.bytes()))
        var sample = Sample(time: .present, isError: true, version: nil)
        if let response = try? await http.send(request, to: address),
            let body = try? await response.body.collected(limit: 1 << 20)
        {
            let version = (try? JSON(parsing: body))?["version"]?.int
            sample = Sample(time: .present, isError: response.status >= 400, version: version)
        }
        guard !Task.isCancelled else { return }
        samples.withLock { $0.append(sample) }
    }
}

extension Timestamp {
    /// The present moment, for commands that watch.
    static var present: Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }
}
