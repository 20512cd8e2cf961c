internal import Notation

/// SimpleCov's result set: runs by name, each with files and a number of runs for each line.
enum SimpleCovReader {
    /// Reads one file, and says what is wrong with it; nil when nothing is.
    static func read(_ bytes: [UInt8], _ tally: inout CoverageTally) -> String? {
        let tree: JSON
        do { tree = try JSON(parsing: bytes) } catch { return "\(error)" }
        guard let runs = tree.object else { return "not a result set" }
        // A result set has its runs by name; a single run may also stand alone.
        let found = tree["coverage"] != nil ? [tree] : runs.values
        var hasCoverage = false
        for run in found {
            guard let files = run["coverage"]?.object else { continue }
            hasCoverage = true
            for (path, value) in files { read(value, path, &tally) }
        }
        return hasCoverage ? nil : "no run has a 'coverage'"
    }

    private static func read(_ value: JSON, _ path: String, _ tally: inout CoverageTally) {
        let lines = value.array ?? value["lines"]?.array ?? []
        for (index, hits) in lines.enumerated() {
            // Nothing, or a word, stands for lines that cannot be run.
            guard let hits = hits.double else { continue }
            tally.line(index + 1, of: path, isCovered: hits > 0)
        }
        for (condition, ways) in value["branches"]?.object ?? [:] {
            let hits = ways.object?.values.compactMap(\.double) ?? []
            guard !hits.isEmpty, let line = line(condition) else { continue }
            let isRun = lines.indices.contains(line - 1) && (lines[line - 1].double ?? 0) > 0
            tally.line(line, of: path, isCovered: isRun, branches: (hits.count { $0 > 0 }, hits.count))
        }
    }

    /// The line of a condition such as `[:if, 0, 3, 4, 5, 7]`: its third part.
    private static func line(_ condition: String) -> Int? {
        let parts = condition.split(separator: ",")
        guard parts.count >= 3, let line = Int(parts[2].filter { !$0.isWhitespace }), line > 0, line < 10_000_000 else {
            return nil
        }
        return line
    }
}
