import Cloud
import Foundation

/// What repositories are cloned from: an address over HTTP, without anything but scheme, host, port and path.
struct CloneBase: Sendable, Hashable {
    let text: String

    /// - Throws: ``AWSError`` for anything else: other protocols run programs or read files, and credentials have a place of their own.
    init(_ text: String) throws {
        guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme ?? ""),
            let host = url.host, !host.isEmpty, !host.hasPrefix("-"), url.query == nil, url.fragment == nil,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw AWSError.connection(
                "'\(text.prefix(200))' is no address to clone from. Write http(s)://host[:port][/path].")
        }
        guard url.user == nil, url.password == nil else {
            throw AWSError.connection("Leave user and password out of the address: give them as username and token.")
        }
        self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A folder of this machine that holds repositories; symbolic links in its path are followed once, now.
    static func folder(_ path: String, outside data: String) throws -> String {
        var isFolder: ObjCBool = false
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder), isFolder.boolValue else {
            throw AWSError.connection("There is no folder \(path) on the server's machine.")
        }
        let own = URL(fileURLWithPath: data).resolvingSymlinksInPath().standardizedFileURL.path
        guard real != own, !real.hasPrefix(own + "/"), !own.hasPrefix(real + "/"), real != "/" else {
            throw AWSError.connection("Slipway's own data is in \(path): name the folder that the repositories are in.")
        }
        return real
    }
}
