internal import Crypto
internal import Foundation
internal import Ledger

/// Seals texts for storage: AES-256-GCM under a key of this Slipway's own, kept in the data folder beside the ledger.
///
/// Every service that keeps secrets has a vault of its own name, hence a key of its own.
package struct Vault: Sendable {
    private let key: SymmetricKey

    /// Reads the key `keys/NAME.key` of the data folder, or makes it, readable by its owner alone and synced before it
    /// is used.
    ///
    /// - Throws: `LedgerError` `.unusable` when the file cannot be read or written, or is no key.
    package init(folder: String, name: String) throws {
        let path = folder + "/keys/\(name).key"
        if let data = FileManager.default.contents(atPath: path) {
            guard data.count == 32 else {
                throw LedgerError(
                    .unusable, "\(path) is no key. Restore it from a backup: what is sealed cannot be read without it.")
            }
            key = SymmetricKey(data: data)
            return
        }
        key = SymmetricKey(size: .bits256)
        do {
            try DurableFiles.makeFolder(folder + "/keys", below: folder)
            try DurableFiles.write(key.withUnsafeBytes { Array($0) }, to: path)
        } catch {
            throw LedgerError(.unusable, "The key for secrets cannot be written to \(path): \(error)")
        }
    }

    /// The text encrypted, as base64. Bound to its name: it cannot be passed off as the value of another name.
    package func seal(_ text: String, name: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: key, authenticating: Data(name.utf8))
        return (box.combined ?? Data()).base64EncodedString()
    }

    /// The text that was sealed.
    ///
    /// - Throws: when it was sealed under another key or name, or was changed since.
    package func open(_ sealed: String, name: String) throws -> String {
        let box = try AES.GCM.SealedBox(combined: Data(base64Encoded: sealed) ?? Data())
        return String(decoding: try AES.GCM.open(box, using: key, authenticating: Data(name.utf8)), as: UTF8.self)
    }
}
