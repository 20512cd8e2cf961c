import Foundation
import Notation
import SAMTransform
import Testing

@Suite("The public SAM cases")
struct CorpusTests {
    private enum Outcome: Equatable {
        case passed
        case equalButForHashes
        case failed(String)
    }

    @Test("every case gives AWS's template or AWS's error")
    func everyCase() throws {
        guard let corpus = try Corpus() else {
            print("The SAM corpus is not beside this package (../shared/conformance/sam): nothing to compare with.")
            return
        }
        let only = ProcessInfo.processInfo.environment["SAM_CASE"]
        var counts: [String: [Int]] = [:]
        var failures: [String] = []
        for test in corpus.cases where only == nil || test.name == only {
            let outcome = try outcome(of: test, in: corpus)
            var row = counts[test.kind] ?? [0, 0, 0]
            switch outcome {
            case .passed: row[0] += 1
            case .equalButForHashes:
                row[1] += 1
                failures.append("\(test.name): equal but for hashes")
            case .failed(let why):
                row[2] += 1
                failures.append("\(test.name): \(why)")
            }
            counts[test.kind] = row
        }
        print("kind, passed, equal but for hashes, failed")
        for (kind, row) in counts.sorted(by: { $0.key < $1.key }) { print("\(kind): \(row)") }
        for failure in failures { print("FAILED \(failure)") }
        #expect(failures.isEmpty, "\(failures.count) of \(corpus.cases.count) cases differ")
    }

    private func outcome(of test: Corpus.Case, in corpus: Corpus) throws -> Outcome {
        let expected = try corpus.expected(test.name)
        let transform = try corpus.transform(for: test)
        do {
            let given = try transform.transform(try corpus.input(test.name))
            if test.kind == "error" { return .failed("no error, expected: \(expected["errorMessage"]?.string ?? "")") }
            let (ours, theirs) = (Comparison.normal(given), Comparison.normal(expected))
            if ours == theirs { return .passed }
            if Comparison.withoutHashes(given) == Comparison.withoutHashes(expected) { return .equalButForHashes }
            return .failed(
                Comparison.differences(ours, theirs).prefix(8).map { String($0.prefix(400)) }.joined(
                    separator: "\n    "))
        } catch let error as SAMError {
            if test.kind == "error", error.message == expected["errorMessage"]?.string { return .passed }
            return .failed("\(error.message)\n    EXPECTED \(expected["errorMessage"]?.string ?? "a template")")
        }
    }
}
