import Ledger
import Notation

/// A function: what all its versions share, and the unpublished one.
struct Function: Codable, Sendable, Hashable {
    var name: String
    var account: String
    var region: String
    var latest: FunctionConfiguration
    /// The number the next published version gets. Numbers are never used twice.
    var nextVersion = 1
    var tags: [String: String] = [:]
    /// Reserved concurrency; nil when none is.
    var reserved: Int?
    /// Resource policies, by qualifier; the function's own under the empty one.
    var policies: [String: ResourcePolicy] = [:]
    /// How asynchronous invocations are treated, by qualifier.
    var eventInvoke: [String: EventInvokeConfiguration] = [:]
    /// Changes whenever a function of this name is made anew: what was kept warm of an older one is of no use.
    var identity = ""

    var id: FunctionName { FunctionName(account: account, region: region, name: name) }
}

/// A published version: a configuration that no longer changes.
struct FunctionVersion: Codable, Sendable, Hashable {
    var number: Int
    var configuration: FunctionConfiguration
}

/// A name that leads to one version, or by chance to one of two.
struct Alias: Codable, Sendable, Hashable {
    var name: String
    var functionVersion: String
    var description = ""
    /// The chance of versions other than `functionVersion`; AWS takes at most one.
    var weights: [String: Double] = [:]
    var revisionID = ""

    func answer(_ function: FunctionName) -> JSON {
        var answer: JSON = [
            "AliasArn": .string(function.with(name).arn), "Name": .string(name),
            "FunctionVersion": .string(functionVersion), "Description": .string(description),
            "RevisionId": .string(revisionID),
        ]
        if !weights.isEmpty {
            answer["RoutingConfig"] = [
                "AdditionalVersionWeights": .object(
                    JSONObject(weights.sorted { $0.key < $1.key }.map { ($0.key, JSON.double($0.value)) }))
            ]
        }
        return answer
    }

    /// The version an invocation runs.
    ///
    /// - Parameter draw: A random number from 0 up to, not including, 1.
    func version(draw: Double) -> String {
        var rest = draw
        for (version, weight) in weights.sorted(by: { $0.key < $1.key }) {
            if rest < weight { return version }
            rest -= weight
        }
        return functionVersion
    }
}

/// A resource policy: who else may use a function or layer.
struct ResourcePolicy: Codable, Sendable, Hashable {
    /// The statements, in the order they were added.
    var statements: [JSON] = []
    var revisionID = ""

    var text: String {
        let policy: JSON = ["Version": "2012-10-17", "Id": "default", "Statement": .array(statements)]
        return policy.text()
    }
}

/// How asynchronous invocations are treated.
struct EventInvokeConfiguration: Codable, Sendable, Hashable {
    var maximumRetries: Int?
    var maximumAgeSeconds: Int?
    var onSuccess: String?
    var onFailure: String?
    var lastModified: Timestamp

    func answer(_ arn: String) -> JSON {
        var destination: JSON = ["OnSuccess": [:], "OnFailure": [:]]
        if let onSuccess { destination["OnSuccess"] = ["Destination": .string(onSuccess)] }
        if let onFailure { destination["OnFailure"] = ["Destination": .string(onFailure)] }
        var answer: JSON = [
            "LastModified": .double(lastModified.seconds), "FunctionArn": .string(arn),
            "DestinationConfig": destination,
        ]
        if let maximumRetries { answer["MaximumRetryAttempts"] = .int(maximumRetries) }
        if let maximumAgeSeconds { answer["MaximumEventAgeInSeconds"] = .int(maximumAgeSeconds) }
        return answer
    }
}

/// An address under which a function answers HTTP.
struct FunctionURL: Codable, Sendable, Hashable {
    /// 32 letters and digits, part of the address.
    var id: String
    var account: String
    var region: String
    var function: String
    /// An alias; nil for the unpublished version.
    var qualifier: String?
    /// `NONE` or `AWS_IAM`.
    var authType: String
    /// As it was given; nil when no browser of another origin may call.
    var cors: JSON?
    var created: Timestamp
    var modified: Timestamp

    var target: FunctionName {
        FunctionName(account: account, region: region, name: function, qualifier: qualifier)
    }

    /// The configuration as the API answers it.
    func answer(endpoint: String, isNew: Bool = false) -> JSON {
        var answer: JSON = [
            "FunctionUrl": .string("\(endpoint)/_slipway/url/\(id)/"), "FunctionArn": .string(target.arn),
            "AuthType": .string(authType), "CreationTime": .string(created.iso8601(fraction: 6)),
            "InvokeMode": "BUFFERED",
        ]
        if let cors { answer["Cors"] = cors }
        if !isNew { answer["LastModifiedTime"] = .string(modified.iso8601(fraction: 6)) }
        return answer
    }
}

/// A version of a layer.
struct LayerVersion: Codable, Sendable, Hashable {
    var account: String
    var region: String
    var name: String
    var number: Int
    var description = ""
    var license: String?
    var runtimes: [String] = []
    var architectures: [String] = []
    var codeSha256: String
    var codeSize: Int
    var created: Timestamp
    var policy = ResourcePolicy()

    var layerARN: String { "arn:aws:lambda:\(region):\(account):layer:\(name)" }
    var arn: String { "\(layerARN):\(number)" }
}
