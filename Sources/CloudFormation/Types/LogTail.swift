internal import FoundationEssentials
internal import Notation

/// The last lines of a function's log, as Invoke returns them.
struct LogTail {
    /// The lines; empty when there are none.
    let text: String

    /// Reads the base64 text that Invoke answers with.
    init(_ value: JSON?) {
        guard let encoded = value?.string, let data = Data(base64Encoded: encoded) else {
            text = ""
            return
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(20)
        text = lines.isEmpty ? "" : "Last log lines:\n" + lines.joined(separator: "\n")
    }
}
