internal import Foundation
internal import Glibc
internal import Sandbox

/// The folders of one build on this machine, and where the build itself sees them.
///
///     codebuild/            seen as /codebuild
///       output/src0/src     the primary source
///       output/src1/src     the secondary ones
///       output/tmp          the command under way
///       run/                how we speak with the shell
///     layer/                what it writes elsewhere, where layers work
///     home/, tmp/           its home and temporary files, where they do not
struct BuildFolders: Sendable {
    /// The folder of all of them.
    let root: String
    /// Where the build sees `codebuild`.
    private let seen: String
    /// The folder of all of them where the build sees it there, too; nil in a sandbox of its own.
    let visible: String?
    /// Whether what the build sees can be looked at only in these folders: bubblewrap's process, from which the way
    /// into the sandbox would be found, stays outside of it.
    let isOpaque: Bool
    /// As whom the build runs when that is not the owner of what we write.
    let owner: Program.User?

    /// - Parameter isVisible: Whether the build sees the machine's files as they are.
    init(root: String, isVisible: Bool, isOpaque: Bool = false, owner: Program.User?) {
        self.isOpaque = isOpaque
        self.root = root
        seen = isVisible ? root + "/codebuild" : "/codebuild"
        visible = isVisible ? root : nil
        self.owner = owner
    }

    /// A path below `codebuild`, on the machine.
    func host(_ path: String) -> String { "\(root)/codebuild/\(path)" }
    /// The same as the build sees it.
    func inside(_ path: String) -> String { "\(seen)/\(path)" }

    /// Where a source lies, below `codebuild`: 0 is the primary one.
    static func source(_ index: Int) -> String { "output/src\(index)/src" }

    /// Makes them, empty.
    func make(sources: Int) throws {
        try? FileManager.default.removeItem(atPath: root)
        let below = (0..<sources).map { host(Self.source($0)) } + [host("output/tmp"), host("run/out")]
        for path in below + ["\(root)/home", "\(root)/tmp"] {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            own(path)
        }
        // The build's home has another name where it is looked for by the build's paths.
        if isOpaque { symlink("home", root + "/root") }
        // Commands may run as another user than the one who keeps the folder.
        for path in [host("run/out"), "\(root)/tmp"] { chmod(path, 0o1777) }
        chmod(root, 0o711)
        for path in ["run", "output"] { own(host(path)) }
        own("\(root)/codebuild")
    }

    private func own(_ path: String) {
        if let owner { chown(path, owner.uid, owner.gid) }
    }

    /// Gives all that is below a path to whom the build runs as.
    func ownAll(_ path: String) {
        guard owner != nil else { return }
        own(host(path))
        guard let names = FileManager.default.enumerator(atPath: host(path)) else { return }
        for case let name as String in names {
            if let owner { lchown(host(path) + "/" + name, owner.uid, owner.gid) }
        }
    }

    /// Writes a file below `codebuild` that the build may read. The one that was there is replaced, not changed.
    func write(_ text: String, to path: String) throws {
        let target = host(path)
        let fresh = target + ".new"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw BuildTrouble("Cannot write \(fresh): \(String(cString: strerror(errno))).") }
        var copy = text
        let count = copy.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard count == text.utf8.count, rename(fresh, target) == 0 else {
            throw BuildTrouble("Cannot write \(target): \(String(cString: strerror(errno))).")
        }
    }

    /// A small file that the build wrote, at most 1 MB of it; nil when it is none. A link is not followed.
    func text(_ path: String) -> String? {
        let descriptor = open(host(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func remove(_ path: String) { unlink(host(path)) }
}
