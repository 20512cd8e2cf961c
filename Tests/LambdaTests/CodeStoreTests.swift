import Foundation
import Testing

@testable import Lambda

@Suite("The store of code")
struct CodeStoreTests {
    @Test("takes the same zip from many at once: a template's functions often share their code")
    func race() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("code-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try CodeStore(folder: folder + "/lambda", below: folder)
        for round in 0..<8 {
            let files = Dictionary(uniqueKeysWithValues: (0..<40).map { ("part\($0).py", "round = \(round)\n") })
            let bytes = try [UInt8](#require(Data(base64Encoded: LambdaFixture.zip(files))))
            let packages = try await withThrowingTaskGroup(of: CodeStore.Package.self) { group in
                for _ in 0..<8 { group.addTask { try await store.store(bytes) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            let package = try #require(packages.first)
            #expect(packages.count == 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: store.treePath(package.sha256))
            #expect(names.count == 40)
            #expect(FileManager.default.contents(atPath: store.zipPath(package.sha256)) == Data(bytes))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/lambda/new").isEmpty)
    }
}
