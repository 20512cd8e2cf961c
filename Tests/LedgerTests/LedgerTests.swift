import Foundation
import Ledger
import LedgerTesting
import Notation
import Testing

private struct Note: Codable, Sendable, Equatable {
    var text: String
    var tags: [String] = []
}
private let notes = Collection<Note>("note", lookups: ["tag": { $0.tags }])

@Suite("Documents")
struct DocumentTests {
    @Test("are there after the write returned, and after the ledger was opened anew")
    func durable() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let ledger = try Ledger(folder: folder)
            try await ledger.write { try $0.put(notes, "a/1", Note(text: "one", tags: ["x"])) }
            try ledger.close()
        }
        let ledger = try Ledger(folder: folder)
        #expect(try await ledger.get(notes, "a/1")?.value == Note(text: "one", tags: ["x"]))
        #expect(try await ledger.find(notes, "tag", "x").map(\.key) == ["a/1"])
    }

    @Test("are listed by prefix, in pages, and looked up by what they say now")
    func lists() async throws {
        try await withTemporaryLedger { ledger in
            try await ledger.write { write in
                for number in 10..<30 { try write.put(notes, "a/\(number)", Note(text: "n", tags: ["t\(number % 2)"])) }
                try write.put(notes, "b/1", Note(text: "n"))
                try write.put(notes, "a/11", Note(text: "m", tags: ["t0"]))
                try write.delete(notes, "a/12")
            }
            #expect(try await ledger.list(notes, prefix: "a/").count == 19)
            #expect(try await ledger.list(notes, prefix: "a/", after: "a/13", limit: 2).map(\.key) == ["a/14", "a/15"])
            #expect(try await ledger.find(notes, "tag", "t0").count == 10)
            #expect(try await ledger.get(notes, "a/12") == nil)
        }
    }

    @Test("refuse a change made on an old reading")
    func conflicts() async throws {
        try await withTemporaryLedger { ledger in
            let first = try await ledger.write { try $0.insert(notes, "k", Note(text: "1")) }
            try await ledger.write { try $0.put(notes, "k", Note(text: "2"), ifVersion: first.version) }
            let refusal = await #expect(throws: LedgerError.self) {
                try await ledger.write { try $0.put(notes, "k", Note(text: "3"), ifVersion: first.version) }
            }
            #expect(refusal?.code == .conflict)
            #expect(try await ledger.get(notes, "k")?.value.text == "2")
        }
    }

    @Test("a write that fails leaves nothing behind and its neighbours alone")
    func rollback() async throws {
        struct Stop: Error {}
        try await withTemporaryLedger { ledger in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try? await ledger.write { write in
                            try write.put(notes, "k\(number)", Note(text: "\(number)"))
                            if number % 3 == 0 { throw Stop() }
                        }
                    }
                }
            }
            let kept = try await ledger.list(notes)
            #expect(kept.count == 133)
            for number in stride(from: 0, to: 200, by: 3) { #expect(try await ledger.get(notes, "k\(number)") == nil) }
        }
    }

    @Test("counted up by many at once come out right")
    func concurrency() async throws {
        try await withTemporaryLedger { ledger in
            try await ledger.write { try $0.put(notes, "n", Note(text: "0")) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<300 {
                    group.addTask {
                        try await ledger.write { write in
                            _ = try write.update(notes, "n") { $0.text = String((Int($0.text) ?? 0) + 1) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await ledger.get(notes, "n")?.value.text == "300")
        }
    }

    @Test("a second process is told who holds the folder")
    func oneAtATime() async throws {
        try await withTemporaryLedger { ledger in
            let refusal = #expect(throws: LedgerError.self) { _ = try Ledger(folder: ledger.folder) }
            #expect(refusal?.code == .held)
        }
    }
}

@Suite("The event log")
struct EventLogTests {
    private func event(_ id: String) -> LedgerEvent {
        LedgerEvent(
            id: id, time: Timestamp(seconds: 1), source: "aws.test", detailType: "T", account: "1", region: "r",
            resources: ["arn:x"], detail: ["id": .string(id)])
    }

    @Test("keeps order, leaves repeats out, and is followed as it grows")
    func follow() async throws {
        try await withTemporaryLedger { ledger in
            try await ledger.write { for id in ["a", "b", "a"] { try $0.append(event(id)) } }
            async let seen: [String] = {
                var ids: [String] = []
                for try await logged in ledger.follow(after: 0) {
                    ids.append(logged.event.id)
                    if ids.count == 4 { break }
                }
                return ids
            }()
            for id in ["c", "d"] { try await ledger.write { try $0.append(event(id)) } }
            #expect(try await seen == ["a", "b", "c", "d"])
        }
    }

    @Test("a reader far behind gets all there is, without gap or repeat, also while more comes")
    func farBehind() async throws {
        try await withTemporaryLedger { ledger in
            let last = 9_000  // more than are kept in memory
            async let writing: Void = {
                for start in stride(from: 1, through: last, by: 100) {
                    try await ledger.write { for number in start..<start + 100 { try $0.append(event("\(number)")) } }
                }
            }()
            var expected = 1
            for try await logged in ledger.follow(after: 0) {
                #expect(logged.event == event("\(expected)"))
                if expected == last { break }
                expected += 1
            }
            try await writing
            // Now from the beginning again, most of it from the disk alone.
            var place: Int64 = 0
            var ids: [String] = []
            while case let page = try await ledger.events(after: place), let newest = page.last {
                ids += page.map(\.event.id)
                place = newest.sequence
            }
            #expect(ids == (1...last).map(String.init))
            #expect(place == ledger.lastSequence)
        }
    }

    @Test("what a write that fails appended is seen by nobody")
    func takenBack() async throws {
        struct Refused: Error {}
        try await withTemporaryLedger { ledger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {  // some of them share a commit, some do not
                    group.addTask {
                        do {
                            try await ledger.write { transaction in
                                try transaction.append(event("\(number)"))
                                if number % 2 == 1 { throw Refused() }
                            }
                        } catch is Refused {}
                    }
                }
                try await group.waitForAll()
            }
            let seen = try await ledger.events(after: 0).map(\.event.id)
            #expect(Set(seen) == Set((0..<50).filter { $0 % 2 == 0 }.map(String.init)))
        }
    }

    @Test("whoever finds one document of a commit finds the others, however he asks")
    func documentsTogether() async throws {
        try await withTemporaryLedger { ledger in
            let last = 400
            async let writing: Void = {
                for number in 1...last {
                    try await ledger.write { transaction in
                        for place in 10..<50 { try transaction.put(notes, "\(place)", Note(text: "\(number)")) }
                    }
                }
            }()
            var seen = 0
            var early: [String] = []
            while seen < last {
                guard let found = try await ledger.list(notes, prefix: "10", limit: 1).first else { continue }
                seen = Int(found.value.text) ?? 0
                let other = try await ledger.get(notes, "49")?.value.text ?? "nothing"
                if Int(other) ?? 0 < seen { early.append("\(seen), the other is \(other)") }
            }
            try await writing
            #expect(early.isEmpty)
        }
    }

    @Test("whoever learns of an event finds the documents of its commit, however soon he looks")
    func documentsFirst() async throws {
        try await withTemporaryLedger { ledger in
            let last = 400
            async let writing: Void = {
                for number in 1...last {
                    try await ledger.write { transaction in
                        // Many of them, so that it takes a while until all can be read.
                        for place in 0..<40 { try transaction.put(notes, "\(place)", Note(text: "\(number)")) }
                        try transaction.append(event("\(number)"))
                    }
                }
            }()
            var place: Int64 = 0
            var early: [String] = []
            while place < last {
                guard let newest = try await ledger.events(after: place).last else { continue }
                place = newest.sequence
                for key in ["0", "39"] {
                    let text = try await ledger.get(notes, key)?.value.text ?? "nothing"
                    if Int64(text) ?? 0 < place { early.append("event \(place), \(key) is \(text)") }
                }
            }
            try await writing
            #expect(early.isEmpty)
        }
    }
}

@Suite("Leases")
struct LeaseTests {
    @Test("belong to one holder until they run out")
    func leases() async throws {
        let time = VirtualTime()
        try await withTemporaryLedger(Surroundings(time: time, chance: SeededChance(seed: 1))) { ledger in
            #expect(try await ledger.write { try $0.takeLease("l", holder: "a", for: .seconds(10)) })
            #expect(try await !ledger.write { try $0.takeLease("l", holder: "b", for: .seconds(10)) })
            #expect(try await ledger.write { try $0.takeLease("l", holder: "a", for: .seconds(10)) })
            time.advance(by: .seconds(11))
            #expect(try await ledger.write { try $0.leaseHolder("l") } == nil)
            #expect(try await ledger.write { try $0.takeLease("l", holder: "b", for: .seconds(10)) })
            try await ledger.write { try $0.releaseLease("l", holder: "a") }
            #expect(try await ledger.write { try $0.leaseHolder("l") } == "b")
        }
    }
}

@Suite("Chance")
struct ChanceTests {
    @Test("makes UUIDs of version 4 that differ")
    func uuids() {
        let chance = SeededChance(seed: 7)
        let drawn = (0..<1000).map { _ in chance.uuid() }
        #expect(Set(drawn).count == 1000)
        for id in drawn {
            #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        }
    }

    @Test("draws every letter of an alphabet, and as many as asked for", arguments: [1, 6, 7, 64])
    func letters(count: Int) {
        let chance = SeededChance(seed: 3)
        let texts = (0..<500).map { _ in chance.alphanumeric(count) }
        #expect(texts.allSatisfy { $0.count == count })
        #expect(Set(texts.joined()).count == 36)
    }
}
