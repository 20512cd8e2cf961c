import CLibArchive
import Glibc

extension Archive {
    /// Writes a zip of all a folder holds to a file, replacing what was there.
    ///
    /// The same files give the same bytes: entries are in order of their names and carry no times. Modes and links are
    /// kept. What is neither file, folder nor link is refused.
    package static func zip(folder: String, to file: String) throws(Failure) {
        guard let archive = archive_write_new(), let entry = archive_entry_new() else {
            throw Failure(.cannotWrite, "There is no memory to write an archive.")
        }
        defer {
            archive_entry_free(entry)
            archive_write_free(archive)
        }
        func check(_ code: Int32) throws(Failure) {
            guard code < ARCHIVE_WARN else { return }
            let why = archive_error_string(archive).map { String(cString: $0) } ?? "unknown reason"
            throw Failure(.cannotWrite, "Cannot write the archive \(file): \(why).")
        }
        try check(archive_write_set_format_zip(archive))
        try check(archive_write_open_filename(archive, file))
        for (path, facts) in try listing(folder) {
            archive_entry_clear(entry)
            archive_entry_update_pathname_utf8(entry, path)
            archive_entry_set_mode(entry, facts.st_mode)
            archive_entry_set_mtime(entry, 315_532_800, 0)  // 1980-01-01, the first day a zip can name
            switch facts.st_mode & S_IFMT {
            case S_IFREG: archive_entry_set_size(entry, la_int64_t(facts.st_size))
            case S_IFLNK: archive_entry_set_symlink(entry, try linkTarget(folder + "/" + path))
            default: archive_entry_set_size(entry, 0)
            }
            try check(archive_write_header(archive, entry))
            if facts.st_mode & S_IFMT == S_IFREG { try copy(folder + "/" + path, into: archive) }
        }
        try check(archive_write_close(archive))
    }

    private static func linkTarget(_ path: String) throws(Failure) -> String {
        var buffer = [CChar](repeating: 0, count: 4_097)
        let count = readlink(path, &buffer, buffer.count - 1)
        guard count >= 0 else { throw Failure(.unreadable, "Cannot read the link \(path): \(systemMessage(errno)).") }
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// All that is below the folder, by paths relative to it, folders before what they hold.
    private static func listing(_ folder: String) throws(Failure) -> [(path: String, facts: stat)] {
        var found: [(path: String, facts: stat)] = []
        var waiting = [""]
        while let below = waiting.popLast() {
            for name in Files.names(in: below.isEmpty ? folder : folder + "/" + below) {
                let path = below.isEmpty ? name : below + "/" + name
                var facts = stat()
                guard lstat(folder + "/" + path, &facts) == 0 else {
                    throw Failure(.unreadable, "Cannot read \(folder)/\(path): \(systemMessage(errno)).")
                }
                let kind = facts.st_mode & S_IFMT
                guard [S_IFREG, S_IFDIR, S_IFLNK].contains(kind) else {
                    throw Failure(.unsupportedEntry, "\(folder)/\(path) is neither a file, a folder nor a link.")
                }
                if kind == S_IFDIR { waiting.append(path) }
                found.append((path, facts))
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func copy(_ file: String, into archive: OpaquePointer) throws(Failure) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.unreadable, "Cannot read \(file): \(systemMessage(errno)).") }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw Failure(.unreadable, "Cannot read \(file): \(systemMessage(errno)).") }
            if count == 0 { return }
            guard archive_write_data(archive, buffer, count) == count else {
                throw Failure(.cannotWrite, "Cannot write the archive: the disk may be full.")
            }
        }
    }
}
