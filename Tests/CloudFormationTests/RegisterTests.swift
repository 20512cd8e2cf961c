import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Registers")
struct RegisterTests {
    @Test("a register behaves as a dictionary does, copies stay what they were, and it survives being stored")
    func likeADictionary() throws {
        var plain: [String: Int] = [:]
        var register = Register<Int>()
        for step in 0..<5000 {
            let name = "n\(step * 7919 % 613)"
            switch step % 5 {
            case 0: #expect(register.removeValue(forKey: name) == plain.removeValue(forKey: name))
            case 1:
                register[name]? += 1
                plain[name]? += 1
            default:
                register[name] = step
                plain[name] = step
            }
        }
        let copy = register
        #expect(Set(register.keys) == Set(plain.keys))
        #expect(register.values.sorted() == plain.values.sorted())
        for (name, value) in plain { #expect(register[name] == value) }
        for name in plain.keys { register[name] = nil }
        #expect(register.isEmpty && !copy.isEmpty)
        let stored: Register<Int> = try JSON(parsing: JSON(encoding: copy).text()).decode()
        for (name, value) in plain { #expect(stored[name] == value) }
    }

    @Test("a schedule hands out every node once, each after what it needs", arguments: 0..<30)
    func schedule(size: Int) {
        let nodes = (0..<size * 10).map { "N\($0)" }
        let needs = { (name: String) -> [String] in
            let number = Int(name.dropFirst()) ?? 0
            return [number / 2, number / 3].filter { $0 < number }.map { "N\($0)" }
        }
        var schedule = Schedule(nodes.reversed(), needs: needs)
        var done: Set<String> = []
        while let node = schedule.next() {
            #expect(done.isSuperset(of: needs(node)))
            #expect(done.insert(node).inserted)
            schedule.finish(node)
            schedule.finish(node)
        }
        #expect(done.count == nodes.count)
        #expect(schedule.remaining == 0)
    }
}
