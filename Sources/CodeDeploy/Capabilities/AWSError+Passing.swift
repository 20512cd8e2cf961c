internal import Cloud

extension AWSError {
    /// Whether the same call may succeed a moment later: throttled, failed inside, or given up. What is not implemented
    /// will not be there then either.
    var isPassing: Bool { [429, 500, 502, 503, 504].contains(status) }
}
