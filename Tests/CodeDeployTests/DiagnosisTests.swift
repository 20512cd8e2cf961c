@testable import CodeDeploy
import Notation
import Testing

@Suite("The line that tells the error")
struct DiagnosisTests {
    private static let cases: [(lines: [String], found: String?)] = [
        (["START RequestId: 1", "END RequestId: 1"], nil),
        (
            ["[ERROR] KeyError: 'total'\nTraceback (most recent call last):\n  File \"app.py\"", "END"],
            "KeyError: 'total'"
        ),
        (
            [
                "2026-01-01T00:00:00.000Z\t01234567-89ab-cdef-0123-456789abcdef\tERROR\tInvoke Error \t"
                    + "{\"errorType\":\"TypeError\",\"errorMessage\":\"x is undefined\",\"stack\":[]}"
            ], "TypeError: x is undefined"
        ),
        (
            ["2026-01-01T00:00:00.000Z 0123 Task timed out after 3.00 seconds", "REPORT"],
            "2026-01-01T00:00:00.000Z 0123 Task timed out after 3.00 seconds"
        ),
        (["[ERROR] first", "[ERROR] second"], "second"),
        (["java.lang.IllegalStateException: no total", "at A.b"], "java.lang.IllegalStateException: no total"),
        (["a note: nothing wrong"], nil),
    ]

    @Test("is found among what runtimes write", arguments: cases.indices)
    func line(index: Int) {
        var evidence = Evidence()
        evidence.lines = Self.cases[index].lines.map { .init(time: Timestamp(seconds: 0), text: $0) }
        #expect(Diagnosis.errorLine(evidence) == Self.cases[index].found)
    }
}
