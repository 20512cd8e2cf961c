/// A runtime's identifier taken apart: a language and its version.
struct RuntimeName: Hashable, Sendable {
    /// What starts the function's code.
    enum Family: String, Sendable {
        case python
        case nodejs
        /// The function brings its own `bootstrap`.
        case provided
    }

    let family: Family
    /// Such as [3, 12]; empty for `provided` families.
    let version: [Int]
    let text: String

    /// nil for runtimes that Slipway cannot run.
    init?(_ text: String) {
        self.text = text
        if text == "provided" || text.hasPrefix("provided.") {
            family = .provided
            version = []
        } else if let rest = Self.rest(of: text, after: "python") {
            family = .python
            version = rest.split(separator: ".").compactMap { Int($0) }
        } else if let rest = Self.rest(of: text, after: "nodejs") {
            family = .nodejs
            version = rest.split(separator: ".").compactMap { Int($0) }
        } else {
            return nil
        }
        guard family == .provided || !version.isEmpty else { return nil }
    }

    private static func rest(of text: String, after prefix: String) -> Substring? {
        text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : nil
    }
}

/// A language's interpreter found on this machine.
struct Interpreter: Hashable, Sendable {
    let family: RuntimeName.Family
    /// Such as [3, 11].
    let version: [Int]
    /// The program, links followed.
    let path: String
    /// The folder that holds all it needs, to be shown to the sandbox; nil when it is among the system's own.
    let prefix: String?

    var versionText: String { version.map(String.init).joined(separator: ".") }

    /// How far another version is away: other major versions are further than any minor one, and of two equally far
    /// the newer is nearer, since languages are kept compatible forwards.
    func distance(to wanted: [Int]) -> (Int, Int, Int) {
        let own = version + [0, 0]
        let other = wanted + [0, 0]
        let minor = own[1] - other[1]
        let countsMinor = family == .python
        let major = own[0] - other[0]
        return (abs(major), countsMinor ? abs(minor) : 0, major < 0 || (major == 0 && countsMinor && minor < 0) ? 1 : 0)
    }
}
