package import Cloud
package import HTTP
package import Ledger
package import ServiceLifecycle

/// Amazon EventBridge: rules on the one log of what happened.
///
/// Every state change of every service is in the log already; rules are readers of it. Other buses, replays and the
/// ticks of schedules are entries of the same log.
package struct EventBridgeService: CloudService {
    package let id = "events"
    let cloud: Cloud
    let ledger: Ledger
    let book: RuleBook
    let clock: ScheduleClock
    let cipher: ConnectionCipher
    let replays: MachineRunner<Replay>
    private let deliveries: Deliveries
    private let reader: EventReader

    /// The service behind that door. Makes the key for the secrets of connections at first start.
    ///
    /// - Parameters:
    ///   - web: Sends what API destinations are told.
    ///   - figures: Counts what rules do, for CloudWatch.
    /// - Throws: `LedgerError` when the key cannot be read or made.
    package init(cloud: Cloud, ledger: Ledger, web: any WebSender, figures: any EventFigures = NoFigures()) throws {
        self.cloud = cloud
        self.ledger = ledger
        book = RuleBook(ledger: ledger)
        clock = ScheduleClock(ledger: ledger)
        cipher = try ConnectionCipher(folder: ledger.folder)
        replays = ReplayPerformer.runner(ledger: ledger)
        deliveries = Deliveries(ledger: ledger)
        let invoker = TargetInvoker(
            cloud: cloud, ledger: ledger,
            destinations: DestinationCaller(ledger: ledger, web: web, cipher: cipher))
        deliveries.runner.use(
            DeliveryPerformer(cloud: cloud, ledger: ledger, deliveries: deliveries, invoker: invoker, figures: figures))
        reader = EventReader(ledger: ledger, book: book, deliveries: deliveries, figures: figures)
    }

    package var operations: [Operation] {
        busOperations + ruleOperations + targetOperations + eventOperations + tagOperations + archiveOperations
            + replayOperations + connectionOperations + destinationOperations
    }

    package var resourceTypes: [ResourceType] {
        [
            Self.ruleType, Self.busType, Self.busPolicyType, Self.connectionType, Self.destinationType,
            Self.archiveType,
        ]
    }

    /// What runs for as long as the house is open. Each can stop at any moment: what is not done then is taken up by
    /// the next start.
    package var services: [any Service] { [deliveries.runner, replays, reader, clock] }
}

/// Where EventBridge's figures go. Owned here, met by the composition root.
package protocol EventFigures: Sendable {
    /// Counts one of `MatchedEvents`, `TriggeredRules`, `Invocations`, `FailedInvocations`, `RetryInvocationAttempts`,
    /// `InvocationsSentToDlq` and `InvocationsFailedToBeSentToDlq` for a rule. Returns at once.
    func count(_ name: String, rule: String, _ owner: Caller)
}

/// Counts nothing.
package struct NoFigures: EventFigures {
    /// It.
    package init() {}
    package func count(_ name: String, rule: String, _ owner: Caller) {}
}
