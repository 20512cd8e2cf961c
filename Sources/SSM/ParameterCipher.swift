internal import Crypto
internal import Foundation
internal import Ledger

/// Encrypts secure values at rest: AES-256-GCM under a key of this Slipway's own.
struct ParameterCipher: Sendable {
    private let key: SymmetricKey

    /// Reads the key from the data folder, or makes it, readable by its owner alone and synced before it is used.
    ///
    /// - Throws: `LedgerError` `.unusable` when the file cannot be read, or is no key.
    init(folder: String) throws {
        let path = folder + "/keys/parameters.key"
        let files = FileManager.default
        if let data = files.contents(atPath: path) {
            guard data.count == 32 else {
                throw LedgerError(.unusable, "\(path) is no key. Restore it from a backup: secure parameters cannot be read without it.")
            }
            key = SymmetricKey(data: data)
            return
        }
        key = SymmetricKey(size: .bits256)
        do {
            try files.createDirectory(
                atPath: folder + "/keys", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let data = key.withUnsafeBytes { Data($0) }
            _ = files.createFile(atPath: path + ".new", contents: nil, attributes: [.posixPermissions: 0o600])
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + ".new"))
            try file.write(contentsOf: data)
            try file.synchronize()
            try file.close()
            try files.moveItem(atPath: path + ".new", toPath: path)
        } catch {
            throw LedgerError(.unusable, "The key for secure parameters cannot be written to \(path): \(error)")
        }
    }

    /// The text encrypted, as base64. Bound to its name: it cannot be passed off as another parameter's.
    func seal(_ text: String, name: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: key, authenticating: Data(name.utf8))
        return (box.combined ?? Data()).base64EncodedString()
    }

    /// The text that was sealed.
    ///
    /// - Throws: when it was sealed under another key or name.
    func open(_ sealed: String, name: String) throws -> String {
        let box = try AES.GCM.SealedBox(combined: Data(base64Encoded: sealed) ?? Data())
        return String(decoding: try AES.GCM.open(box, using: key, authenticating: Data(name.utf8)), as: UTF8.self)
    }
}
