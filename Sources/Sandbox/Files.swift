import CLibArchive  // Its headers may be the first that the compiler sees to define `stat`.
import Glibc

/// The few things this room does with files, by system call: no Foundation on the way of a cold start.
enum Files {
    /// The whole text of a small file, such as those of /proc and /sys; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes the text over what the file held, making the file when there is none. Returns whether it worked.
    @discardableResult
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var copy = text
        return copy.withUTF8 { bytes in Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count }
    }

    /// Makes the folder and those above it.
    @discardableResult
    static func makeFolder(_ path: String, mode: mode_t = 0o755) -> Bool {
        if isFolder(path) { return true }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            makeFolder(String(path[..<slash]), mode: mode)
        }
        return mkdir(path, mode) == 0 || errno == EEXIST
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, sorted; none when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
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

    /// Removes a file, or a folder with all it holds. Links are removed, not followed.
    static func remove(_ path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        if facts.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    /// Where a program of that name is, searched in those folders.
    static func program(_ name: String, in folders: [Substring]) -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 && !isFolder($0) }
    }

    /// The same in the system's own folders, /usr/sbin among them, where Debian keeps runc.
    static func systemProgram(_ name: String) -> String? {
        program(name, in: ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"])
    }
}
