import CLibArchive
import Glibc

extension Archive {
    /// Expands a zip, or a tar (plain, gzip, bzip2, xz or zstd), held in memory. As ``expand(file:into:limits:)``.
    @discardableResult
    package static func expand(
        _ bytes: [UInt8], into folder: String, limits: Limits = Limits(), access: Access = .asStored
    ) throws(Failure) -> Summary {
        let reader = try Expansion(folder: folder, size: bytes.count, limits: limits, access: access)
        var result: Result<Summary, Failure> = .success(Summary())
        bytes.withUnsafeBytes { bytes in
            result = Result { () throws(Failure) -> Summary in
                try reader.check(archive_read_open_memory(reader.archive, bytes.baseAddress, bytes.count))
                return try reader.run()
            }
        }
        return try result.get()
    }

    /// Expands a zip, or a tar (plain, gzip, bzip2, xz or zstd), into a folder, which is made if missing.
    ///
    /// Modes of files are kept, without set-user-id and the like; owners and times are not. Entries outside the folder
    /// and links out of it are refused. On a failure the folder holds what was expanded until then: expand into a fresh
    /// one and remove it.
    @discardableResult
    package static func expand(
        file: String, into folder: String, limits: Limits = Limits(), access: Access = .asStored
    ) throws(Failure) -> Summary {
        var facts = stat()
        guard stat(file, &facts) == 0 else {
            throw Failure(.unreadable, "Cannot read the archive \(file): \(systemMessage(errno)).")
        }
        let reader = try Expansion(folder: folder, size: Int(facts.st_size), limits: limits, access: access)
        try reader.check(archive_read_open_filename(reader.archive, file, 65_536))
        return try reader.run()
    }
}

extension Archive.Access {
    /// The mode a file gets whose stored one is `mode`.
    fileprivate func mode(_ mode: mode_t) -> mode_t {
        switch self {
        case .asStored: mode
        case .everyone: mode | (mode & 0o100 == 0 ? 0o444 : 0o555)
        }
    }
}

/// One expansion on its way.
private final class Expansion {
    let archive: OpaquePointer
    private let folder: String
    private let size: Int
    private let limits: Archive.Limits
    private let access: Archive.Access
    private var summary = Archive.Summary()
    /// Links made so far: nothing is written through one.
    private var links: Set<ArchivePath> = []

    init(folder: String, size: Int, limits: Archive.Limits, access: Archive.Access) throws(Archive.Failure) {
        guard let archive = archive_read_new() else {
            throw Archive.Failure(.unreadable, "There is no memory to read an archive.")
        }
        self.archive = archive
        self.folder = folder
        self.size = size
        self.limits = limits
        self.access = access
        archive_read_support_format_zip(archive)
        archive_read_support_format_tar(archive)
        archive_read_support_filter_all(archive)
        guard Files.makeFolder(folder) else {
            throw Archive.Failure(.cannotWrite, "Cannot make the folder \(folder): \(systemMessage(errno)).")
        }
    }

    deinit { archive_read_free(archive) }

    func check(_ code: Int32) throws(Archive.Failure) {
        guard code < ARCHIVE_WARN else { return }
        let why = archive_error_string(archive).map { String(cString: $0) } ?? "unknown format"
        throw Archive.Failure(.unreadable, "Could not unzip the archive: \(why).")
    }

    func run() throws(Archive.Failure) -> Archive.Summary {
        while true {
            var entry: OpaquePointer?
            let code = archive_read_next_header(archive, &entry)
            if code == ARCHIVE_EOF { break }
            try check(code)
            guard let entry else { break }
            summary.entries += 1
            guard summary.entries <= limits.entries else {
                throw Archive.Failure(.tooManyEntries, "The archive has more than \(limits.entries) entries.")
            }
            try expand(entry)
        }
        return summary
    }

