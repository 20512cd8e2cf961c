import CLibArchive  // Its headers may be the first that the compiler sees to define `stat`.
import Glibc

/// What every program sees of the machine: its system folders, read-only, and nothing of anybody's data.
enum HostView {
    /// The system folders that are folders here; those that are links are made as links.
    static let folders = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"].filter { realFolder($0) }

    /// The links among the system folders, such as `/bin` to `usr/bin`.
    static let links: [(path: String, target: String)] = ["/bin", "/sbin", "/lib", "/lib64", "/lib32"].compactMap {
        path in
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count - 1)
        guard count > 0 else { return nil }
        return (path, String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// What programs need of /etc. Named one by one: /etc also holds passwords and keys.
    static let settings = [
        "/etc/alternatives", "/etc/ca-certificates", "/etc/group", "/etc/hosts", "/etc/ld.so.cache", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/os-release",
        "/etc/passwd",
        "/etc/pki/tls/certs", "/etc/protocols", "/etc/resolv.conf", "/etc/services", "/etc/ssl/certs",
        "/etc/ssl/openssl.cnf", "/etc/timezone",
    ].filter { Files.exists($0) }

    private static func realFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}
