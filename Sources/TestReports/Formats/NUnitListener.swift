/// NUnit's XML, versions 2 and 3: suites nested by namespace and class, with tests at the bottom.
struct NUnitListener: TestListener {
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
        case "test-suite": suites.append(attributes["name"] ?? "")
        case "test-case": current = test(attributes)
        case "message", "stack-trace": if current != nil { findings.start(nil) }
        default: findings.pause()
        }
    }

    private mutating func test(_ attributes: XMLAttributes) -> TestReport.Case {
        findings = Findings()
        let full = attributes["fullname"] ?? attributes["name"] ?? ""
        var prefix = attributes["classname"] ?? ""
        var name = attributes["name"] ?? full
        // Version 2 has only the whole name, with the class in front.
        if prefix.isEmpty, let dot = name.prefix(while: { $0 != "(" }).lastIndex(of: ".") {
            prefix = String(name[..<dot])
            name = String(name[name.index(after: dot)...])
        }
        return TestReport.Case(
            file: file, prefix: prefix, name: name, suite: suites.last ?? "", status: Self.status(attributes),
            nanoseconds: Durations.number(attributes["duration"] ?? attributes["time"]), message: "")
    }

    private static func status(_ attributes: XMLAttributes) -> TestReport.Status {
        if attributes["executed"]?.lowercased() == "false" { return .skipped }
        switch attributes["result"]?.lowercased() {
        case "success", "passed": return .succeeded
        case "failure": return .failed
        case "failed": return attributes["label"]?.lowercased() == "error" ? .error : .failed
        case "error", "notrunnable", "invalid": return .error
        case "ignored", "skipped": return .skipped
        case nil: return attributes["success"]?.lowercased() == "true" ? .succeeded : .unknown
        default: return .unknown
        }
    }

    mutating func text(_ text: String) { findings.append(text) }

    mutating func end(_ name: String) {
        switch name {
        case "test-suite": if !suites.isEmpty { suites.removeLast() }
        case "test-case":
            guard var test = current else { return }
            findings.pause()
            test.message = findings.text
            current = nil
            add(test)
        case "message": if current != nil { findings.append("\n") }
        default: findings.pause()
        }
    }
}
