package import HTTP
package import Notation

/// On whose behalf a call is made: found out from the credential, or passed on by the service that was called first.
package struct Caller: Sendable, Hashable, Codable {
    /// The account, twelve digits.
    package var account: String
    /// The region the call is for.
    package var region: String
    /// The ARN of who calls.
    package var principal: String
    /// The key the request was signed with; empty for calls of Slipway's own.
    package var accessKeyID: String
    /// The service that calls on somebody's behalf, such as `cloudformation.amazonaws.com`.
    package var invokedBy: String?
    /// What a service calls for, such as the rule or the alarm that made it call: `aws:SourceArn` in policies.
    package var sourceARN: String?

    /// A caller.
    package init(account: String, region: String, principal: String, accessKeyID: String = "", invokedBy: String? = nil)
    {
        self.account = account
        self.region = region
        self.principal = principal
        self.accessKeyID = accessKeyID
        self.invokedBy = invokedBy
    }

    /// Whether it may set a tag of that key: those that begin with `aws:` are CloudFormation's, which knows by them what is
    /// a stack's.
    package func mayTag(_ key: String) -> Bool {
        invokedBy == "cloudformation.amazonaws.com" || !key.lowercased().hasPrefix("aws:")
    }

    /// The root user of an account.
    package static func root(account: String, region: String) -> Caller {
        Caller(account: account, region: region, principal: "arn:aws:iam::\(account):root")
    }

    /// A service that calls in its own name, for something of an account's. As on AWS it may do what the policy of the
    /// thing it calls allows it, and nothing else: no identity stands behind it.
    ///
    /// - Parameter source: The ARN of what it calls for.
    package static func service(_ name: String, for source: String, account: String, region: String) -> Caller {
        var caller = Caller(account: account, region: region, principal: name, invokedBy: name)
        caller.sourceARN = source
        return caller
    }

    /// Whether this is a service that calls in its own name.
    package var isService: Bool { invokedBy == principal }

    /// The same caller, acting through a service.
    package func through(_ service: String) -> Caller {
        var caller = self
        caller.invokedBy = service
        return caller
    }

    /// `account/region/`: what the keys of regional documents begin with.
    package var scope: String { "\(account)/\(region)/" }

    /// The key of a regional document of that name.
    package func key(_ name: String) -> String { "\(account)/\(region)/\(name)" }

    /// An ARN in this account and region, such as `arn:aws:lambda:eu-west-1:123456789012:function:orders`.
    package func arn(_ service: String, _ resource: String) -> String {
        "arn:aws:\(service):\(region):\(account):\(resource)"
    }
}

/// One call at the door.
package struct Call: Sendable {
    /// The service's id, such as `lambda`.
    package let service: String
    /// The operation, such as `UpdateAlias`.
    package let operation: String
    /// Who calls.
    package let caller: Caller
    /// The call's own id, in answers and in the log.
    package let requestID: String
    /// The moment it came in.
    package let time: Timestamp
    /// The members of the input, validated against AWS's model. Blobs are base64 text, timestamps epoch seconds.
    package let input: JSON
    /// The raw body, for operations whose input has one (S3's PutObject, Lambda's Invoke).
    package let payload: HTTPBody?
    /// The address the request was sent to, such as `http://127.0.0.1:4566`: what links in answers begin with.
    package let endpoint: String
    /// Where the request came from over the network; empty for calls from inside.
    package let peer: String

    /// A call of these parts.
    package init(
        service: String, operation: String, caller: Caller, requestID: String, time: Timestamp, input: JSON,
        payload: HTTPBody? = nil, endpoint: String, peer: String = ""
    ) {
        self.service = service
        self.operation = operation
        self.caller = caller
        self.requestID = requestID
        self.time = time
        self.input = input
        self.payload = payload
        self.endpoint = endpoint
        self.peer = peer
    }
}

/// What a call brought back.
package struct Reply: Sendable {
    /// The members of the output, in the model's names.
    package var output: JSON
    /// The raw body, for operations whose output has one.
    package var payload: HTTPBody?

    /// An answer of these parts.
    package init(_ output: JSON = .object([:]), payload: HTTPBody? = nil) {
        self.output = output
        self.payload = payload
    }
}
