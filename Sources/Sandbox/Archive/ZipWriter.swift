import CLibArchive
import Glibc

/// Writes a zip file entry by entry.
///
/// The same entries give the same bytes: they carry no times. For one thread; the calls block. A writer that is let go
/// before ``close()`` leaves a file that is no archive: remove it.
package final class ZipWriter {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let file: String
    /// How many entries it has so far.
    package private(set) var count = 0

    /// A writer to that file, replacing what was there.
    package init(file: String) throws(Archive.Failure) {
        guard let archive = archive_write_new(), let entry = archive_entry_new() else {
            throw Archive.Failure(.cannotWrite, "There is no memory to write an archive.")
        }
        self.archive = archive
        self.entry = entry
        self.file = file
        try check(archive_write_set_format_zip(archive))
        try check(archive_write_open_filename(archive, file))
    }

    deinit {
        archive_entry_free(entry)
        archive_write_free(archive)
    }

    /// Adds a file, read from where the handle stands to its end.
    ///
    /// A file that grows meanwhile is cut at `size`; one that shrinks makes the archive fail.
    package func add(_ handle: ProgramFiles.Handle, at path: String, mode: UInt32, size: Int) throws(Archive.Failure) {
        try begin(path, S_IFREG | mode_t(mode & 0o777), size: size)
        var left = size
        while left > 0 {
            guard let bytes = handle.read(min(left, 65_536)) else {
                throw Archive.Failure(.unreadable, "'\(path)' became shorter while it was read.")
            }
            guard archive_write_data(archive, bytes, bytes.count) == bytes.count else { try fail() }
            left -= bytes.count
        }
    }

    /// Adds a link, as it is.
    package func addLink(at path: String, to target: String) throws(Archive.Failure) {
        try begin(path, S_IFLNK | 0o777, size: 0, link: target)
    }

    /// Finishes the archive.
    package func close() throws(Archive.Failure) { try check(archive_write_close(archive)) }

    private func begin(_ path: String, _ mode: mode_t, size: Int, link: String? = nil) throws(Archive.Failure) {
        archive_entry_clear(entry)
        archive_entry_update_pathname_utf8(entry, path)
        archive_entry_set_mode(entry, mode)
        archive_entry_set_mtime(entry, 315_532_800, 0)  // 1980-01-01, the first day a zip can name
        if let link { archive_entry_set_symlink(entry, link) } else { archive_entry_set_size(entry, la_int64_t(size)) }
        try check(archive_write_header(archive, entry))
        count += 1
    }

    private func check(_ code: Int32) throws(Archive.Failure) {
        if code < ARCHIVE_WARN { try fail() }
    }

    private func fail() throws(Archive.Failure) -> Never {
        let why = archive_error_string(archive).map { String(cString: $0) } ?? "unknown reason"
        throw Archive.Failure(.cannotWrite, "Cannot write the archive \(file): \(why).")
    }
}
