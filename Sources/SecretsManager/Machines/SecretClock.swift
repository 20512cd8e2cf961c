import Ledger
import Notation

/// What time brings to one secret: its end, when the recovery window is over, and the rotations that its schedule
/// wants.
///
/// What was missed while Slipway was down is done at the next start.
struct SecretClock: Machine {
    enum Event: Codable, Sendable, Hashable {
        /// The moments, as the secret has them now.
        case set(removal: Timestamp?, rotation: Timestamp?)
        case woken
    }

    enum Command: Codable, Sendable, Hashable {
        case remove
        case rotate
    }

    static let kind = "secretsmanager.clock"
    static let woken = Event.woken

    let account: String
    let region: String
    /// The secret's name.
    let secret: String
    /// The six characters that end its ARN: another secret of the name has a clock of its own.
    let suffix: String
    private(set) var removal: Timestamp?
    private(set) var rotation: Timestamp?

    init(account: String, region: String, secret: String, suffix: String) {
        self.account = account
        self.region = region
        self.secret = secret
        self.suffix = suffix
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var reaction = Reaction<Command>()
        switch event {
        case .set(let removal, let rotation):
            self.removal = removal
            self.rotation = rotation
        case .woken:
            if let removal, removal <= now {
                self.removal = nil
                reaction.commands = [.remove]
            } else if let rotation, rotation <= now {
                // The rotation's own change of the secret sets the next one.
                self.rotation = nil
                reaction.commands = [.rotate]
            }
        }
        reaction.wake = [self.removal, self.rotation].compactMap(\.self).min().map { .at($0) } ?? .never
        return reaction
    }
}
