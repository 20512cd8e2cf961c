internal import Cloud
internal import Console
internal import IAM
internal import Ledger
internal import STS

/// Who gets in, and as whom: the parts of the house that know keys, put together.
struct Access: Sendable {
    let iam: IAMService
    let sts: STSService
    /// Stands at the front door.
    let sentry: any Guard
    /// What the command line on this machine signs with.
    let rootKey: (id: String, secret: String)
    /// Who may use the console: anyone where anyone is accepted, else whoever knows a key and its secret.
    let console: ConsoleAccess

    /// The root key is made at the first start and the same ever after.
    init(options: ServerOptions, cloud: Cloud, ledger: Ledger) async throws {
        let lasting = CredentialStore(ledger: ledger)
        let identities = IAMIdentities(
            credentials: lasting, trust: RoleTrust(ledger: ledger), acceptsUnknownRoles: options.acceptsAnyone)
        let sts = STSService(cloud: cloud, ledger: ledger, identities: identities)
        self.sts = sts
        iam = IAMService(cloud: cloud, ledger: ledger)
        guard !options.acceptsAnyone else {
            rootKey = ("test", "test")
            sentry = OpenDoor(account: options.account, region: options.region)
            console = .open(.root(account: options.account, region: options.region))
            return
        }
        let root = try await lasting.rootCredential(account: options.account)
        rootKey = (root.accessKeyID, root.secret)
        sentry = SignatureGuard(bodyLimit: options.bodyLimit) { key in
            let isTemporary = key.hasPrefix("ASIA")
            let found = isTemporary ? try await sts.credential(for: key) : try await lasting.credential(for: key)
            return found.map { KeyHolder($0) }
        }
        console = .login { [region = options.region] key, secret in
            guard let found = try? await lasting.credential(for: key), Self.same(found.secret, secret) else {
                return nil
            }
            return found.caller(region: region)
        }
    }

    /// Compares without telling by the time it takes how much was right.
    private static func same(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        return left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
