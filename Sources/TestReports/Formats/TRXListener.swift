/// Visual Studio's TRX: results first, and the classes they belong to behind them.
struct TRXListener: TestListener {
    /// More results than this wait for their classes no longer: they are told without.
    private static let waitingLimit = 100_000

    let file: String
    let add: (TestReport.Case) -> Void
    private var waiting: [(id: String, test: TestReport.Case)] = []
    private var classes: [String: String] = [:]
    private var definition = ""
    private var current: (id: String, test: TestReport.Case)?
    private var findings = Findings()

    init(file: String, add: @escaping (TestReport.Case) -> Void) {
        self.file = file
        self.add = add
    }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "UnitTestResult":
            // Tests with data hold results of their own; each is a test.
            if let outer = current { keep(outer) }
            findings = Findings()
            let test = TestReport.Case(
                file: file, prefix: "", name: attributes["testName"] ?? "", suite: "",
                status: Self.status(attributes["outcome"]), nanoseconds: Durations.clock(attributes["duration"]),
                message: "")
            current = (attributes["testId"] ?? "", test)
        case "Message", "StackTrace": if current != nil { findings.start(nil) }
        case "UnitTest": definition = attributes["id"] ?? ""
        case "TestMethod": classes[definition] = attributes["className"]
        default: findings.pause()
        }
    }

    private static func status(_ text: String?) -> TestReport.Status {
        switch text?.lowercased() {
        case "passed", "passedbutrunaborted", "warning", "completed": .succeeded
        case "failed", "timeout": .failed
        case "error", "aborted", "disconnected", "notrunnable": .error
        case "notexecuted", "skipped", "pending": .skipped
        default: .unknown
        }
    }

    mutating func text(_ text: String) { findings.append(text) }

    mutating func end(_ name: String) {
        switch name {
        case "Message": if current != nil { findings.append("\n") }
        case "UnitTestResult":
            if let test = current { keep(test) }
            current = nil
        default: findings.pause()
        }
    }

    private mutating func keep(_ result: (id: String, test: TestReport.Case)) {
        var result = result
        findings.pause()
        result.test.message = findings.text
        findings = Findings()
        current = nil
        guard waiting.count < Self.waitingLimit else { return add(result.test) }
        waiting.append(result)
    }

    mutating func finish() {
        for (id, test) in waiting {
            var test = test
            // The class comes with its assembly behind a comma.
            test.prefix = String(classes[id]?.prefix { $0 != "," } ?? "")
            if !test.prefix.isEmpty, test.name.hasPrefix(test.prefix + ".") {
                test.name = String(test.name.dropFirst(test.prefix.count + 1))
            }
            test.suite = test.prefix
            add(test)
        }
    }
}
