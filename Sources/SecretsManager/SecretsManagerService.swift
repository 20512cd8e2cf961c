package import Cloud
package import Ledger
package import ServiceLifecycle
internal import Vault

/// The front desk of AWS Secrets Manager.
package struct SecretsManagerService: CloudService {
    package let id = "secretsmanager"
    let cloud: Cloud
    let ledger: Ledger
    let vault: Vault
    let rotations: MachineRunner<SecretRotation>
    let clocks: MachineRunner<SecretClock>

    /// The service behind that door. Makes the key that secrets are sealed with at the first start.
    ///
    /// - Throws: `LedgerError` when the key cannot be read or made.
    package init(cloud: Cloud, ledger: Ledger) throws {
        self.cloud = cloud
        self.ledger = ledger
        vault = try Vault(folder: ledger.folder, name: "secrets")
        rotations = MachineRunner(ledger: ledger)
        clocks = MachineRunner(ledger: ledger)
        rotations.use(RotationPerformer(cloud: cloud, ledger: ledger, service: self))
        clocks.use(ClockPerformer(ledger: ledger, service: self))
    }

    package var operations: [Operation] {
        writing + reading + lifecycle + policies + passwords + rotating
    }

    package var resourceTypes: [ResourceType] { [Self.secretType, Self.policyType, Self.rotationType] }

    /// What runs for as long as the house is open: rotations, and the clocks of secrets.
    package var services: [any Service] { [rotations, clocks] }

    /// Sets the secret's clock to the moments it has now, making one if need be. A secret without moments needs none.
    func setClock(_ secret: Secret, _ owner: Caller, _ write: Transaction) throws {
        let id = owner.key("\(secret.name)-\(secret.suffix)")
        let rotation = secret.rotation?.isEnabled == true && secret.deleted == nil ? secret.rotation?.next : nil
        let event = SecretClock.Event.set(removal: secret.removal, rotation: rotation)
        if let clock = try clocks.machine(id, in: write) {
            guard clock.removal != secret.removal || clock.rotation != rotation else { return }
            try clocks.send(event, to: id, in: write)
        } else if secret.removal != nil || rotation != nil {
            let clock = SecretClock(
                account: owner.account, region: owner.region, secret: secret.name, suffix: secret.suffix)
            try clocks.begin(id, clock, with: event, in: write)
        }
    }
}