    private func expand(_ entry: OpaquePointer) throws(Archive.Failure) {
        // Names are bytes to the file system; libarchive's UTF-8 view of one fails on names in older code pages.
        guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
            throw Archive.Failure(.unsafePath, "An entry of the archive has no usable name.")
        }
        let path = try ArchivePath(parsing: String(cString: name))
        if path.names.isEmpty { return }
        if let link = path.above.first(where: links.contains) {
            throw Archive.Failure(
                .unsafePath, "The archive's entry '\(path.text)' lies behind the link '\(link.text)'.")
        }
        for above in path.above { mkdir(place(above), 0o755) }
        let mode = access.mode(mode_t(archive_entry_perm(entry)) & 0o777)
        if let target = archive_entry_hardlink_utf8(entry) ?? archive_entry_hardlink(entry) {
            try hardLink(path, to: ArchivePath(parsing: String(cString: target)))
            return
        }
        switch archive_entry_filetype(entry) {
        case S_IFREG: try writeFile(path, mode: mode == 0 ? 0o644 : mode)
        case S_IFDIR:
            guard mkdir(place(path), 0o755) == 0 || errno == EEXIST else { throw cannotWrite(path) }
            if mode != 0 { chmod(place(path), mode | 0o700) }
        case S_IFLNK:
            let target = archive_entry_symlink_utf8(entry) ?? archive_entry_symlink(entry)
            try softLink(path, to: target.map { String(cString: $0) } ?? "")
        default:
            throw Archive.Failure(
                .unsupportedEntry, "The archive's entry '\(path.text)' is neither a file, a folder nor a link.")
        }
    }

    private func place(_ path: ArchivePath) -> String { folder + "/" + path.text }

    private func cannotWrite(_ path: ArchivePath) -> Archive.Failure {
        Archive.Failure(.cannotWrite, "Cannot write the archive's entry '\(path.text)': \(systemMessage(errno)).")
    }

    private func softLink(_ path: ArchivePath, to target: String) throws(Archive.Failure) {
        _ = try path.following(target)
        unlink(place(path))
        guard symlink(target, place(path)) == 0 else { throw cannotWrite(path) }
        links.insert(path)
    }

    private func hardLink(_ path: ArchivePath, to target: ArchivePath) throws(Archive.Failure) {
        guard !links.contains(target), !target.above.contains(where: links.contains) else {
            throw Archive.Failure(
                .unsafePath, "The archive's link '\(path.text)' leads through the link '\(target.text)'.")
        }
        unlink(place(path))
        guard link(place(target), place(path)) == 0 else { throw cannotWrite(path) }
    }

    private func writeFile(_ path: ArchivePath, mode: mode_t) throws(Archive.Failure) {
        unlink(place(path))  // A name given twice: the last one counts, and never through a link.
        links.remove(path)
        let descriptor = open(place(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite(path) }
        defer { close(descriptor) }
        while true {
            var block: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let code = archive_read_data_block(archive, &block, &count, &offset)
            if code == ARCHIVE_EOF { break }
            try check(code)
            // Counted before it is written.
            try add(count, of: path)
            guard pwrite(descriptor, block, count, Int(offset)) == count else { throw cannotWrite(path) }
        }
        fchmod(descriptor, mode)
    }

    private func add(_ bytes: Int, of path: ArchivePath) throws(Archive.Failure) {
        summary.bytes += bytes
        guard summary.bytes <= limits.totalBytes else {
            throw Archive.Failure(
                .tooLarge, "Unzipped size must be smaller than \(limits.totalBytes) bytes; '\(path.text)' passes that.")
        }
        let (most, overflows) = max(size, 1).multipliedReportingOverflow(by: limits.ratio)
        guard overflows || summary.bytes <= max(limits.ratioFloor, most) else {
            throw Archive.Failure(
                .bomb,
                "The archive holds more than \(limits.ratio) times its own \(size) bytes; '\(path.text)' passes that.")
        }
    }
}
