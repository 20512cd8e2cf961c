internal import Foundation

/// The tools of this machine that stand outside the system's folders: what version managers keep.
///
/// A build sees them where they are, through its layer, and has them on its PATH in the server's own order.
struct MachineTools: Sendable {
    /// Folders of the machine to show.
    private(set) var folders: [String] = []
    /// The build's PATH.
    private(set) var path = MachineTools.system

    private static let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    private static let shown = ["/usr", "/bin", "/sbin", "/lib", "/opt"]
    /// What stands in a path that a version manager keeps, with everything of one version below it.
    private static let managers = [
        "/.pyenv/versions/", "/.nvm/versions/", "/.asdf/installs/", "/uv/python/", "/.sdkman/candidates/",
    ]
    /// Folders of programs that need nothing else.
    private static let plain = ["/.cargo/bin", "/.local/bin", "/go/bin"]

    /// The tools that a server with that environment has, and those in folders that its operator named.
    init(environment: [String: String], named: [String] = []) {
        var names: [String] = []
        for folder in named {
            if !Self.shown.contains(where: { folder == $0 || folder.hasPrefix($0 + "/") }) { add(folder) }
            names.append(folder + "/bin")
        }
        for entry in (environment["PATH"] ?? "").split(separator: ":").map(String.init) {
            let place = Self.behindShims(entry, environment)
            guard FileManager.default.fileExists(atPath: place), !names.contains(place) else { continue }
            let isSystem = Self.shown.contains { place == $0 || place.hasPrefix($0 + "/") }
            if isSystem { continue }
            if place.hasSuffix("/bin"), Self.managers.contains(where: place.contains) {
                add(String(place.dropLast(4)))
                names.append(place)
            } else if Self.plain.contains(where: place.hasSuffix) {
                add(place)
                names.append(place)
            }
        }
        path = (names + [Self.system]).joined(separator: ":")
    }

    private mutating func add(_ folder: String) {
        if !folders.contains(folder) { folders.append(folder) }
    }

    /// pyenv's stand-ins only work with all of pyenv around them: the version they stand for is taken instead.
    private static func behindShims(_ folder: String, _ environment: [String: String]) -> String {
        guard folder.hasSuffix("/.pyenv/shims") else { return folder }
        let root = String(folder.dropLast("/shims".count))
        let chosen = environment["PYENV_VERSION"] ?? (try? String(contentsOfFile: root + "/version", encoding: .utf8))
        let version = (chosen ?? "").split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: root + "/versions")) ?? []
        guard let match = installed.sorted().last(where: { $0 == version || $0.hasPrefix(version + ".") }) else {
            return folder
        }
        return "\(root)/versions/\(match)/bin"
    }
}
