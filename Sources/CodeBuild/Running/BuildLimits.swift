/// What builds may take of this machine. Each limit has a name, by which `slipway serve --build-limit` sets it.
package struct BuildLimits: Sendable {
    /// How many builds run at once; more wait.
    package var concurrentBuilds = 2
    /// How many builds may wait; more are refused.
    package var queuedBuilds = 1_000
    /// How many processes and threads a build may have at once.
    package var processes = 4_096
    /// How much disk a build may take, in bytes, its installed packages included.
    package var diskBytes = 20 << 30
    /// How many bytes of its commands' output are logged; the rest is counted.
    package var logBytes = 64 << 20
    /// How many bytes one artifact, cache or source archive may have when packed, and 20 times that unpacked.
    package var archiveBytes = 5 << 30
    /// How many failed builds are kept for `slipway build shell`.
    package var keptBuilds = 5
    /// For how long, in minutes.
    package var keptMinutes = 60
    /// Whether every failed build is kept (1), or only those started with `debugSessionEnabled` (0).
    package var keepFailed = 0

    /// The defaults.
    package init() {}

    private static let names: [(String, any WritableKeyPath<BuildLimits, Int> & Sendable)] = [
        ("concurrentBuilds", \.concurrentBuilds), ("queuedBuilds", \.queuedBuilds), ("processes", \.processes),
        ("diskBytes", \.diskBytes), ("logBytes", \.logBytes), ("archiveBytes", \.archiveBytes),
        ("keptBuilds", \.keptBuilds), ("keptMinutes", \.keptMinutes), ("keepFailed", \.keepFailed),
    ]

    /// Sets one from a text such as `concurrentBuilds=4`.
    ///
    /// - Throws: ``Problem`` that says which names there are.
    package mutating func set(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let path = Self.names.first(where: { $0.0 == parts[0] })?.1,
            let value = Int(parts[1]), value >= 0
        else {
            let known = Self.names.map(\.0).joined(separator: ", ")
            throw Problem(description: "'\(text)' is no limit of builds. Write NAME=NUMBER with one of \(known).")
        }
        self[keyPath: path] = value
    }

    /// Why a limit cannot be set.
    package struct Problem: Error, CustomStringConvertible, Sendable {
        /// The reason.
        package let description: String
    }
}
