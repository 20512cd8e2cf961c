import Foundation
import LedgerTesting
import Synchronization
import Testing

@testable import Ledger

private struct Note: Codable, Sendable {
    var body: BlobID
}
private let notes = Collection<Note>("note")

/// Bytes that follow from the seed.
private func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    let chance = SeededChance(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
}

/// Hands out the bytes in pieces of that size.
private func pieces(_ bytes: [UInt8], of size: Int) -> () async throws -> [UInt8]? {
    var rest = bytes[...]
    return {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }
}

extension Blobs {
    fileprivate func add(_ content: [UInt8], _ key: String) async throws -> BlobID {
        try await withStaged(pieces(content, of: 10_000)) { staged in
            try await ledger.write { write in
                try self.keep(staged, in: write)
                try write.put(notes, key, Note(body: staged.id))
                return staged.id
            }
        }
    }

    fileprivate func content(_ ids: [BlobID], _ range: Range<Int>? = nil) async throws -> [UInt8] {
        let reader = try await open(ids, range: range)
        var all: [UInt8] = []
        while let piece = try await reader.next() { all += piece }
        #expect(all.count == reader.length)
        return all
    }

    fileprivate var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") } }
    }
}

@Suite("Bodies")
struct BlobTests {
    @Test("come back as they were put, in a row or in a file", arguments: [0, 1, 32_768, 32_769, 600_000, 1_100_000])
    func roundTrip(size: Int) async throws {
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            let content = bytes(size)
            let id = try await blobs.add(content, "a")
            #expect(try await blobs.content([id]) == content)
            #expect(try blobs.files.count == (size > Blobs.inlineLimit ? 1 : 0))
            #expect((try await blobs.open([id]).bytes != nil) == (size <= Blobs.inlineLimit))
        }
    }

    @Test("read as one, or any range of that")
    func ranges() async throws {
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            let parts = [bytes(300_000, seed: 1), bytes(20, seed: 2), bytes(70_000, seed: 3)]
            var ids: [BlobID] = []
            for (place, part) in parts.enumerated() { ids.append(try await blobs.add(part, "\(place)")) }
            let whole = parts.flatMap { $0 }
            for range in [0..<1, 0..<whole.count, 299_999..<300_021, 300_005..<300_006, 5..<5, 262_140..<262_150] {
                #expect(try await blobs.content(ids, range) == Array(whole[range]))
            }
        }
    }

    @Test("nobody kept are gone at once, whatever went wrong")
    func unkept() async throws {
        struct Stop: Error {}
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            await #expect(throws: Stop.self) {
                try await blobs.withStaged(pieces(bytes(100_000), of: 9999)) { _ in throw Stop() }
            }
            await #expect(throws: Stop.self) {
                try await blobs.withStaged(pieces(bytes(100_000), of: 9999)) { staged in
                    try await ledger.write { write in
                        try blobs.keep(staged, in: write)
                        throw Stop()
                    }
                }
            }
            let refusal = await #expect(throws: BlobError.self) {
                try await blobs.withStaged(limit: 99_999, pieces(bytes(100_000), of: 9999)) { _ in }
            }
            #expect(refusal?.code == .tooLarge)
            var count = 0
            await #expect(throws: Stop.self) {
                try await blobs.withStaged({
                    count += 1
                    if count > 9 { throw Stop() }
                    return bytes(10_000)
                }) { _ in }
            }
            try await eventually("an empty folder") { try blobs.files.isEmpty ? true : nil }
        }
    }

    @Test("go with their owner, but not from under a reader")
    func removal() async throws {
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            let content = bytes(900_000)
            let id = try await blobs.add(content, "a")
            var reader: BlobReader? = try await blobs.open([id])
            var read = try await reader?.next() ?? []
            try await ledger.write { write in
                try write.delete(notes, "a")
                try blobs.remove(id, in: write)
            }
            while let piece = try await reader?.next() { read += piece }
            #expect(read == content)
            reader = nil
            try await eventually("the file to go") { try blobs.files.isEmpty ? true : nil }
            let refusal = await #expect(throws: BlobError.self) { try await blobs.open([id]) }
            #expect(refusal?.code == .missing)
        }
    }

    @Test("are copied without a second writing, and live on when the first goes", arguments: [100, 100_000])
    func copies(size: Int) async throws {
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            let content = bytes(size)
            let first = try await blobs.add(content, "a")
            let second = try await blobs.withCopy(of: first) { staged in
                try await ledger.write { write in
                    try blobs.keep(staged, in: write)
                    try blobs.remove(first, in: write)
                    return staged.id
                }
            }
            #expect(try await blobs.content([try #require(second)]) == content)
        }
    }

    @Test("that a crash left without an owner are swept at the next start, all others stay")
    func sweeping() async throws {
        try await withTemporaryLedger { ledger in
            let before = try Blobs(ledger: ledger)
            let kept = try await before.add(bytes(50_000), "a")
            for name in ["1-zz-orphan", "1-zy-half.part"] {
                _ = FileManager.default.createFile(atPath: before.folder + "/" + name, contents: Data([1]))
            }
            let after = try Blobs(ledger: ledger)
            let mine = try await after.add(bytes(50_000), "b")
            #expect(try await after.sweep() == 2)
            try await eventually("two files") { try after.files.count == 2 ? true : nil }
            #expect(try await after.content([kept, mine]).count == 100_000)
        }
    }

    @Test("a full disk is named, with what to do")
    func fullDisk() {
        for number in [ENOSPC, EDQUOT] {
            let error = BlobError(number, "write", "/data/blobs/1")
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("Free disk space"))
        }
    }

    @Test("a folder that is gone is an error, and the next body is not harmed")
    func lostFolder() async throws {
        try await withTemporaryLedger { ledger in
            let blobs = try Blobs(ledger: ledger)
            try FileManager.default.removeItem(atPath: blobs.folder)
            await #expect(throws: BlobError.self) { _ = try await blobs.add(bytes(50_000), "a") }
            #expect(try await ledger.get(notes, "a") == nil)
            try FileManager.default.createDirectory(atPath: blobs.folder, withIntermediateDirectories: true)
            _ = try await blobs.add(bytes(50_000), "a")
        }
    }
}
