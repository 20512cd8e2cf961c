internal import Notation

/// Cucumber's JSON: features with scenarios; each scenario is a test.
enum CucumberReader {
    /// Reads one file, and says what is wrong with it; nil when nothing is.
    static func read(_ bytes: [UInt8], file: String, _ add: (TestReport.Case) -> Void) -> String? {
        let tree: JSON
        do {
            tree = try JSON(parsing: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
        } catch {
            return "\(error)"
        }
        guard let features = tree.array else { return "not a list of features" }
        for feature in features {
            guard let elements = feature["elements"]?.array else { continue }
            var background: [JSON] = []
            for element in elements {
                // A background's steps belong to the scenario behind it.
                if element["type"]?.string == "background" {
                    background = steps(element)
                    continue
                }
                add(scenario(element, background + steps(element), feature, file))
                background = []
            }
        }
        return nil
    }

    private static func steps(_ element: JSON) -> [JSON] {
        ["before", "steps", "after"].flatMap { element[$0]?.array ?? [] }
    }

    private static func scenario(_ element: JSON, _ steps: [JSON], _ feature: JSON, _ file: String) -> TestReport.Case {
        var test = TestReport.Case(
            file: file, prefix: feature["name"]?.string ?? "", name: element["name"]?.string ?? "",
            suite: feature["name"]?.string ?? "", status: .succeeded, nanoseconds: 0, message: "")
        for step in steps {
            let result = step["result"] ?? .null
            let (sum, overflow) = test.nanoseconds.addingReportingOverflow(duration(result["duration"]))
            if !overflow { test.nanoseconds = sum }
            let status = status(result["status"]?.string)
            if rank(status) > rank(test.status) { test.status = status }
            if status.isBad, let message = result["error_message"]?.string {
                let words = [step["keyword"]?.string, step["name"]?.string].compactMap(\.self).joined()
                test.message += (test.message.isEmpty ? "" : "\n") + (words.isEmpty ? "" : words + ": ") + message
            }
        }
        if steps.isEmpty { test.status = .unknown }
        return test
    }

    private static func duration(_ value: JSON?) -> Int64 {
        guard let number = value?.double, number > 0 else { return 0 }
        return Int64(min(number, 9.0e18))
    }

    private static func status(_ text: String?) -> TestReport.Status {
        switch text?.lowercased() {
        case "passed": .succeeded
        case "failed": .failed
        case "skipped", "pending": .skipped
        default: .unknown
        }
    }

    /// Of the steps' results the gravest is the scenario's. Steps behind a failure are skipped and do not count.
    private static func rank(_ status: TestReport.Status) -> Int {
        switch status {
        case .succeeded: 0
        case .skipped: 1
        case .unknown: 2
        case .error: 3
        case .failed: 4
        }
    }
}
