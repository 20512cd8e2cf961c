internal import Cloud
internal import Notation

/// How often, and how long after one another, a delivery is tried again.
///
/// Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries".
struct RetryPolicy: Codable, Sendable, Hashable {
    /// How pauses grow from the shortest to the longest.
    enum Backoff: String, Codable, Sendable { case linear, arithmetic, geometric, exponential }

    var minDelay = 20
    var maxDelay = 20
    var retries = 3
    /// Retries at once, before any pause.
    var immediate = 0
    /// Retries after the shortest pause, before pauses grow.
    var early = 0
    /// Retries after the longest pause, at the end.
    var late = 0
    var backoff = Backoff.linear
    /// What HTTP endpoints are told the body is.
    var contentType: String?

    /// What SQS and Lambda get: a try every twenty seconds for more than three weeks.
    static let managed = RetryPolicy(
        minDelay: 1, maxDelay: 20, retries: 100_015, immediate: 3, early: 2, late: 100_000, backoff: .exponential)

    init(
        minDelay: Int = 20, maxDelay: Int = 20, retries: Int = 3, immediate: Int = 0, early: Int = 0, late: Int = 0,
        backoff: Backoff = .linear
    ) {
        self.minDelay = minDelay
        self.maxDelay = maxDelay
        self.retries = retries
        self.immediate = immediate
        self.early = early
        self.late = late
        self.backoff = backoff
    }

    /// The policy of a subscription's `DeliveryPolicy`.
    ///
    /// - Throws: `InvalidParameter`; `NotImplemented` for throttling.
    init(subscription text: String) throws {
        self.init()
        guard !text.isEmpty else { return }
        let tree = try Self.tree(text)
        try read(tree["healthyRetryPolicy"], request: tree["requestPolicy"], throttle: tree["throttlePolicy"])
    }

    /// The policy of a topic's `DeliveryPolicy`, and whether subscriptions' own ones count.
    ///
    /// - Throws: `InvalidParameter`; `NotImplemented` for throttling.
    static func topic(_ text: String) throws -> (policy: RetryPolicy, isFinal: Bool) {
        var policy = RetryPolicy()
        guard !text.isEmpty else { return (policy, false) }
        let http = try tree(text)["http"]
        try policy.read(
            http?["defaultHealthyRetryPolicy"], request: http?["defaultRequestPolicy"],
            throttle: http?["defaultThrottlePolicy"])
        return (policy, http?["disableSubscriptionOverrides"]?.bool == true)
    }

    private static func tree(_ text: String) throws -> JSON {
        guard let tree = try? JSON(parsing: text), tree.object != nil else {
            throw SNSError.invalid("DeliveryPolicy: failed to parse JSON.")
        }
        return tree
    }

    private mutating func read(_ retry: JSON?, request: JSON?, throttle: JSON?) throws {
        if throttle?["maxReceivesPerSecond"]?.int != nil {
            throw AWSError.notImplemented("throttlePolicy in the delivery policies of sns")
        }
        contentType = request?["headerContentType"]?.string
        guard let retry, retry.object != nil else { return }
        func number(_ name: String, _ known: Int, _ range: ClosedRange<Int>) throws -> Int {
            guard let value = retry[name], !value.isNull else { return known }
            guard let number = value.int, range.contains(number) else {
                throw SNSError.invalid(
                    "DeliveryPolicy: \(name) must be between \(range.lowerBound) and \(range.upperBound)")
            }
            return number
        }
        minDelay = try number("minDelayTarget", minDelay, 1...3600)
        maxDelay = try number("maxDelayTarget", maxDelay, 1...3600)
        retries = try number("numRetries", retries, 0...100)
        immediate = try number("numNoDelayRetries", immediate, 0...100)
        early = try number("numMinDelayRetries", early, 0...100)
        late = try number("numMaxDelayRetries", late, 0...100)
        if let name = retry["backoffFunction"]?.string {
            guard let known = Backoff(rawValue: name) else {
                throw SNSError.invalid(
                    "DeliveryPolicy: backoffFunction must be linear, arithmetic, geometric or exponential")
            }
            backoff = known
        }
        guard minDelay <= maxDelay else {
            throw SNSError.invalid("DeliveryPolicy: minDelayTarget must be less than or equal to maxDelayTarget")
        }
        guard immediate + early + late <= retries else {
            throw SNSError.invalid(
                "DeliveryPolicy: numRetries must be at least the sum of the other numbers of retries")
        }
    }

    /// The pause before a retry, the first of which is 1; nil when there are no more.
    func pause(before retry: Int) -> Duration? {
        guard retry <= retries else { return nil }
        if retry <= immediate { return .zero }
        if retry <= immediate + early { return .seconds(minDelay) }
        let growing = retries - immediate - early - late
        let place = retry - immediate - early
        guard place <= growing else { return .seconds(maxDelay) }
        let share = growing > 1 ? Double(place - 1) / Double(growing - 1) : 1
        let (low, high) = (Double(minDelay), Double(maxDelay))
        let seconds: Double
        switch backoff {
        case .linear: seconds = low + (high - low) * share
        case .arithmetic: seconds = low + (high - low) * share * (Double(place) + 1) / (Double(growing) + 1)
        case .geometric: seconds = low + (high - low) * share * share
        case .exponential: seconds = low * Self.power(high / low, share)
        }
        return .milliseconds(Int64(seconds * 1000))
    }

    /// A root of the ratio: halved again and again, which is exact enough for pauses and needs no library.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, root, rest) = (1.0, base, exponent)
        for _ in 0..<20 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return exponent >= 1 ? base : result
    }

    /// The policy as answers show it.
    var view: JSON {
        [
            "minDelayTarget": .int(minDelay), "maxDelayTarget": .int(maxDelay), "numRetries": .int(retries),
            "numMaxDelayRetries": .int(late), "numNoDelayRetries": .int(immediate), "numMinDelayRetries": .int(early),
            "backoffFunction": .string(backoff.rawValue),
        ]
    }
}
