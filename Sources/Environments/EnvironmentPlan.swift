internal import CloudFormation
internal import Notation

/// The name of an environment where it stands as a word of its own, such as in `production-orders`.
struct EnvironmentWord: Sendable {
    let from: String
    let to: String

    /// The text with every such word replaced; letters and digits beside it make it another word.
    func replacing(in text: String) -> String {
        guard !from.isEmpty else { return text }
        var result = ""
        var rest = text[...]
        var before: Character?
        while let found = rest.firstRange(of: from) {
            let prior = found.lowerBound > rest.startIndex ? rest[rest.index(before: found.lowerBound)] : before
            let after = found.upperBound < rest.endIndex ? rest[found.upperBound] : nil
            let isWord = ![prior, after].contains { $0?.isLetter == true || $0?.isNumber == true }
            result += rest[..<found.lowerBound] + (isWord ? to : from)
            before = from.last
            rest = rest[found.upperBound...]
        }
        return result + rest
    }

    /// The value with the word replaced in every text of it.
    func replacing(in value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(replacing(in: text))
        case .array(let elements): .array(elements.map { replacing(in: $0) })
        case .object(let members): .object(members.mapValues { replacing(in: $0) })
        default: value
        }
    }
}

/// What a copy of an environment would be: worked out before anything is touched, a pure function of what stands.
struct EnvironmentPlan: Codable, Sendable {
    /// A stack to be copied.
    struct Source: Sendable {
        var id: String
        var name: String
        var template: String
        var body: JSON
        var parameters: [Stack.Parameter]
        var tags: [Stack.Tag]
        var capabilities: [String]
        var exports: [String]
        var imports: [String]
    }

    /// A stack that stands under a name that a copy would have.
    struct Standing: Sendable {
        /// The environment that its tags say it belongs to.
        var environment: String?
    }

    /// A value for a parameter, in one stack or in all.
    struct Override: Sendable {
        var stack: String?
        var name: String
        var value: String
    }

    /// A stack that is made or changed.
    struct Copy: Codable, Sendable, Hashable {
        var source: String
        var sourceID: String
        var target: String
        /// Whether it stands already.
        var isUpdate: Bool
        var parameters: [Stack.Parameter]
        var tags: [Stack.Tag]
        var capabilities: [String]
        var template: String
        /// The copies that must stand first.
        var needs: [String]
        /// What is different from the source, and what is left out.
        var notes: [String]
    }

    let environment: String
    let source: String
    var copies: [Copy] = []
    /// Why it cannot be done; empty when it can.
    var obstacles: [String] = []

    static let environmentTag = "slipway:environment"
    static let sourceTag = "slipway:cloned-from"

    /// What may be said of the resources of a type.
    struct TypeFacts: Sendable {
        /// The property that names a resource.
        var nameProperty: String?
        /// Whether it holds what users put in.
        var holdsData: Bool
    }

    /// - Parameters:
    ///   - sources: the stacks of the environment.
    ///   - standing: what stands under a name, if anything does.
    ///   - facts: what is known about a type.
    init(
        of source: String, as environment: String, sources: [Source], overrides: [Override],
        standing: (String) -> Standing?, facts: @escaping (String) -> TypeFacts
    ) {
        self.environment = environment
        self.source = source
        let word = EnvironmentWord(from: source, to: environment)
        let exporters = Dictionary(sources.flatMap { stack in stack.exports.map { ($0, stack.name) } }) { first, _ in
            first
        }
        for stack in sources.sorted(by: { $0.name < $1.name }) {
            var rewriting = EnvironmentRewriting(word: word, exported: Set(exporters.keys), facts: facts)
            let body = rewriting.rewritten(stack.body)
            let target = Self.targetName(stack.name, word)
            let there = standing(target)
            if let there, there.environment != environment {
                obstacles.append("Stack \(target) exists and does not belong to \(environment). Rename or delete it.")
            }
            obstacles += rewriting.collisions.map { "\(stack.name): \($0)" }
            let needed = Set(stack.imports.compactMap { exporters[$0] }).subtracting([stack.name])
            var copy = Copy(
                source: stack.name, sourceID: stack.id, target: target, isUpdate: there != nil,
                parameters: [], tags: Self.tags(stack, word), capabilities: stack.capabilities,
                template: rewriting.isChanged ? body.text() : stack.template,
                needs: needed.map { Self.targetName($0, word) }.sorted(), notes: rewriting.notes)
            copy.parameters = stack.parameters.map { parameter in
                let value = Self.value(parameter, stack.name, word, overrides)
                if value != parameter.value {
                    let shown = parameter.isNoEcho ? "****" : value
                    copy.notes.append("\(parameter.name) = \(shown)")
                }
                var new = parameter
                new.value = value
                return new
            }
            copies.append(copy)
        }
        for override in overrides where !sources.contains(where: { Self.concerns(override, $0) }) {
            let place = override.stack.map { $0 + ":" } ?? ""
            obstacles.append("No stack of \(source) has the parameter \(place)\(override.name).")
        }
        if sources.isEmpty { obstacles.append("There are no stacks that belong to \(source).") }
        if Set(copies.map(\.target)).count < copies.count { obstacles.append("Two copies would have the same name.") }
    }

