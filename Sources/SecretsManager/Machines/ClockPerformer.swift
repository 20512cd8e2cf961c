import Cloud
import Ledger

/// Does what a secret's clock says.
struct ClockPerformer: Performer {
    typealias Engine = SecretClock

    let ledger: Ledger
    let service: SecretsManagerService

    func perform(_ command: SecretClock.Command, of id: String, key: String) async throws -> SecretClock.Event? {
        guard let clock = try await service.clocks.machine(id) else { return nil }
        let owner = Caller.root(account: clock.account, region: clock.region)
        // The same for every attempt at this command: a repeat finds the rotation begun.
        let token = Secret.token(for: key)
        try await ledger.write { write in
            guard var secret = try write.get(Secret.all, owner.key(clock.secret))?.value, secret.suffix == clock.suffix
            else { return }
            switch command {
            case .remove:
                guard let removal = secret.removal, removal <= write.now else { return }
                try write.delete(Secret.all, owner.key(secret.name))
                try service.clocks.remove(id, in: write)
            case .rotate:
                guard secret.deleted == nil, secret.rotation?.isEnabled == true else { return }
                secret.scheduleRotation(after: write.now)
                do { try service.begin(&secret, token, owner, write) } catch is AWSError {
                    // The rotation before is still under way: the schedule comes round again.
                }
                try write.put(secret, owner)
                try service.setClock(secret, owner, write)
            }
        }
        return nil
    }
}
