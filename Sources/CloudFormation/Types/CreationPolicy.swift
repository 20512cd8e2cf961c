internal import Cloud
internal import CloudFormationTemplate
internal import Notation

/// `CreationPolicy`: a resource counts as made when it has received so many signals in time.
///
/// Of the types that AWS allows it for, wait conditions are those there are here. Source: "CreationPolicy attribute" in
/// the Template Reference.
struct CreationPolicy: Sendable, Hashable {
    /// The only type that may have one.
    static let type = "AWS::CloudFormation::WaitCondition"
    /// The longest that may be waited.
    private static let longest = Duration.seconds(43_200)

    /// Successes that are waited for.
    let count: Int
    /// How long they are waited for.
    let timeout: Duration

    /// Reads a policy whose references are worked out.
    ///
    /// - Throws: ``AWSError`` `InvalidRequest` for one that is none.
    init(_ policy: JSON) throws {
        let signal = policy["ResourceSignal"]?.loose ?? [:]
        let text = signal["Timeout"]?.string ?? "PT5M"
        guard let timeout = Self.duration(text), timeout <= Self.longest else {
            throw AWSError(
                "InvalidRequest",
                "Timeout of ResourceSignal must be an ISO 8601 duration of at most 12 hours such as PT15M, not \(text)."
            )
        }
        let number = signal["Count"]?.string ?? "1"
        guard let count = Int(number), count >= 0 else {
            throw AWSError("InvalidRequest", "Count of ResourceSignal must be a whole number, not \(number).")
        }
        (self.count, self.timeout) = (count, timeout)
    }

    /// The duration that `PT1H30M`, `PT45S` and the like stand for; nil for anything else.
    static func duration(_ text: String) -> Duration? {
        guard text.hasPrefix("PT"), text.count > 2 else { return nil }
        var (seconds, digits, units) = (0, "", ["H": 3600, "M": 60, "S": 1])
        for character in text.dropFirst(2) {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let unit = units.removeValue(forKey: String(character)), let number = Int(digits), number < 1_000_000
            else { return nil }
            if unit > 1 { units = units.filter { $0.value < unit } }  // the larger unit comes first, and each once
            seconds += number * unit
            digits = ""
        }
        return digits.isEmpty ? .seconds(seconds) : nil
    }
}
