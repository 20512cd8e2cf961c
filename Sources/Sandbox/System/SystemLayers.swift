import CLibArchive  // Its headers may be the first that the compiler sees to define `stat`.
import Glibc

/// The machine's system as something that can be written to without being changed: each program gets a layer of its own
/// on top, in which all it installs, edits and removes lands, and with which it vanishes.
///
/// What is below the layers: the system folders, `/opt`, what package managers keep of installed packages, and of
/// `/etc` a copy of what every user of the machine may read. Nothing of anybody's home.
package struct SystemLayers: Sendable {
    /// A folder that is seen through a layer.
    package struct Overlay: Sendable, Hashable {
        /// Where programs see it.
        package let path: String
        /// Where what is below the layer comes from.
        package let lower: String
    }

    /// The folders that are seen through layers.
    package let overlays: [Overlay]

    /// Copies what layers need below them into `template`, replacing what an earlier server left there.
    ///
    /// Blocks while it copies a few megabytes: not for an event loop.
    ///
    /// - Parameters:
    ///   - template: A folder for the copy.
    ///   - avoiding: Folders that must not lie below an overlay: those in which layers are kept.
    ///   - extra: Further folders to show, such as those of version managers.
    /// - Throws: ``SandboxError`` when the copy cannot be written, or the system folders hold one to avoid.
    package init(template: String, avoiding: [String], extra: [String] = []) throws(SandboxError) {
        if let path = (avoiding + extra).first(where: { $0.contains { ",:\\".contains($0) } }) {
            throw SandboxError(.noBackend, "\(path) holds a comma, a colon or a backslash, which overlays part by.")
        }
        Files.remove(template)
        guard Files.makeFolder(template + "/etc") else {
            throw SandboxError(.noBackend, "Cannot make \(template)/etc: \(systemMessage(errno)).")
        }
        Self.copyReadable("/etc", to: template + "/etc", depth: 0)
        Self.writeAccounts(template + "/etc")
        let wanted = HostView.folders + Self.further.filter(Files.isFolder) + extra
        var overlays = [Overlay(path: "/etc", lower: template + "/etc")]
        for path in wanted {
            if avoiding.contains(where: { ($0 + "/").hasPrefix(path + "/") }) {
                guard !HostView.folders.contains(path) else {
                    throw SandboxError(.noBackend, "Layers cannot be kept below \(path), over which they are laid.")
                }
                continue
            }
            overlays.append(Overlay(path: path, lower: path))
        }
        self.overlays = overlays
    }

    /// What package managers know of the packages that are installed, and where optional ones are.
    private static let further = ["/opt", "/var/lib/dpkg", "/var/lib/apt", "/var/cache/debconf", "/var/lib/rpm"]

    /// Makes the folders of a new layer below `folder`, and says what a program needs to be run on it.
    ///
    /// A second call for the same folder gives the same layer again, with what was written to it.
    package func layer(in folder: String) throws(SandboxError) -> Program.Layer {
        let root = folder + "/root"
        let made = Self.emptyFolders.allSatisfy { Files.makeFolder(root + $0) }
        guard made else { throw SandboxError(.startFailed, "Cannot make \(root): \(systemMessage(errno)).") }
        for path in ["/tmp", "/var/tmp"] { chmod(root + path, 0o1777) }
        chmod(root + "/root", 0o700)
        for link in HostView.links + [("/var/run", "/run"), ("/var/lock", "/run/lock")] {
            _ = symlink(link.target, root + link.path)
        }
        for (index, overlay) in overlays.enumerated() {
            for part in [root + overlay.path, "\(folder)/upper/\(index)", "\(folder)/work/\(index)"] {
                guard Files.makeFolder(part) else {
                    throw SandboxError(.startFailed, "Cannot make \(part): \(systemMessage(errno)).")
                }
            }
        }
        // Names are looked up as the machine does now, not as it did when the template was made.
        for name in ["hosts", "resolv.conf"] {
            guard let text = Files.text("/etc/" + name) else { continue }
            Files.write(text, to: "\(folder)/upper/0/\(name)", mode: 0o644)
        }
        return Program.Layer(folder: folder, overlays: overlays)
    }

    /// The folders of a system that begin empty.
    private static let emptyFolders = [
        "/dev", "/proc", "/sys", "/run/lock", "/tmp", "/var/tmp", "/var/log/apt", "/var/cache/apt/archives/partial",
        "/var/lib", "/root", "/home", "/srv", "/mnt", "/media",
    ]

    /// Copies what everybody may read. Links stay links; what cannot be read is left out.
    private static func copyReadable(_ source: String, to target: String, depth: Int) {
        guard depth < 12 else { return }
        for name in Files.names(in: source) {
            let (from, to) = (source + "/" + name, target + "/" + name)
            var facts = stat()
            guard lstat(from, &facts) == 0 else { continue }
            switch facts.st_mode & S_IFMT {
            case S_IFLNK:
                var buffer = [CChar](repeating: 0, count: 4_097)
                let count = readlink(from, &buffer, 4_096)
                guard count > 0 else { continue }
                _ = symlink(String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self), to)
            case S_IFDIR where facts.st_mode & 0o005 == 0o005:
                guard mkdir(to, 0o755) == 0 else { continue }
                copyReadable(from, to: to, depth: depth + 1)
                chmod(to, facts.st_mode & 0o777)
            case S_IFREG where facts.st_mode & 0o004 != 0 && facts.st_size <= 4 << 20:
                copyFile(from, to: to, mode: facts.st_mode & 0o777)
            default: continue
            }
        }
    }

    private static func copyFile(_ source: String, to target: String, mode: mode_t) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { return }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard output >= 0 else { return }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(input, &buffer, buffer.count)
            guard count > 0, write(output, buffer, count) == count else { return }
        }
    }

    /// The files of passwords are nobody's business, but programs that add a user expect them: locked accounts only.
    private static func writeAccounts(_ etc: String) {
        for (names, locked, tail) in [("passwd", "shadow", ":*:19000:0:99999:7:::"), ("group", "gshadow", ":*::")] {
            let lines = (Files.text("\(etc)/\(names)") ?? "").split(separator: "\n")
            let entries = lines.compactMap { $0.split(separator: ":").first.map { $0 + tail + "\n" } }
            Files.write(entries.joined(), to: "\(etc)/\(locked)", mode: 0o600)
        }
    }
}
