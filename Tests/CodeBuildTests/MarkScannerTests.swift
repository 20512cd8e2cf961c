import Testing

@testable import CodeBuild

@Suite("Marks between commands")
struct MarkScannerTests {
    private let stream = Array(
        "one\n\u{1E}w0rd 0\u{1E}two\u{1E}w0rd 137\u{1E}\u{1E}other 3\u{1E}\u{1E}w0rd x\u{1E}".utf8)

    @Test("Output and status come apart, however the stream is cut", arguments: 1...40)
    func cuts(chunk: Int) {
        var scanner = MarkScanner(word: "w0rd")
        var output: [UInt8] = []
        var statuses: [Int32] = []
        var rest = stream[...]
        while !rest.isEmpty {
            for piece in scanner.feed(Array(rest.prefix(chunk))) {
                switch piece {
                case .output(let bytes): output += bytes
                case .status(let status): statuses.append(status)
                }
            }
            rest = rest.dropFirst(chunk)
        }
        output += scanner.finish()
        #expect(statuses == [0, 137])
        #expect(String(decoding: output, as: UTF8.self) == "one\ntwo\u{1E}other 3\u{1E}\u{1E}w0rd x\u{1E}")
    }
}
