package import Cloud
package import Ledger
internal import Notation
package import ServiceLifecycle

/// CloudWatch Logs' front desk: groups, streams, events, filters.
package struct LogsService: CloudService {
    package let id = "logs"
    /// Where other rooms write their lines, without waiting.
    package let store: LogStore
    /// What must run while the service is offered: the keeper of lines, and the carrier of deliveries.
    package let services: [any Service]

    let cloud: Cloud
    let ledger: Ledger

    /// The service on that ledger; what metric filters find goes to `metrics`.
    package init(cloud: Cloud, ledger: Ledger, metrics: any MetricRecording) {
        self.cloud = cloud
        self.ledger = ledger
        let deliveries = LogDeliveries.runner(cloud: cloud, ledger: ledger)
        store = LogStore(ledger: ledger, dispatcher: FilterDispatcher(metrics: metrics, deliveries: deliveries))
        services = [LogKeeper(store: store), deliveries]
    }

    package var operations: [Operation] {
        groupOperations + streamOperations + [putLogEvents, getLogEvents, filterLogEvents] + tagOperations
            + metricFilterOperations + subscriptionFilterOperations
    }

    package var resourceTypes: [ResourceType] {
        [Self.groupType, Self.streamType, Self.metricFilterType, Self.subscriptionFilterType]
    }
}
