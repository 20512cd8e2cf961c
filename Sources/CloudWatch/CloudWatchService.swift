package import Cloud
package import Ledger
package import ServiceLifecycle

/// CloudWatch's front desk: metrics, metric math, alarms and dashboards.
package struct CloudWatchService: CloudService {
    package let id = "cloudwatch"
    /// Where other rooms record their metrics, without waiting.
    package let metrics: MetricStore
    /// What must run while the service is offered: the keeper of samples, the evaluator of alarms, and the carrier of
    /// their notices.
    package let services: [any Service]

    let cloud: Cloud
    let ledger: Ledger
    let book: AlarmBook
    let strict: Bool

    /// The service on that ledger.
    ///
    /// - Parameter strict: Whether alarms are judged as AWS does: once a minute (every 10 seconds for short periods),
    ///   over whole periods only, and without the periods of 1 and 5 seconds. Otherwise a datum that changes the
    ///   verdict is seen at once.
    package init(cloud: Cloud, ledger: Ledger, strict: Bool = false) {
        self.cloud = cloud
        self.ledger = ledger
        self.strict = strict
        let bell = AlarmBell()
        metrics = MetricStore(ledger: ledger, bell: bell)
        book = AlarmBook(ledger: ledger, bell: bell)
        book.notices.use(AlarmMessenger(cloud: cloud))
        services = [
            MetricKeeper(store: metrics), AlarmEvaluator(store: metrics, book: book, ledger: ledger, strict: strict),
            book.notices,
        ]
    }

    package var operations: [Operation] {
        metricOperations + alarmOperations + alarmQueryOperations + tagOperations + dashboardOperations
    }

    package var resourceTypes: [ResourceType] { [Self.alarmType, Self.compositeAlarmType, Self.dashboardType] }
}
