import CLibArchive  // Its headers may be the first that the compiler sees to define `stat`.
import CLinux
import Glibc

/// The files that a running program sees, read from outside as the program itself would find them.
///
/// Every path is resolved below the program's own root, by the kernel: a link that the program made leads to nothing
/// that the program could not read, never to a file of the machine (`openat2` with `RESOLVE_IN_ROOT`). Valid while the
/// program runs. The calls block; do not use them on an event loop.
package final class ProgramFiles: Sendable {
    /// What stands at a path.
    package enum Kind: Sendable, Hashable {
        /// A file.
        case file
        /// A folder.
        case folder
        /// A link, not followed.
        case link
        /// A device, a pipe or a socket.
        case other
    }

    /// What is known of what stands at a path.
    package struct Facts: Sendable, Hashable {
        /// What it is.
        package let kind: Kind
        /// A file's length in bytes.
        package let size: Int
        /// Its permission bits.
        package let mode: UInt32
        /// How much of the disk it takes, in bytes.
        package let diskBytes: Int
    }

    /// An open file, closed when it is let go.
    package final class Handle: Sendable {
        let descriptor: Int32
        fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { Glibc.close(descriptor) }

        /// Reads on, at most `count` bytes; nil at the end.
        package func read(_ count: Int = 65_536) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            let got = Glibc.read(descriptor, &bytes, count)
            return got > 0 ? Array(bytes.prefix(got)) : nil
        }
    }

    private let root: Int32

    /// The files of that program.
    ///
    /// - Throws: ``SandboxError`` when it has ended.
    package init(of program: RunningProgram) throws(SandboxError) {
        root = Glibc.open("/proc/\(program.pid)/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0, program.exitIfEnded == nil else {
            let why = systemMessage(errno)
            if root >= 0 { Glibc.close(root) }
            throw SandboxError(.startFailed, "The program's files cannot be reached: \(why).")
        }
    }

    /// The files below that folder of the machine, as if it were a program's root.
    package init(root folder: String) throws(SandboxError) {
        root = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else {
            throw SandboxError(.startFailed, "\(folder) cannot be opened: \(systemMessage(errno)).")
        }
    }

    deinit { Glibc.close(root) }

    /// What stands at the path; nil when nothing does. Links are followed unless told otherwise.
    package func facts(_ path: String, followLinks: Bool = true) -> Facts? {
        let pathOnly = Int32(0o10000000)  // O_PATH
        let descriptor = linux_open_in_root(root, path, pathOnly | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { return nil }
        let kind: Kind =
            switch found.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        return Facts(
            kind: kind, size: Int(found.st_size), mode: UInt32(found.st_mode & 0o7777),
            diskBytes: Int(found.st_blocks) * 512)
    }

    /// The names in a folder, sorted; none when it is no folder or cannot be read.
    package func names(in path: String) -> [String] {
        let descriptor = linux_open_in_root(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let handle = fdopendir(descriptor) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens a file for reading; nil when it is none.
    package func open(_ path: String) -> Handle? {
        // Without O_NONBLOCK a pipe that the program left there would hold up the reader for ever.
        let descriptor = linux_open_in_root(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return Handle(descriptor)
    }

    /// The first bytes of a file, at most `limit`; nil when it is none.
    package func read(_ path: String, limit: Int) -> [UInt8]? {
        guard let handle = open(path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < limit, let more = handle.read(min(65_536, limit - bytes.count)) { bytes += more }
        return bytes
    }

    /// Where a link leads, as it is written there; nil when there is none.
    package func linkTarget(_ path: String) -> String? {
        let pathOnly = Int32(0o10000000)  // O_PATH
        let descriptor = linux_open_in_root(root, path, pathOnly | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [CChar](repeating: 0, count: 4_097)
        let count = readlinkat(descriptor, "", &buffer, 4_096)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
