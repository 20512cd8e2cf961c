/// What an alarm's data say.
enum AlarmVerdict: Sendable, Hashable {
    case state(AlarmState)
    /// Nothing can be said for now: the state stays.
    case keep

    /// The rule by which periods become a verdict.
    ///
    /// Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data", with its table;
    /// the rule of premature alarms needs, beyond the guide's prose, that no good period is in the range.
    ///
    /// - Parameters:
    ///   - periods: The evaluation range, oldest first: whether each period breaches; nil for one without data. It
    ///     may be longer than `count`.
    ///   - count: How many periods are judged (N).
    ///   - needed: How many of them must breach (M).
    static func judge(_ periods: [Bool?], count: Int, needed: Int, missing treatment: MissingData) -> AlarmVerdict {
        let real = periods.compactMap { $0 }
        if real.count >= count {
            let breaches = real.suffix(count).filter { $0 }.count
            return .state(breaches >= needed ? .alarm : .ok)
        }
        let breaches = real.filter { $0 }.count
        switch treatment {
        case .breaching:
            return .state(breaches + count - real.count >= needed ? .alarm : .ok)
        case .notBreaching:
            return .state(breaches >= needed ? .alarm : .ok)
        case .missing, .ignore:
            guard !real.isEmpty else { return treatment == .missing ? .state(.insufficientData) : .keep }
            if breaches >= needed { return .state(.alarm) }
            if breaches < real.count { return .state(.ok) }
            return premature(periods, needed: needed, missing: treatment)
        }
    }

    /// Nothing but breaches, and fewer than needed: they count as enough once the oldest is so old that, with data,
    /// it would have been.
    private static func premature(_ periods: [Bool?], needed: Int, missing treatment: MissingData) -> AlarmVerdict {
        guard let oldest = periods.firstIndex(where: { $0 == true }), periods.count - oldest >= needed else {
            return .keep
        }
        return treatment == .ignore ? .keep : .state(.alarm)
    }
}
