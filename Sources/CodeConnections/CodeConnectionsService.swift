package import Cloud
package import Ledger
package import ServiceLifecycle

/// AWS CodeConnections.
package struct CodeConnectionsService: CloudService {
    package let id = "codeconnections"
    let cloud: Cloud
    let ledger: Ledger

    /// The service behind that door.
    package init(cloud: Cloud, ledger: Ledger) {
        self.cloud = cloud
        self.ledger = ledger
    }

    package var operations: [Operation] { [] }

    /// What runs for as long as the house is open.
    package var services: [any Service] { [] }
}
