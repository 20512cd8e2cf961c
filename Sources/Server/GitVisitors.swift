internal import Cloud
internal import CodeCommit
internal import IAM
internal import Ledger
internal import STS

/// Who may use git over HTTP: holders of IAM's keys, of STS's temporary ones, and of passwords for CodeCommit alone.
struct GitVisitors: GitGuests {
    private let sts: STSService
    private let lasting: CredentialStore
    private let passwords: ServiceCredentialStore
    private let options: ServerOptions
    private let authorizer: IAMAuthorizer

    init(sts: STSService, options: ServerOptions, ledger: Ledger) {
        self.sts = sts
        self.options = options
        lasting = CredentialStore(ledger: ledger)
        passwords = ServiceCredentialStore(ledger: ledger)
        authorizer = IAMAuthorizer(ledger: ledger)
    }

    func credential(for accessKeyID: String) async throws -> StoredCredential? {
        let isTemporary = accessKeyID.hasPrefix("ASIA")
        return isTemporary ? try await sts.credential(for: accessKeyID) : try await lasting.credential(for: accessKeyID)
    }

    func holder(ofUser user: String, password: String) async throws -> StoredCredential? {
        try await passwords.holder(ofUser: user, password: password, service: "codecommit.amazonaws.com")
    }

    /// With `--no-auth` everybody is the root of an account: of the one the user name is, as local tools have it, or of
    /// the house's own.
    func stranger(_ user: String, region: String) -> Caller? {
        guard options.acceptsAnyone else { return nil }
        let isAccount = user.utf8.count == 12 && user.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        return .root(account: isAccount ? user : options.account, region: region)
    }

    func authorize(_ call: Call) async throws {
        guard !options.acceptsAnyone else { return }
        try await authorizer.authorize(call)
    }
}
