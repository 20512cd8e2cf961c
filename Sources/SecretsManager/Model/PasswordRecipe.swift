import Cloud
import Ledger

/// How a random password is to look.
///
/// Source: Secrets Manager API Reference, GetRandomPassword.
struct PasswordRecipe: Decodable, Sendable {
    var PasswordLength: Int?
    var ExcludeCharacters: String?
    var ExcludeNumbers: Bool?
    var ExcludePunctuation: Bool?
    var ExcludeUppercase: Bool?
    var ExcludeLowercase: Bool?
    var IncludeSpace: Bool?
    var RequireEachIncludedType: Bool?

    private static let punctuation = ##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##

    /// The kinds of characters that may occur, each as its alphabet.
    private var kinds: [[Character]] {
        let excluded = Set(ExcludeCharacters ?? "")
        let alphabets = [
            ExcludeLowercase == true ? "" : "abcdefghijklmnopqrstuvwxyz",
            ExcludeUppercase == true ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            ExcludeNumbers == true ? "" : "0123456789", ExcludePunctuation == true ? "" : Self.punctuation,
            IncludeSpace == true ? " " : "",
        ]
        return alphabets.map { $0.filter { !excluded.contains($0) } }.filter { !$0.isEmpty }.map(Array.init)
    }

    /// A password drawn by that chance, which must be one for secrets.
    ///
    /// - Throws: ``AWSError`` when no characters are left, or fewer places than kinds that must occur.
    func password(_ chance: any Chance) throws -> String {
        let length = PasswordLength ?? 32
        let kinds = kinds
        guard !kinds.isEmpty else {
            throw AWSError.parameter("The password can't be generated: every character is excluded.")
        }
        let requiresEach = RequireEachIncludedType ?? true
        guard !requiresEach || length >= kinds.count else {
            throw AWSError.parameter(
                "The password length must be at least \(kinds.count) to hold each of the included types.")
        }
        let all = Array(kinds.joined())
        var drawn = requiresEach ? kinds.map { Self.draw($0, chance) } : []
        while drawn.count < length { drawn.append(Self.draw(all, chance)) }
        // The first of each kind must not stand in front always.
        for place in drawn.indices.reversed() where place > 0 {
            drawn.swapAt(place, Self.below(place + 1, chance))
        }
        return String(drawn)
    }

    private static func draw(_ letters: [Character], _ chance: any Chance) -> Character {
        letters[below(letters.count, chance)]
    }

    /// A number from 0 up to, not including, the bound: every one as likely as the others.
    private static func below(_ bound: Int, _ chance: any Chance) -> Int {
        let bound = UInt64(bound)
        let fair = UInt64.max - UInt64.max % bound
        while true {
            let bits = chance.next()
            if bits < fair { return Int(bits % bound) }
        }
    }
}

extension SecretsManagerService {
    struct PasswordOutput: Encodable { let RandomPassword: String }

    var passwords: [Operation] {
        [
            Operation(
                "GetRandomPassword",
                enforces: "PasswordLength ExcludeCharacters ExcludeNumbers ExcludePunctuation ExcludeUppercase "
                    + "ExcludeLowercase IncludeSpace RequireEachIncludedType"
            ) { (recipe: PasswordRecipe, _) in
                PasswordOutput(RandomPassword: try recipe.password(cloud.surroundings.chance))
            }
        ]
    }
}
