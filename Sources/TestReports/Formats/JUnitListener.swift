/// JUnit's XML, as Maven, Gradle, pytest and many others write it: suites of tests, nested at will.
struct JUnitListener: TestListener {
    let file: String
    let add: (TestReport.Case) -> Void
    private var suites: [String] = []
    private var current: TestReport.Case?
    private var findings = Findings()

    init(file: String, add: @escaping (TestReport.Case) -> Void) {
        self.file = file
        self.add = add
    }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "testsuite", "testsuites": suites.append(attributes["name"] ?? suites.last ?? "")
        case "testcase":
            current = TestReport.Case(
                file: file, prefix: attributes["classname"] ?? "", name: attributes["name"] ?? "",
                suite: suites.last ?? "", status: .succeeded, nanoseconds: Durations.number(attributes["time"]),
                message: "")
            findings = Findings()
        case "failure": finding(.failed, attributes)
        case "error": finding(.error, attributes)
        case "skipped", "disabled", "ignored": finding(.skipped, attributes)
        default: findings.pause()
        }
    }

    private mutating func finding(_ status: TestReport.Status, _ attributes: XMLAttributes) {
        guard let before = current?.status else { return }
        // What went wrong counts more than what was left out, whatever comes first.
        if !before.isBad { current?.status = status }
        findings.start(attributes["message"])
    }

    mutating func text(_ text: String) { findings.append(text) }

    mutating func end(_ name: String) {
        switch name {
        case "testsuite", "testsuites": suites.removeLast()
        case "testcase":
            guard var test = current else { return }
            test.message = findings.text
            current = nil
            add(test)
        default: findings.pause()
        }
    }
}

/// Gathers what is said about a test that went wrong: a short message, and the longer text behind it.
struct Findings {
    private(set) var text = ""
    private var isListening = false

    /// A new part begins, with its short message if there is one.
    mutating func start(_ message: String?) {
        isListening = true
        guard let message, !message.isEmpty else { return }
        if !text.isEmpty { text += "\n" }
        text += message + "\n"
    }

    /// More of it, as long as there is room.
    mutating func append(_ more: String) {
        guard isListening, text.utf8.count < TestReport.messageLimit * 4 else { return }
        // The spaces that only indent the file say nothing.
        text += text.isEmpty || text.hasSuffix("\n") ? String(more.drop(while: \.isWhitespace)) : more
    }

    /// What follows is about something else.
    mutating func pause() {
        isListening = false
        while text.last?.isWhitespace == true { text.removeLast() }
    }
}
