package import Notation

/// A line of a function's log.
package struct LogLine: Sendable, Hashable {
    /// When it was printed.
    package let time: Timestamp
    /// What was printed, without the line's end.
    package let message: String
}

/// Where the lines that functions print go. Met by the composition root, with CloudWatch Logs behind it.
package protocol LogSink: Sendable {
    /// Keeps the lines in that stream, making group and stream when they are missing.
    ///
    /// Called by one task, batch after batch in order. What it throws is logged, and the batch is lost.
    func write(
        _ lines: [LogLine], group: String, stream: String, account: String, region: String
    ) async throws
}

/// Figures about functions, to be added to CloudWatch's.
package struct MetricBatch: Sendable, Hashable {
    /// One figure.
    package struct Value: Sendable, Hashable {
        /// The metric's name, such as `Duration`.
        package let name: String
        /// CloudWatch's word for its unit, such as `Milliseconds`.
        package let unit: String
        /// The figure.
        package let value: Double
    }

    /// One dimension of a metric.
    package struct Dimension: Sendable, Hashable {
        /// Such as `FunctionName`.
        package let name: String
        /// Such as `orders`.
        package let value: String
    }

    /// The account.
    package let account: String
    /// The region.
    package let region: String
    /// Always `AWS/Lambda`.
    package var namespace: String { "AWS/Lambda" }
    /// The moment the figures are of: for errors the invocation's start.
    package let time: Timestamp
    /// Every value counts under every one of these sets; the empty set is the account's total.
    package let dimensionSets: [[Dimension]]
    /// The figures.
    package let values: [Value]
}

/// Where functions' figures go. Met by the composition root, with CloudWatch behind it.
package protocol MetricSink: Sendable {
    /// Adds the figures. Called for every invocation: must not wait.
    func add(_ batch: MetricBatch)
}

/// What a function signs its own calls with.
package struct FunctionCredentials: Sendable {
    /// The key's id.
    package let accessKeyID: String
    /// The key itself.
    package let secretAccessKey: String
    /// The session's token.
    package let sessionToken: String
    /// When they end.
    package let expiration: Timestamp

    /// Credentials.
    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String, expiration: Timestamp) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

/// Hears at once what became of asynchronous invocations. Met by the composition root for CodeDeploy's hooks.
package protocol AsyncInvocationObserver: Sendable {
    /// An attempt has failed: with an error of the function's, or because it could not be invoked.
    ///
    /// May be told twice of the same attempt, after a crash.
    func asyncAttemptFailed(_ failure: AsyncFailure) async
}

/// One failed attempt at an asynchronous invocation.
package struct AsyncFailure: Sendable, Hashable {
    /// The invocation's id, as its caller was told.
    package let requestID: String
    /// The function's ARN, as it was asked for.
    package let functionARN: String
    /// What it was invoked with.
    package let payload: [UInt8]
    /// Which attempt, from 1.
    package let attempt: Int
    /// Whether there will be another one.
    package let willRetry: Bool
    /// The error's type and message, such as `ValueError: no such order`.
    package let error: String
}
