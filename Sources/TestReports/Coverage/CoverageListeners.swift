/// A number in an attribute; what is none, or is none to be counted with, is 0.
private func count(_ text: String?) -> Int {
    guard let text, let number = Int(text), number >= 0 else { return 0 }
    return min(number, 1_000_000_000)
}

/// Clover's XML: files with lines, each a statement, a method or a condition with two ways.
struct CloverListener: XMLListener {
    var tally: CoverageTally
    private var file: String?

    init(tally: CoverageTally) { self.tally = tally }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "file": file = attributes["path"] ?? attributes["name"]
        case "line":
            guard let file else { return }
            let number = count(attributes["num"])
            guard attributes["type"] == "cond" else {
                return tally.line(number, of: file, isCovered: count(attributes["count"]) > 0)
            }
            let ways = [count(attributes["truecount"]), count(attributes["falsecount"])].count { $0 > 0 }
            tally.line(number, of: file, isCovered: ways > 0, branches: (ways, 2))
        case "metrics":
            guard let file else { return }
            var counts = CoverageReport.Counts()
            counts.linesCovered = count(attributes["coveredstatements"])
            counts.linesMissed = max(0, count(attributes["statements"]) - counts.linesCovered)
            counts.branchesCovered = count(attributes["coveredconditionals"])
            counts.branchesMissed = max(0, count(attributes["conditionals"]) - counts.branchesCovered)
            if isFirstMetrics { tally.sum(counts, of: file) }
            isFirstMetrics = false
        case "class": isFirstMetrics = false
        default: break
        }
        if name == "file" { isFirstMetrics = true }
    }

    /// A file's own sums come before those of its classes.
    private var isFirstMetrics = true

    mutating func text(_ text: String) {}
    mutating func end(_ name: String) { if name == "file" { file = nil } }
}

/// Cobertura's XML: classes with the file they stand in, and lines with hits.
struct CoberturaListener: XMLListener {
    var tally: CoverageTally
    private var file: String?

    init(tally: CoverageTally) { self.tally = tally }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        if name == "class" { file = attributes["filename"] ?? attributes["name"] }
        guard name == "line", let file else { return }
        tally.line(
            count(attributes["number"]), of: file, isCovered: count(attributes["hits"]) > 0,
            branches: Self.branches(attributes["condition-coverage"]))
    }

    /// The numbers of `50% (1/2)`.
    private static func branches(_ text: String?) -> (Int, Int) {
        guard let text, let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
            return (0, 0)
        }
        let parts = text[text.index(after: open)..<close].split(separator: "/").map { count(String($0)) }
        return parts.count == 2 ? (parts[0], parts[1]) : (0, 0)
    }

    mutating func text(_ text: String) {}
    mutating func end(_ name: String) { if name == "class" { file = nil } }
}

/// JaCoCo's XML: packages with source files, and counters.
struct JaCoCoListener: XMLListener {
    var tally: CoverageTally
    private var package = ""
    private var file: String?

    init(tally: CoverageTally) { self.tally = tally }

    mutating func begin(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "package": package = attributes["name"] ?? ""
        case "sourcefile":
            let own = attributes["name"] ?? ""
            file = package.isEmpty ? own : package + "/" + own
        case "counter":
            guard let file else { return }
            let (covered, missed) = (count(attributes["covered"]), count(attributes["missed"]))
            var counts = CoverageReport.Counts()
            switch attributes["type"] {
            case "LINE": (counts.linesCovered, counts.linesMissed) = (covered, missed)
            case "BRANCH": (counts.branchesCovered, counts.branchesMissed) = (covered, missed)
            default: return
            }
            tally.sum(counts, of: file)
        default: break
        }
    }

    mutating func text(_ text: String) {}
    mutating func end(_ name: String) { if name == "sourcefile" { file = nil } }
}
