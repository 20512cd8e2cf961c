/// A glob as CodePipeline's triggers use them for branches, tags and file paths.
///
/// `*` and `?` stay within a segment between slashes, `**` crosses them (`**/` also stands for no folder at all),
/// `{a,b}` lists alternatives, `[…]` one of some characters. Matching takes time in proportion to the pattern and the
/// name. Source: CodePipeline User Guide, "Working with glob patterns in syntax".
package struct GitGlob: Sendable, Hashable {
    /// Why a text is no glob.
    package struct Misfit: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong, in a few words.
        package let message: String
        package var description: String { message }
    }

    /// A pattern whose braces unfold to more texts than this is refused.
    package static let alternativeLimit = 256
    /// Longer patterns are refused; AWS's model allows 255 characters.
    package static let lengthLimit = 4096

    /// The pattern as it was written.
    package let text: String
    private let alternatives: [[GlobStep]]

    /// Reads a pattern.
    ///
    /// - Throws: ``Misfit``.
    package init(_ text: String) throws(Misfit) {
        guard text.utf8.count <= Self.lengthLimit else {
            throw Misfit(message: "The pattern is longer than \(Self.lengthLimit) bytes.")
        }
        self.text = text
        var alternatives: [[GlobStep]] = []
        for plain in try GlobReader.unfold(Array(text.unicodeScalars)) {
            alternatives.append(try GlobReader.steps(plain))
        }
        self.alternatives = alternatives
    }

    /// Whether the whole name fits.
    package func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        return alternatives.contains { GlobStep.match($0, scalars) }
    }
}

/// One step of a glob without braces.
enum GlobStep: Sendable, Hashable {
    case scalar(Unicode.Scalar)
    /// Any one character but a slash.
    case one
    /// Any number of characters, none of them a slash.
    case many
    /// Any number of characters.
    case all
    /// Any number of whole folders with their slashes.
    case folders
    case set([ClosedRange<UInt32>], isNegative: Bool)

    /// Walks all ways through the steps at once, a character at a time.
    static func match(_ steps: [GlobStep], _ name: [Unicode.Scalar]) -> Bool {
        var active = [Bool](repeating: false, count: steps.count + 1)
        active[0] = true
        spread(&active, steps, isAtStart: true)
        for scalar in name {
            var next = [Bool](repeating: false, count: steps.count + 1)
            for index in steps.indices where active[index] {
                switch steps[index] {
                case .many, .all, .folders: if steps[index].takes(scalar) { next[index] = true }
                default: if steps[index].takes(scalar) { next[index + 1] = true }
                }
            }
            active = next
            spread(&active, steps, isAtStart: scalar == "/")
        }
        return active[steps.count]
    }

    /// Steps that may stand for nothing are passed over. Folders may be left only behind a slash.
    private static func spread(_ active: inout [Bool], _ steps: [GlobStep], isAtStart: Bool) {
        for index in steps.indices where active[index] {
            switch steps[index] {
            case .many, .all: active[index + 1] = true
            case .folders: if isAtStart { active[index + 1] = true }
            default: break
            }
        }
    }

    private func takes(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .scalar(let own): scalar == own
        case .one, .many: scalar != "/"
        case .all, .folders: true
        case .set(let ranges, let isNegative):
            scalar != "/" && ranges.contains { $0.contains(scalar.value) } != isNegative
        }
    }
}

/// Takes globs apart.
private enum GlobReader {
    typealias Misfit = GitGlob.Misfit

    /// The texts that the braces stand for.
    static func unfold(_ text: [Unicode.Scalar]) throws(Misfit) -> [[Unicode.Scalar]] {
        var done: [[Unicode.Scalar]] = []
        var open = [text]
        while let next = open.popLast() {
            guard let (range, parts) = try braces(next) else {
                done.append(next)
                continue
            }
            open += parts.map { Array(next[..<range.lowerBound]) + $0 + Array(next[range.upperBound...]) }
            guard done.count + open.count <= GitGlob.alternativeLimit else {
                throw Misfit(message: "The braces unfold to more than \(GitGlob.alternativeLimit) patterns.")
            }
        }
        return done
    }

