internal import Foundation

/// Files that are kept beside the ledger, made so that they survive a power cut.
///
/// A file is durable when it was synced, its name when the folder it stands in was (fsync(2)). All calls block: they
/// belong on a thread that may wait for a disk.
package enum DurableFiles {
    /// Makes a folder, and those above it that are missing, readable by the owner alone unless told otherwise. When it
    /// returns, their names below `root` are durable. A second call, after a crash, finishes what the first began.
    ///
    /// - Throws: ``DiskError``.
    package static func makeFolder(_ path: String, below root: String, permissions: Int = 0o700) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
        } catch {
            throw DiskError(action: "make the folder", path: path, cause: error.localizedDescription)
        }
        try syncFolders(above: path, upTo: root)
    }

    /// Writes a whole file under a temporary name, syncs it, gives it its name and syncs the folder.
    ///
    /// - Throws: ``DiskError``; then the file is what it was.
    package static func write(_ bytes: some Sequence<UInt8>, to path: String, permissions: Int = 0o600) throws {
        let unfinished = path + ".new"
        unlink(unfinished)
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(permissions))
        guard descriptor >= 0 else { throw DiskError("make", unfinished) }
        defer { close(descriptor) }
        do {
            if let number = write(Array(bytes), to: descriptor) { throw DiskError("write", unfinished, number: number) }
            guard fsync(descriptor) == 0 else { throw DiskError("sync", unfinished) }
            try move(unfinished, to: path)
        } catch {
            unlink(unfinished)
            throw error
        }
    }

    /// Writes all of the bytes to an open file.
    ///
    /// - Returns: What the system called the failure (errno); nil when there was none.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count == 0 ? ENOSPC : errno }
                rest = rest.dropFirst(count)
            }
            return nil
        }
    }

    /// Gives a durable file or folder its final name, in the place of a file that has it, and makes the name durable.
    ///
    /// - Throws: ``DiskError``.
    package static func move(_ path: String, to name: String) throws {
        guard rename(path, name) == 0 else { throw DiskError("rename", path) }
        try sync((name as NSString).deletingLastPathComponent)
    }

    /// Makes a file's contents, or the names in a folder, durable.
    ///
    /// - Throws: ``DiskError``, also when there is none.
    package static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DiskError("sync", path) }
    }

    /// Makes a file's contents durable, and of what is known about it only what is needed to read them (fdatasync(2)).
    ///
    /// - Throws: ``DiskError``, also when there is none.
    static func syncContents(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError("open", path) }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw DiskError("sync", path) }
    }

    /// Makes the names of the folders that lead to `path` durable, from its own up to the one in `root`. What is gone
    /// meanwhile is passed over.
    ///
    /// - Throws: ``DiskError``.
    package static func syncFolders(above path: String, upTo root: String) throws {
        var folder = path
        while folder.count > root.count, folder.hasPrefix(root + "/") {
            folder = (folder as NSString).deletingLastPathComponent
            do { try sync(folder) } catch let error as DiskError where error.number == ENOENT { continue }
        }
    }

    /// Makes everything in a folder durable: every file, every name, the deepest first. Links are names only.
    ///
    /// - Throws: ``DiskError``.
    package static func sync(tree folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw DiskError(action: "list", path: folder, cause: error.localizedDescription)
        }
        for name in names {
            let path = folder + "/" + name
            var facts = stat()
            guard lstat(path, &facts) == 0 else { throw DiskError("look at", path) }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR: try sync(tree: path)
            case S_IFREG: try sync(path)
            default: break
            }
        }
        try sync(folder)
    }
}

/// Why a file beside the ledger could not be made durable.
package struct DiskError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the system called it (errno); nil when it did not say.
    package let number: Int32?
    package let description: String
    /// Whether the disk is full, or a quota used up.
    package var isFull: Bool { number == ENOSPC || number == EDQUOT }

    init(_ action: String, _ path: String, number: Int32 = errno) {
        self.number = number
        description = "Slipway could not \(action) \(path): \(String(cString: strerror(number)))."
    }

    init(action: String, path: String, cause: String) {
        number = nil
        description = "Slipway could not \(action) \(path): \(cause)"
    }
}
