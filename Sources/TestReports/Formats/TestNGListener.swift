/// TestNG's XML: suites, tests, classes and their methods. Methods that only prepare are no tests.
struct TestNGListener: TestListener {
    let file: String
    let add: (TestReport.Case) -> Void
    private var suite = ""
    private var group = ""
    private var type = ""
    private var current: TestReport.Case?
    private var findings = Findings()

    init(file: String, add: @escaping (TestReport.Case) -> Void) {
        self.file = file
        self.add = add
    }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "suite": suite = attributes["name"] ?? ""
        case "test": group = attributes["name"] ?? ""
        case "class": type = attributes["name"] ?? ""
        case "test-method":
            findings = Findings()
            guard attributes["is-config"] != "true" else { return current = nil }
            current = TestReport.Case(
                file: file, prefix: type, name: attributes["name"] ?? "", suite: group.isEmpty ? suite : group,
                status: Self.status(attributes["status"]),
                nanoseconds: Durations.number(attributes["duration-ms"], unit: 1e6), message: "")
        case "message", "full-stacktrace": if current != nil { findings.start(nil) }
        default: findings.pause()
        }
    }

    private static func status(_ text: String?) -> TestReport.Status {
        switch text {
        case "PASS": .succeeded
        case "FAIL": .failed
        case "SKIP": .skipped
        default: .unknown
        }
    }

    mutating func text(_ text: String) { findings.append(text) }

    mutating func end(_ name: String) {
        if name == "message", current != nil { findings.append("\n") }
        guard name == "test-method" else { return }
        findings.pause()
        guard var test = current else { return }
        test.message = findings.text
        current = nil
        add(test)
    }
}