    /// The first outermost pair of braces and its parts; nil when there is none.
    private static func braces(
        _ text: [Unicode.Scalar]
    ) throws(Misfit) -> (Range<Int>, [[Unicode.Scalar]])? {
        var start: Int?
        var depth = 0
        var parts: [[Unicode.Scalar]] = [[]]
        var place = 0
        while place < text.count {
            let scalar = text[place]
            if scalar == "\\", place + 1 < text.count {
                if start != nil { parts[parts.count - 1] += [scalar, text[place + 1]] }
                place += 2
                continue
            }
            if scalar == "{" { depth += 1 }
            if scalar == "}", depth > 0 { depth -= 1 }
            switch (scalar, depth, start) {
            case ("{", 1, nil): start = place
            case ("}", 0, let begin?): return (begin..<place + 1, parts)
            case (",", 1, .some): parts.append([])
            case (_, _, .some): parts[parts.count - 1].append(scalar)
            default: break
            }
            place += 1
        }
        guard start == nil else { throw Misfit(message: "'}' is missing.") }
        return nil
    }

    /// The steps of a text without braces.
    static func steps(_ text: [Unicode.Scalar]) throws(Misfit) -> [GlobStep] {
        var steps: [GlobStep] = []
        var place = 0
        while place < text.count {
            let scalar = text[place]
            place += 1
            switch scalar {
            case "*":
                guard place < text.count, text[place] == "*" else {
                    steps.append(.many)
                    continue
                }
                let isSegment = place == 1 || text[place - 2] == "/"
                while place < text.count, text[place] == "*" { place += 1 }
                if isSegment, place < text.count, text[place] == "/" {
                    steps.append(.folders)
                    place += 1
                } else {
                    steps.append(.all)
                }
            case "?": steps.append(.one)
            case "[": steps.append(try set(text, &place))
            case "\\":
                steps.append(.scalar(place < text.count ? text[place] : scalar))
                place += 1
            default: steps.append(.scalar(scalar))
            }
        }
        return steps
    }

    private static func set(_ text: [Unicode.Scalar], _ place: inout Int) throws(Misfit) -> GlobStep {
        var isNegative = false
        if place < text.count, text[place] == "!" || text[place] == "^" {
            isNegative = true
            place += 1
        }
        var ranges: [ClosedRange<UInt32>] = []
        while place < text.count, text[place] != "]" || ranges.isEmpty {
            let low = text[place].value
            place += 1
            guard place + 1 < text.count, text[place] == "-", text[place + 1] != "]" else {
                ranges.append(low...low)
                continue
            }
            let high = text[place + 1].value
            guard low <= high else { throw Misfit(message: "A range in '[…]' runs backwards.") }
            ranges.append(low...high)
            place += 2
        }
        guard place < text.count else { throw Misfit(message: "']' is missing.") }
        place += 1
        return .set(ranges, isNegative: isNegative)
    }
}

/// Globs that let names pass and globs that hold them back. What is held back by one is not let pass by another;
/// without any that let pass, everything not held back passes.
package struct GitFilter: Sendable, Hashable {
    private let includes: [GitGlob]
    private let excludes: [GitGlob]

    /// A filter of those patterns.
    ///
    /// - Throws: ``GitGlob/Misfit``.
    package init(includes: [String], excludes: [String]) throws(GitGlob.Misfit) {
        self.includes = try Self.globs(includes)
        self.excludes = try Self.globs(excludes)
    }

    private static func globs(_ texts: [String]) throws(GitGlob.Misfit) -> [GitGlob] {
        var globs: [GitGlob] = []
        for text in texts { globs.append(try GitGlob(text)) }
        return globs
    }

    /// Whether a branch's, tag's or file's name passes.
    package func selects(_ name: String) -> Bool {
        (includes.isEmpty || includes.contains { $0.matches(name) }) && !excludes.contains { $0.matches(name) }
    }

    /// Whether one of the changed files passes.
    package func selectsAny(of files: some Sequence<String>) -> Bool { files.contains(where: selects) }
}
