/// Why a template is not a valid SAM template, in AWS's words.
package struct SAMError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Cause: Sendable, Hashable {
        /// The resource it is wrong with; nil when it is an event or the template as a whole.
        package let logicalID: String?
        /// What is wrong.
        package let message: String
    }

    /// The whole message: how many faults there are, then each.
    package let message: String
    /// The faults one by one, by logical id.
    package let causes: [Cause]

    package var description: String { message }
}

extension SAMError {
    /// One error of all the faults. A fault found twice counts once; the order is that of the logical ids, failing that
    /// of event ids, failing that of the texts.
    init(_ fault: Fault) {
        var seen: Set<String> = []
        let faults = fault.parts.filter { seen.insert($0.message).inserted }.sorted { $0.sortKey < $1.sortKey }
        let head =
            "Invalid Serverless Application Specification document. Number of errors found: \(faults.count)."
        self.init(
            message: ([head] + faults.map(\.message)).joined(separator: " "),
            causes: faults.map { Cause(logicalID: $0.logicalID, message: $0.message) })
    }
}
