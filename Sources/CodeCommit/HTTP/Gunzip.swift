internal import CLibArchive

/// Unpacks gzip, which git uses for long requests.
enum Gunzip {
    /// The unpacked bytes; nil when they are no gzip, damaged, or more than `limit`.
    static func unpack(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard let archive = archive_read_new() else { return nil }
        defer { archive_read_free(archive) }
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_raw(archive)
        return bytes.withUnsafeBytes { input -> [UInt8]? in
            guard archive_read_open_memory(archive, input.baseAddress, input.count) == ARCHIVE_OK else { return nil }
            var entry: OpaquePointer?
            guard archive_read_next_header(archive, &entry) == ARCHIVE_OK, archive_filter_count(archive) > 1 else {
                return nil
            }
            var output: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = archive_read_data(archive, &buffer, buffer.count)
                if count == 0 { return output }
                guard count > 0, output.count + count <= limit else { return nil }
                output += buffer.prefix(count)
            }
        }
    }
}
