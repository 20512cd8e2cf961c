internal import Cloud
internal import HTTP
internal import Notation
internal import Wire

/// Finds out who sends a request.
protocol Guard: Sendable {
    /// The caller, and the request with its chunks unpacked and a body that is checked while it is read.
    ///
    /// - Throws: `Fault` in AWS's words when the credential or the signature is not good.
    func admit(_ request: HTTPRequest, _ format: AnswerFormat, now: Timestamp) async throws -> (Caller, HTTPRequest)
}

/// Admits everyone: `--no-auth`. The account is the access key where that is twelve digits, as local tools have it.
struct OpenDoor: Guard {
    let account: String
    let region: String
    private let verifier = SignatureVerifier(bodyLimit: 0)

    init(account: String, region: String) {
        self.account = account
        self.region = region
    }

    func admit(_ request: HTTPRequest, _ format: AnswerFormat, now: Timestamp) async throws -> (Caller, HTTPRequest) {
        let taken = try verifier.trusting(request)
        let key = taken.identity?.accessKeyID ?? ""
        let isAccount = key.utf8.count == 12 && key.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        var caller = Caller.root(account: isAccount ? key : account, region: taken.identity?.region ?? region)
        caller.accessKeyID = key
        return (caller, taken.request)
    }
}

/// What belongs to an access key: its secret, and who calls with it.
struct KeyHolder: Sendable {
    let credential: Wire.Credential
    let account: String
    let principal: String

    init(_ found: StoredCredential) {
        credential = Wire.Credential(
            secret: found.secret, sessionToken: found.sessionToken, expiration: found.expires.map { Int($0.seconds) })
        account = found.account
        principal = found.principal
    }
}

/// Admits whoever signs with a known key (AWS Signature Version 4).
struct SignatureGuard: Guard {
    /// Looks a key up; nil when there is none such.
    let holder: @Sendable (_ accessKeyID: String) async throws -> KeyHolder?
    private let verifier: SignatureVerifier

    init(bodyLimit: Int, holder: @escaping @Sendable (_ accessKeyID: String) async throws -> KeyHolder?) {
        verifier = SignatureVerifier(bodyLimit: bodyLimit)
        self.holder = holder
    }

    func admit(_ request: HTTPRequest, _ format: AnswerFormat, now: Timestamp) async throws -> (Caller, HTTPRequest) {
        let verified = try await verifier.verify(request, format: format, now: Int(now.seconds)) { key in
            try await holder(key)?.credential
        }
        guard let identity = verified.identity, let holder = try await holder(identity.accessKeyID) else {
            throw Fault.internalFailure()
        }
        let caller = Caller(
            account: holder.account, region: identity.region, principal: holder.principal,
            accessKeyID: identity.accessKeyID)
        return (caller, verified.request)
    }
}
