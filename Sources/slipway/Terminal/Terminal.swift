import Foundation
import Synchronization

/// Where a command writes: a terminal that can be drawn on, or a pipe that gets plain lines.
final class Terminal: Sendable {
    /// Standard output.
    static let standard = Terminal(descriptor: STDOUT_FILENO)
    /// Standard error.
    static let error = Terminal(descriptor: STDERR_FILENO)

    /// Whether somebody looks at it, rather than a program reading it.
    let isInteractive: Bool
    private let descriptor: Int32
    private let drawnLines = Mutex(0)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        isInteractive = isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// A colour or weight; plain text where nobody looks or NO_COLOR is set.
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
    }

    /// The text in that style.
    func styled(_ text: String, _ styles: Style...) -> String {
        guard isInteractive, ProcessInfo.processInfo.environment["NO_COLOR"] == nil else { return text }
        return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }

    /// Writes a line that stays.
    func line(_ text: String = "") {
        drawnLines.withLock { $0 = 0 }
        write(text + "\n")
    }

    /// Draws lines in place of those drawn last. Only for a terminal.
    func redraw(_ lines: [String]) {
        let width = self.width
        let cut = lines.map { Terminal.cut($0, to: width) }
        let before = drawnLines.withLock { drawn in
            defer { drawn = cut.count }
            return drawn
        }
        var text = before > 0 ? "\u{1B}[\(before)A" : ""
        for line in cut { text += "\u{1B}[2K" + line + "\n" }
        if before > cut.count { text += "\u{1B}[0J" }
        write(text)
    }

    /// Columns of the terminal; 100 where there is none.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Lines of the terminal; 40 where there is none.
    var height: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 40 }
        return Int(size.ws_row)
    }

    /// The text cut to that many visible characters, escapes not counted.
    static func cut(_ text: String, to width: Int) -> String {
        var visible = 0
        var isEscape = false
        var result = ""
        for character in text {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { visible += 1 }
            if isEscape || visible <= width { result.append(character) }
            if isEscape, character.isLetter { isEscape = false }
        }
        return result
    }

    private func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }  // nobody reads any more
            bytes = bytes.dropFirst(written)
        }
    }
}
