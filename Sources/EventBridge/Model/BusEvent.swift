internal import Ledger
internal import Notation

/// An event as a bus sees it.
///
/// Whatever is appended to the one log is on the default bus of its account and region. What is put on another bus,
/// handed on from one bus to another, or replayed, must not be taken for news by the log's other readers: it is logged
/// in a wrapping of EventBridge's own.
struct BusEvent: Sendable {
    /// Who is named as the source of wrapped events.
    static let source = "slipway.eventbridge"
    static let detailType = "Event On Bus"

    let bus: BusID
    /// What happened.
    let event: LedgerEvent
    /// Over how many other buses it came.
    var hops = 0
    /// The replay it belongs to, and the ARNs of the only rules that are to see it; empty for all.
    var replay: (name: String, rules: [String])?

    init(_ event: LedgerEvent, on bus: BusID, hops: Int = 0, replay: (name: String, rules: [String])? = nil) {
        self.bus = bus
        self.event = event
        self.hops = hops
        self.replay = replay
    }

    /// What the log's entry stands for.
    init(_ logged: LedgerEvent) {
        let bus = BusID(account: logged.account, region: logged.region)
        guard logged.source == Self.source, logged.detailType == Self.detailType,
            let name = logged.detail["bus"]?.string, let inner = logged.detail["event"],
            let event = try? inner.decode(LedgerEvent.self)
        else {
            self.init(logged, on: bus)
            return
        }
        self.init(
            event, on: BusID(account: bus.account, region: bus.region, name: name),
            hops: logged.detail["hops"]?.int ?? 0)
        if let replay = logged.detail["replay"]?.string {
            self.replay = (replay, (logged.detail["rules"]?.array ?? []).compactMap(\.string))
        }
    }

    /// Its entry in the log.
    ///
    /// - Parameter id: The entry's id: a second append under the same one does nothing.
    func wrapped(id: String, now: Timestamp) throws -> LedgerEvent {
        var detail: JSON = [
            "bus": .string(bus.name), "hops": .int(hops), "event": try JSON(encoding: event),
        ]
        if let replay {
            detail["replay"] = .string(replay.name)
            detail["rules"] = .array(replay.rules.map(JSON.string))
        }
        return LedgerEvent(
            id: id, time: now, source: Self.source, detailType: Self.detailType, account: bus.account,
            region: bus.region, resources: [bus.arn], detail: detail)
    }

    /// The event as rules and targets see it.
    var envelope: JSON {
        var envelope = event.envelope
        if let replay { envelope["replay-name"] = .string(replay.name) }
        return envelope
    }
}
