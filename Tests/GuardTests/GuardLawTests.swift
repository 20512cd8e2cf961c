import Guard
import Notation
import NotationTesting
import Testing

/// What must hold of rules whatever they ask: checked with random clauses.
@Suite("Guard: laws")
struct GuardLawTests {
    private static let document: JSON = [
        "n": 5, "t": "text", "l": [1, 2, 3], "o": ["a": 1, "b": "x"], "e": [], "f": true,
        "r": [["k": "a", "v": 1], ["k": "b", "v": 2]],
    ]

    /// A clause that makes sense of this document, its query and its operator apart.
    private static func clause(_ chance: inout Chance) -> (query: String, check: String) {
        [
            ("n", "== \(3 + chance.next(4))"), ("n", "> \(chance.next(9))"), ("n", "IN [4, 5]"),
            ("n", "IN r[5,\(5 + chance.next(2))]"),
            ("t", "== 'text'"), ("t", "== /x/"), ("t", "IN ['a', 'text']"), ("l", "EMPTY"), ("e", "EMPTY"),
            ("t", "IS_STRING"),
            ("o", "IS_STRUCT"), ("n", "EXISTS"), ("none", "EXISTS"), ("f", "== \(chance.next(2) == 0)"),
            ("o.b", "== 'x'"),
            ("none.deep", "EXISTS"),
        ][chance.next(16)]
    }

    private static func status(_ body: String) throws -> GuardVerdict.Status {
        try GuardRules("rule r {\n\(body)\n}", name: "f").evaluate(document).rules[0].status
    }

    @Test("'not' turns round what can be compared; lines are 'and'; 'or' is or", arguments: 0..<40)
    func laws(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 3)
        for _ in 0..<10 {
            let (first, second) = (Self.clause(&chance), Self.clause(&chance))
            let one = try Self.status("\(first.query) \(first.check)") == .pass
            let two = try Self.status("\(second.query) \(second.check)") == .pass
            if !first.query.hasPrefix("none") || first.check == "EXISTS" {
                let opposite =
                    first.check.hasPrefix("==")
                    ? "\(first.query) !\(first.check.dropFirst())" : "not \(first.query) \(first.check)"
                #expect(try (Self.status(opposite) == .pass) == !one, "\(opposite)")
            }
            let (left, right) = ("\(first.query) \(first.check)", "\(second.query) \(second.check)")
            #expect(try (Self.status(left + "\n" + right) == .pass) == (one && two))
            #expect(try (Self.status(left + " or " + right) == .pass) == (one || two))
            let conditional = try Self.status("when \(left) { \(right) }")
            #expect(conditional == (one ? (two ? .pass : .fail) : .skip))
        }
    }

    @Test("'some' is 'or' over the values, without it 'and'", arguments: 0..<4)
    func quantities(value: Int) throws {
        let equal = [1, 2, 3].map { $0 == value }
        #expect(try (Self.status("some l[*] == \(value)") == .pass) == equal.contains(true))
        #expect(try (Self.status("l[*] == \(value)") == .pass) == equal.allSatisfy { $0 })
        #expect(try (Self.status("l[*] != \(value)") == .pass) == !equal.contains(true))
        #expect(try (Self.status("l[ this == \(value) ] !empty") == .pass) == equal.contains(true))
        let count = equal.count { $0 }
        #expect(try Self.status("let c = count(l[ this == \(value) ])\n%c == \(count)") == .pass)
    }

    @Test("a block asks of each value what a clause with the longer query asks of all")
    func blocks() throws {
        for check in ["v > 0", "v > 1", "k == /[ab]/", "k == 'a'", "v exists", "w exists"] {
            let short = try Self.status("r[*] { \(check) }")
            #expect(try Self.status("r[*].\(check)") == short, "\(check)")
            #expect(try Self.status("let x = r[*]\n%x.\(check)") == short, "\(check)")
        }
    }

    @Test("the documented example of blocked ports: ranges from any address, one variable inside another's block")
    func ports() throws {
        let rules = """
            let ports = InputParameters.TcpBlockedPorts[*]
            rule valid { InputParameters.TcpBlockedPorts[*] { this in r[0,65535] } }
            rule open when valid {
                let open = configuration.ipPermissions[
                    some ipv4Ranges[*].cidrIp == "0.0.0.0/0" or
                    some ipv6Ranges[*].cidrIpv6 == "::/0"
                    ipProtocol != 'udp' ]
                when %open !empty {
                    %open {
                        ipProtocol != '-1'
                        when fromPort exists
                             toPort exists {
                            let each = this
                            %ports {
                                this < %each.fromPort or
                                this > %each.toPort <<blocked port in range>>
                            }
                        }
                    }
                }
            }
            """
        func verdict(_ from: Int, _ to: Int, _ address: String) throws -> GuardVerdict {
            let permission: JSON = [
                "fromPort": .int(from), "toPort": .int(to), "ipProtocol": "tcp",
                "ipv4Ranges": [["cidrIp": .string(address)]], "ipv6Ranges": [],
            ]
            let document: JSON = [
                "InputParameters": ["TcpBlockedPorts": [22, 3389]], "configuration": ["ipPermissions": [permission]],
            ]
            return try GuardRules(rules, name: "f").evaluate(document)
        }
        #expect(try verdict(80, 90, "0.0.0.0/0").rules.map(\.status) == [.pass, .pass])
        #expect(try verdict(20, 25, "0.0.0.0/0").rules.map(\.status) == [.pass, .fail])
        #expect(try verdict(20, 25, "10.0.0.0/8").rules.map(\.status) == [.pass, .skip])
        #expect(try verdict(20, 25, "0.0.0.0/0").rules[1].failures.last?.message == "blocked port in range")
    }
}
