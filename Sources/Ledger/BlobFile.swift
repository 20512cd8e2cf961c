internal import Foundation

/// Why a body could not be kept or read. The message says what to do.
package struct BlobError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: String, Sendable {
        /// The disk is full, or a quota is used up.
        case outOfSpace
        /// The body is gone, most often because its owner was deleted or replaced a moment ago.
        case missing
        /// The body is larger than the caller accepts.
        case tooLarge
        /// The disk failed.
        case failed
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The failure of a system call on a file.
    init(_ number: Int32, _ action: String, _ path: String) {
        switch number {
        case ENOSPC, EDQUOT:
            self.init(
                .outOfSpace, "There is no room to \(action) \(path). Free disk space in the data folder and repeat.")
        case ENOENT: self.init(.missing, "\(path) is gone.")
        default:
            self.init(.failed, "Slipway could not \(action) \(path): \(String(cString: strerror(number))).")
        }
    }

    package var description: String { message }
}

/// A file that is being written: under a temporary name until ``publish()``. All calls block; they belong on
/// ``BlobThreads``.
struct BlobFile: Sendable {
    /// What the names of unfinished files end in.
    static let unfinished = ".part"

    private let descriptor: Int32
    private let folder: String
    private let name: String
    private var path: String { folder + "/" + name + Self.unfinished }

    /// Makes the file `name` in the folder.
    init(folder: String, name: String) throws {
        self.folder = folder
        self.name = name
        let path = folder + "/" + name + Self.unfinished
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BlobError(errno, "make", path) }
    }

    func write(_ bytes: [UInt8]) throws {
        if let number = DurableFiles.write(bytes, to: descriptor) { throw BlobError(number, "write", path) }
    }

    /// Syncs the file, gives it its name and syncs the folder: after that it survives a power cut.
    func publish() throws {
        guard fsync(descriptor) == 0 else { throw BlobError(errno, "sync", path) }
        try DurableFiles.move(path, to: folder + "/" + name)
        close(descriptor)
    }

    /// Takes back what was written, instead of publishing it or after that failed.
    func abandon() {
        close(descriptor)
        unlink(path)
        unlink(folder + "/" + name)
    }
}
