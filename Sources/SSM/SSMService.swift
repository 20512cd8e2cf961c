package import Cloud
package import Ledger
internal import Vault

/// The front desk of Systems Manager: Parameter Store.
package struct SSMService: CloudService {
    package let id = "ssm"
    let ledger: Ledger
    let cipher: Vault

    /// A parameter store on that ledger. Makes the key for secure values at first start.
    ///
    /// - Throws: `LedgerError` when the key cannot be read or made.
    package init(ledger: Ledger) throws {
        self.ledger = ledger
        cipher = try Vault(folder: ledger.folder, name: "parameters")
    }

    package var operations: [Operation] { writing + reading + labelling + tagging }

    package var resourceTypes: [ResourceType] { [Self.parameterType] }
}
