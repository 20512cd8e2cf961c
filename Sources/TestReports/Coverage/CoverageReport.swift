/// What the result files of a report say about how much code was run.
///
/// Source: CodeBuild API Reference, `CodeCoverage` and `CodeCoverageReportSummary`.
package struct CoverageReport: Sendable, Hashable, Codable {
    /// How much of a file, or of all of them, was run.
    package struct Counts: Sendable, Hashable, Codable {
        /// Lines and branches, run and not.
        package var linesCovered = 0, linesMissed = 0, branchesCovered = 0, branchesMissed = 0

        /// Nothing counted.
        package init() {}

        /// Percent of the lines that were run; nil when there are none.
        package var linePercentage: Double? { Self.percentage(linesCovered, linesMissed) }
        /// Percent of the branches that were run; nil when there are none.
        package var branchPercentage: Double? { Self.percentage(branchesCovered, branchesMissed) }

        private static func percentage(_ covered: Int, _ missed: Int) -> Double? {
            let total = covered + missed
            return total == 0 ? nil : (Double(covered) / Double(total) * 10_000).rounded() / 100
        }

        mutating func add(_ other: Counts) {
            linesCovered &+= other.linesCovered
            linesMissed &+= other.linesMissed
            branchesCovered &+= other.branchesCovered
            branchesMissed &+= other.branchesMissed
        }
    }

    /// A source file.
    package struct File: Sendable, Hashable, Codable {
        /// Its path, as the results name it.
        package var path: String
        /// How much of it was run.
        package var counts: Counts
    }

    /// More source files than this are counted in the sum and not kept one by one.
    package static let fileLimit = 10_000

    /// The source files, by path.
    package private(set) var files: [File] = []
    /// All of them together.
    package private(set) var total = Counts()
    /// Files of results that could not be read, with the reason.
    package private(set) var faults: [String] = []

    /// `SUCCEEDED`, or `INCOMPLETE` when there is nothing or a file was not understood.
    package var status: String { files.isEmpty || !faults.isEmpty ? "INCOMPLETE" : "SUCCEEDED" }

    /// Reads result files. What several of them say about one source file is put together line by line.
    package init(_ files: [(name: String, bytes: [UInt8])], format: CoverageFormat) {
        var tally = CoverageTally()
        for file in files {
            guard file.bytes.count <= format.sizeLimit else {
                faults.append("\(file.name): larger than \(format.sizeLimit) bytes")
                continue
            }
            if let fault = format.read(file.bytes, &tally) { faults.append("\(file.name): \(fault)") }
        }
        for (path, counts) in tally.counts.sorted(by: { $0.key < $1.key }) {
            total.add(counts)
            if self.files.count < Self.fileLimit { self.files.append(File(path: path, counts: counts)) }
        }
    }
}

/// The ways coverage is written down.
package enum CoverageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case clover = "CLOVERXML", cobertura = "COBERTURAXML", jacoco = "JACOCOXML", simpleCov = "SIMPLECOV"

    /// Larger files are not read.
    var sizeLimit: Int { 128 << 20 }

    /// Reads one file, and says what is wrong with it; nil when nothing is.
    func read(_ bytes: [UInt8], _ tally: inout CoverageTally) -> String? {
        if self == .simpleCov { return SimpleCovReader.read(bytes, &tally) }
        do {
            switch self {
            case .clover:
                var listener = CloverListener(tally: tally)
                try XMLScanner.scan(bytes, &listener)
                tally = listener.tally
            case .cobertura:
                var listener = CoberturaListener(tally: tally)
                try XMLScanner.scan(bytes, &listener)
                tally = listener.tally
            default:
                var listener = JaCoCoListener(tally: tally)
                try XMLScanner.scan(bytes, &listener)
                tally = listener.tally
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Counts lines and branches as they are read.
struct CoverageTally {
    private struct Line {
        var isCovered: Bool
        var branches: (covered: Int, all: Int)
    }

    private var lines: [String: [Int: Line]] = [:]
    private var sums: [String: CoverageReport.Counts] = [:]

    /// A line of a file. The same line may be told of several times; what was run once was run.
    mutating func line(_ number: Int, of file: String, isCovered: Bool, branches: (covered: Int, all: Int) = (0, 0)) {
        var line = lines[file]?[number] ?? Line(isCovered: false, branches: (0, 0))
        line.isCovered = line.isCovered || isCovered
        line.branches.covered = max(line.branches.covered, branches.covered)
        line.branches.all = max(line.branches.all, branches.all)
        lines[file, default: [:]][number] = line
    }

    /// Sums that a file gives without telling of lines.
    mutating func sum(_ counts: CoverageReport.Counts, of file: String) { sums[file, default: .init()].add(counts) }

    /// What is known of each file: its lines if there are any, otherwise its sums.
    var counts: [String: CoverageReport.Counts] {
        var result = sums
        for (file, numbers) in lines {
            var counts = CoverageReport.Counts()
            for line in numbers.values {
                if line.isCovered { counts.linesCovered += 1 } else { counts.linesMissed += 1 }
                counts.branchesCovered &+= min(line.branches.covered, line.branches.all)
                counts.branchesMissed &+= max(line.branches.all - line.branches.covered, 0)
            }
            result[file] = counts
        }
        return result
    }
}
