internal import Cloud
internal import Notation

/// How an operation on a stack set goes about it.
///
/// Source: StackSetOperationPreferences in the API Reference, "Stack set operation options" in the User Guide.
struct StackSetPreferences: Codable, Sendable, Hashable {
    /// The regions that come first, in their order.
    var regionOrder: [String] = []
    /// Whether all regions are worked on at once.
    var isParallel = false
    /// Failures in a region that are borne before it is given up.
    var toleranceCount: Int?
    /// The same, in per cent of its accounts.
    var tolerancePercentage: Int?
    /// How many accounts of a region are worked on at once.
    var concurrentCount: Int?
    /// The same, in per cent of its accounts.
    var concurrentPercentage: Int?
    /// Whether as many as allowed are worked on at once although all of them might fail.
    var isSoft = false
    /// As they were given, for answers.
    var given: JSON?

    /// What holds when nothing is said: one account after the other, no failure borne.
    init() {}

    /// The preferences of a request.
    ///
    /// - Throws: ``AWSError`` `ValidationError` for those that exclude each other.
    init(_ given: JSON?) throws {
        guard let given else { return }
        self.given = given
        for pair in [
            ["FailureToleranceCount", "FailureTolerancePercentage"], ["MaxConcurrentCount", "MaxConcurrentPercentage"],
        ] where pair.allSatisfy({ given[$0] != nil }) {
            throw AWSError("ValidationError", "You can specify either \(pair[0]) or \(pair[1]), but not both.")
        }
        regionOrder = given["RegionOrder"]?.array?.compactMap(\.string) ?? []
        isParallel = given["RegionConcurrencyType"] == "PARALLEL"
        toleranceCount = given["FailureToleranceCount"]?.int
        tolerancePercentage = given["FailureTolerancePercentage"]?.int
        concurrentCount = given["MaxConcurrentCount"]?.int
        concurrentPercentage = given["MaxConcurrentPercentage"]?.int
        isSoft = given["ConcurrencyMode"] == "SOFT_FAILURE_TOLERANCE"
    }

    /// The failures that are borne in a region of that many accounts.
    func tolerance(accounts: Int) -> Int { toleranceCount ?? (tolerancePercentage ?? 0) * accounts / 100 }

    /// How many of a region's accounts may be under way, that many of which failed already: never more than could all
    /// fail without more failures than are borne and one, unless that was asked for.
    func concurrency(accounts: Int, failed: Int) -> Int {
        let wanted = max(1, concurrentCount ?? (concurrentPercentage ?? 0) * accounts / 100)
        return isSoft ? wanted : min(wanted, tolerance(accounts: accounts) + 1 - failed)
    }

    /// The regions in the order they are worked on.
    func ordered(_ regions: [String]) -> [String] {
        let first = regionOrder.filter(regions.contains)
        return first + regions.filter { !first.contains($0) }
    }
}
