import Notation

/// What the demo's users saw, in figures.
struct DemoReport {
    let samples: [LoadGenerator.Sample]
    /// The bad deployment as it was described at its end.
    let bad: JSON
    /// When its first traffic shift was.
    let badWindow: ClosedRange<Timestamp>

    private var errors: [LoadGenerator.Sample] { samples.filter(\.isError) }
    private var during: [LoadGenerator.Sample] { samples.filter { badWindow.contains($0.time) } }

    /// Whether what the users saw is what a canary promises: errors in the bad deployment only, and not above its share.
    var isAsPromised: Bool {
        errors.allSatisfy { badWindow.contains($0.time) } && !errors.isEmpty
            && Double(errors.count) <= Double(during.count) * 0.2
    }

    /// The closing table.
    var rows: [(String, String)] {
        var rows: [(String, String)] = [
            ("requests served", "\(samples.count)"),
            ("errors seen by users", "\(errors.count) (\(percent(errors.count, of: samples.count)) of all)"),
            (
                "share of errors while the bad version was out",
                "\(percent(errors.count, of: during.count)) (canary: 10 %)"
            ),
        ]
        if let first = errors.first?.time.seconds, let decided = bad["decidedTime"]?.double {
            rows.append(("time to detect", "\(DeploymentTree.span(max(0, decided - first))) from the first error"))
        }
        if let decided = bad["decidedTime"]?.double, let restored = bad["rollback"]?["restoredTime"]?.double {
            rows.append(("time to restore", "\(Int(((restored - decided) * 1000).rounded())) ms from the decision"))
        }
        return rows
    }

    private func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "0 %" }
        return "\((Double(part) / Double(whole) * 1000).rounded() / 10) %"
    }
}
