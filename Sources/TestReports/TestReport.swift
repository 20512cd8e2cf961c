/// What the result files of a report say about tests.
///
/// Source: CodeBuild API Reference, `TestCase` and `TestReportSummary`; User Guide, "Test reports".
package struct TestReport: Sendable, Hashable, Codable {
    /// How a test ended.
    package enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        case succeeded = "SUCCEEDED", failed = "FAILED", error = "ERROR", skipped = "SKIPPED", unknown = "UNKNOWN"
        /// Whether it went wrong.
        package var isBad: Bool { self == .failed || self == .error }
    }

    /// One test.
    package struct Case: Sendable, Hashable, Codable {
        /// The file that told of it, as it was named when read.
        package var file: String
        /// What stands before the name, such as the class; empty if nothing does.
        package var prefix: String
        /// The test's own name, and that of its suite.
        package var name: String, suite: String
        /// How it ended.
        package var status: Status
        /// How long it took.
        package var nanoseconds: Int64
        /// What went wrong, at most ``TestReport/messageLimit`` characters.
        package var message: String
    }

    /// A report keeps so many tests, those that went wrong first.
    package static let caseLimit = 500
    /// Messages are cut to so many characters, names to a fifth of it.
    package static let messageLimit = 5000

    /// The tests kept: those that went wrong first, otherwise in the order they were read.
    package private(set) var cases: [Case] = []
    /// How many tests ended in which way, those not kept included.
    package private(set) var counts: [Status: Int] = [:]
    /// How long they took together.
    package private(set) var nanoseconds: Int64 = 0
    /// Files that could not be read, with the reason.
    package private(set) var faults: [String] = []

    /// How many tests there are.
    package var total: Int { counts.values.reduce(0, +) }
    /// Whether some were not kept.
    package var isTruncated: Bool { total > cases.count }

    /// `SUCCEEDED`, `FAILED` when a test went wrong, `INCOMPLETE` when there is no test or a file was not understood.
    package var status: String {
        if total == 0 || !faults.isEmpty { return "INCOMPLETE" }
        return Status.allCases.contains { $0.isBad && counts[$0, default: 0] > 0 } ? "FAILED" : "SUCCEEDED"
    }

    private var good: [Case] = []
    private enum CodingKeys: CodingKey { case cases, counts, nanoseconds, faults }

    /// Reads result files. A file that cannot be read is noted and leaves the tests read before the damage.
    package init(_ files: [(name: String, bytes: [UInt8])], format: TestFormat) {
        for file in files {
            guard file.bytes.count <= format.sizeLimit else {
                faults.append("\(file.name): larger than \(format.sizeLimit) bytes")
                continue
            }
            if let fault = format.read(file.bytes, file: file.name, { add($0) }) {
                faults.append("\(file.name): \(fault)")
            }
        }
        cases += good.prefix(Self.caseLimit - cases.count)
        good = []
    }

    private mutating func add(_ test: Case) {
        var test = test
        test.message = Self.cut(test.message, Self.messageLimit)
        test.name = Self.cut(test.name, Self.messageLimit / 5)
        test.prefix = Self.cut(test.prefix, Self.messageLimit / 5)
        test.suite = Self.cut(test.suite, Self.messageLimit / 5)
        counts[test.status, default: 0] += 1
        nanoseconds = nanoseconds.addingReportingOverflow(test.nanoseconds).partialValue
        if test.status.isBad {
            if cases.count < Self.caseLimit { cases.append(test) }
        } else if good.count < Self.caseLimit {
            good.append(test)
        }
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        text.utf8.count <= limit ? text : String(text.prefix(limit))
    }
}

/// The ways tests are written down.
package enum TestFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case junit = "JUNITXML", cucumber = "CUCUMBERJSON", nunit = "NUNITXML", nunit3 = "NUNIT3XML"
    case testNG = "TESTNGXML", trx = "VISUALSTUDIOTRX"

    /// Larger files are not read.
    var sizeLimit: Int { 64 << 20 }

    /// Reads one file, and says what is wrong with it; nil when nothing is.
    func read(_ bytes: [UInt8], file: String, _ add: (TestReport.Case) -> Void) -> String? {
        withoutActuallyEscaping(add) { add in
            switch self {
            case .junit: return scan(bytes, JUnitListener(file: file, add: add), root: ["testsuites", "testsuite"])
            case .nunit: return scan(bytes, NUnitListener(file: file, add: add), root: ["test-results"])
            case .nunit3: return scan(bytes, NUnitListener(file: file, add: add), root: ["test-run", "test-suite"])
            case .testNG: return scan(bytes, TestNGListener(file: file, add: add), root: ["testng-results"])
            case .trx: return scan(bytes, TRXListener(file: file, add: add), root: ["TestRun"])
            case .cucumber: return CucumberReader.read(bytes, file: file, add)
            }
        }
    }

    private func scan(_ bytes: [UInt8], _ listener: some TestListener, root: [String]) -> String? {
        var checked = RootCheck(listener: listener, roots: root)
        do {
            try XMLScanner.scan(bytes, &checked)
        } catch {
            return error.description
        }
        checked.listener.finish()
        return checked.isWrong ? "the root element is not \(root.joined(separator: " or "))" : nil
    }
}

/// A reader of one kind of test results.
protocol TestListener: XMLListener {
    /// The document is over.
    mutating func finish()
}

extension TestListener {
    mutating func finish() {}
}

/// Hands a document on only if its root is the one expected.
private struct RootCheck<Listener: TestListener>: XMLListener {
    var listener: Listener
    let roots: [String]
    var depth = 0
    var isWrong = false

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        if depth == 0, !roots.contains(name) { isWrong = true }
        depth += 1
        if !isWrong { listener.begin(name, attributes) }
    }
    mutating func text(_ text: String) { if !isWrong { listener.text(text) } }
    mutating func end(_ name: String) {
        depth -= 1
        if !isWrong { listener.end(name) }
    }
}
