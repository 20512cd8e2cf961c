import CLibArchive
import Glibc

extension Archive {
    /// Writes a file, packed by gzip, to another one, replacing what was there. The same bytes give the same bytes.
    package static func gzip(file: String, to target: String) throws(Failure) {
        let input = open(file, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Failure(.unreadable, "Cannot read \(file): \(systemMessage(errno)).") }
        defer { close(input) }
        var facts = stat()
        fstat(input, &facts)
        guard let archive = archive_write_new(), let entry = archive_entry_new() else {
            throw Failure(.cannotWrite, "There is no memory to write an archive.")
        }
        defer {
            archive_entry_free(entry)
            archive_write_free(archive)
        }
        // "Raw" is libarchive's word for one file without the names around it.
        archive_write_set_format_raw(archive)
        archive_write_add_filter_gzip(archive)
        archive_write_set_filter_option(archive, "gzip", "timestamp", nil)
        archive_entry_update_pathname_utf8(entry, "data")
        archive_entry_set_mode(entry, S_IFREG | 0o644)
        var isFine = archive_write_open_filename(archive, target) >= ARCHIVE_WARN
        isFine = isFine && archive_write_header(archive, entry) >= ARCHIVE_WARN
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while isFine {
            let count = read(input, &buffer, buffer.count)
            if count <= 0 { break }
            isFine = archive_write_data(archive, buffer, count) == count
        }
        guard isFine, archive_write_close(archive) >= ARCHIVE_WARN else {
            throw Failure(.cannotWrite, "Cannot write \(target): the disk may be full.")
        }
    }
}