    private static func concerns(_ override: Override, _ stack: Source) -> Bool {
        (override.stack == nil || override.stack == stack.name)
            && stack.parameters.contains { $0.name == override.name }
    }

    private static func value(
        _ parameter: Stack.Parameter, _ stack: String, _ word: EnvironmentWord, _ overrides: [Override]
    ) -> String {
        let own = overrides.last { $0.name == parameter.name && $0.stack == stack }
        let any = overrides.last { $0.name == parameter.name && $0.stack == nil }
        return (own ?? any)?.value ?? word.replacing(in: parameter.value)
    }

    private static func targetName(_ name: String, _ word: EnvironmentWord) -> String {
        let renamed = word.replacing(in: name)
        return renamed == name ? "\(name)-\(word.to)" : renamed
    }

    private static func tags(_ stack: Source, _ word: EnvironmentWord) -> [Stack.Tag] {
        let kept = stack.tags.filter { !$0.key.hasPrefix("slipway:") }
            .map { Stack.Tag(key: $0.key, value: word.replacing(in: $0.value)) }
        return kept + [.init(key: environmentTag, value: word.to), .init(key: sourceTag, value: stack.id)]
    }

    /// The plan as the desk answers with it.
    var view: JSON {
        [
            "environment": .string(environment), "source": .string(source),
            "obstacles": .array(obstacles.map(JSON.string)),
            "stacks": .array(
                copies.map { copy in
                    [
                        "source": .string(copy.source), "target": .string(copy.target),
                        "action": copy.isUpdate ? "update" : "create",
                        "parameters": .array(
                            copy.parameters.map {
                                ["name": .string($0.name), "value": .string($0.isNoEcho ? "****" : $0.value)]
                            }),
                        "needs": .array(copy.needs.map(JSON.string)), "notes": .array(copy.notes.map(JSON.string)),
                    ]
                }),
        ]
    }
}

/// A template on its way to another environment: what would collide there is given another name.
struct EnvironmentRewriting {
    let word: EnvironmentWord
    /// The names that the environment's own stacks export under.
    let exported: Set<String>
    let facts: (String) -> EnvironmentPlan.TypeFacts
    /// What is different, and what starts without its data.
    private(set) var notes: [String] = []
    /// What would be there twice.
    private(set) var collisions: [String] = []
    private(set) var isChanged = false

    init(word: EnvironmentWord, exported: Set<String>, facts: @escaping (String) -> EnvironmentPlan.TypeFacts) {
        self.word = word
        self.exported = exported
        self.facts = facts
    }

    /// The template with names of resources and exports that say the environment's name.
    mutating func rewritten(_ body: JSON) -> JSON {
        var body = body
        for (name, resource) in body["Resources"]?.object ?? [:] {
            guard let type = resource["Type"]?.string else { continue }
            let facts = facts(type)
            if facts.holdsData { notes.append("\(name) (\(type)) starts empty") }
            guard let property = facts.nameProperty, let old = resource["Properties"]?[property] else { continue }
            let new = renamed(old, of: "\(name) is named")
            if new != old { body["Resources"]?[name]?["Properties"]?[property] = new }
        }
        for (name, output) in body["Outputs"]?.object ?? [:] {
            guard let old = output["Export"]?["Name"] else { continue }
            let new = renamed(old, of: "\(name) is exported as")
            if new != old { body["Outputs"]?[name]?["Export"]?["Name"] = new }
        }
        return importing(body)
    }

    private mutating func renamed(_ old: JSON, of what: String) -> JSON {
        let new = word.replacing(in: old)
        if new != old {
            isChanged = true
            if let text = new.string { notes.append("\(what) \(text)") }
        } else if let text = old.string {
            collisions.append(
                "\(what) '\(text)' in every environment. Name it after a parameter or the stack, or leave the name out."
            )
        }
        return new
    }

    /// Imports from stacks that are copied come from the copies.
    private mutating func importing(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): return .array(elements.map { importing($0) })
        case .object(var members):
            if let name = members["Fn::ImportValue"]?.string, exported.contains(name) {
                let new = word.replacing(in: name)
                if new != name { isChanged = true }
                return ["Fn::ImportValue": .string(new)]
            }
            for (name, member) in members {
                let new = importing(member)
                if new != member { members[name] = new }
            }
            return .object(members)
        default: return value
        }
    }
}
