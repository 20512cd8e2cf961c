import Foundation
import Ledger
import LedgerTesting
import Testing
import Vault

@Suite("A vault")
struct VaultTests {
    @Test("opens what it sealed, under the same name alone, also after a restart")
    func sealing() async throws {
        try await withTemporaryLedger { ledger in
            let vault = try Vault(folder: ledger.folder, name: "a")
            let sealed = try vault.seal("hush-hush", name: "one")
            #expect(!sealed.contains("hush"))
            #expect(try vault.seal("hush-hush", name: "one") != sealed, "equal texts look different at rest")
            #expect(try Vault(folder: ledger.folder, name: "a").open(sealed, name: "one") == "hush-hush")
            #expect(throws: (any Error).self) { try vault.open(sealed, name: "two") }
            #expect(throws: (any Error).self) { try Vault(folder: ledger.folder, name: "b").open(sealed, name: "one") }
            #expect(throws: (any Error).self) { try vault.open("AAAA", name: "one") }
        }
    }

    @Test("keeps its key where only its owner reads it, and refuses what is no key")
    func keyFile() async throws {
        try await withTemporaryLedger { ledger in
            _ = try Vault(folder: ledger.folder, name: "a")
            let path = ledger.folder + "/keys/a.key"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            try Data("short".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: LedgerError.self) { try Vault(folder: ledger.folder, name: "a") }
        }
    }
}
