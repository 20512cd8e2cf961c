internal import Notation

/// Reads build specifications, versions 0.1 and 0.2, from YAML or JSON. Collects every problem before it gives up.
package struct BuildspecReader {
    /// A specification, and what is odd about its text without being wrong.
    package struct Reading: Sendable, Hashable {
        /// What was read.
        package var spec: Buildspec
        /// What has no effect, for the build's log.
        package var warnings: [BuildspecProblem]
    }

    /// Longer texts are refused unread.
    package static let textLimit = 1 << 20
    private static let topLevel = [
        "version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache",
    ]

    private let marks: SourceMap?
    private(set) var problems: [BuildspecProblem] = []
    private(set) var warnings: [BuildspecProblem] = []

    /// Reads a text.
    ///
    /// - Throws: ``BuildspecError`` with all there is to say about it.
    package static func read(_ text: String) throws(BuildspecError) -> Reading {
        guard text.utf8.count <= textLimit else {
            throw BuildspecError(problems: [
                BuildspecProblem(message: "The buildspec is larger than \(textLimit) bytes")
            ])
        }
        let (tree, marks) = try parse(text)
        var reader = BuildspecReader(marks: marks)
        let spec = reader.spec(tree)
        guard let spec, reader.problems.isEmpty else {
            throw BuildspecError(problems: reader.problems.sorted { ($0.line ?? 0) < ($1.line ?? 0) })
        }
        return Reading(spec: spec, warnings: reader.warnings)
    }

    private init(marks: SourceMap?) { self.marks = marks }

    /// The tree of the text, and where its values stand (not known of JSON).
    private static func parse(_ text: String) throws(BuildspecError) -> (JSON, SourceMap?) {
        // JSON is read as such: it may be indented with tabs, which YAML forbids.
        if text.first(where: { !$0.isWhitespace }) == "{", let tree = try? JSON(parsing: text) { return (tree, nil) }
        let yaml = YAML(tags: .refused, valueLimit: 50_000, depthLimit: 32, resolvesScalars: false)
        do {
            let (tree, marks) = try yaml.parseWithMarks(text)
            return (tree, marks)
        } catch let error as YAMLError {
            throw BuildspecError(problems: [BuildspecProblem(message: error.message, line: error.mark.line)])
        } catch {
            throw BuildspecError(problems: [BuildspecProblem(message: "\(error)")])
        }
    }

    private mutating func spec(_ tree: JSON) -> Buildspec? {
        guard let members = tree.object else {
            report("The buildspec must be a mapping with 'version' and 'phases'", at: Path())
            return nil
        }
        for key in members.keys where !Self.topLevel.contains(key) {
            report("Unknown key '\(key)' in the buildspec\(hint(key, Self.topLevel))", at: Path([.key(key)]))
        }
        guard let version = version(members["version"]) else { return nil }
        var spec = Buildspec(version: version)
        spec.runAs = text(members["run-as"], "run-as")
        if let value = members["env"] { spec.environment = environment(value, "env") }
        if let value = members["proxy"] { spec.proxy = proxy(value, "proxy") }
        if let value = members["batch"] { spec.batch = batch(value, "batch") }
        if let value = members["phases"] {
            spec.phases = phases(value, "phases")
        } else if members["batch"] == nil {
            report("The buildspec has no 'phases'", at: Path())
        }
        if let value = members["reports"] { spec.reports = reports(value, "reports") }
        if let value = members["artifacts"] { spec.artifacts = artifacts(value, "artifacts") }
        if let value = members["cache"] { spec.cache = cache(value, "cache") }
        return spec
    }

    private mutating func version(_ value: JSON?) -> Buildspec.Version? {
        guard let value else {
            report("The buildspec has no 'version'; it must be 0.2", at: Path())
            return nil
        }
        guard let text = Self.scalar(value), let version = Buildspec.Version(rawValue: text) else {
            report("The buildspec's 'version' must be 0.1 or 0.2, not \(Self.shown(value))", at: "version")
            return nil
        }
        return version
    }

    private mutating func proxy(_ value: JSON, _ path: Path) -> Buildspec.Proxy {
        var proxy = Buildspec.Proxy()
        guard let members = mapping(value, path, known: ["upload-artifacts", "logs"]) else { return proxy }
        proxy.uploadsArtifacts = flag(members["upload-artifacts"], path.appending("upload-artifacts")) ?? false
        proxy.logs = flag(members["logs"], path.appending("logs")) ?? false
        return proxy
    }
}

// MARK: Values

extension BuildspecReader {
    /// The line of a place; nil when it is not known.
    func line(_ path: Path) -> Int? { marks?.mark(of: path)?.line }

    /// Notes a problem.
    mutating func report(_ message: String, at path: Path) {
        problems.append(BuildspecProblem(message: message, line: line(path)))
    }

    /// Notes what has no effect.
    mutating func warn(_ message: String, at path: Path) {
        warnings.append(BuildspecProblem(message: message, line: line(path)))
    }

    /// The text of a plain value, as it was written.
    static func scalar(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .bool, .int, .double: value.text()
        case .null, .array, .object: nil
        }
    }

    /// A value in a message, not too much of it.
    static func shown(_ value: JSON) -> String {
        let text = scalar(value).map { "'\($0)'" } ?? (value.isNull ? "nothing" : "\(value.kind)s")
        return text.count > 80 ? String(text.prefix(80)) + "…'" : text
    }

    /// A plain value as text; nil when it is absent, which is no problem.
    mutating func text(_ value: JSON?, _ path: Path) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = Self.scalar(value) else {
            report("'\(path)' must be a text, not \(value.object == nil ? "a list" : "a mapping")", at: path)
            return nil
        }
        return text
    }

    /// `yes`, `no`, `true` or `false`, in any case and with or without quotes; nil when it is absent.
    mutating func flag(_ value: JSON?, _ path: Path) -> Bool? {
        guard let value, !value.isNull else { return nil }
        switch Self.scalar(value)?.lowercased() {
        case "yes", "true", "on": return true
        case "no", "false", "off": return false
        default:
            report("'\(path)' must be yes or no, not \(Self.shown(value))", at: path)
            return nil
        }
    }

    /// A list of texts; a single text is taken for a list of one.
    mutating func texts(_ value: JSON?, _ path: Path) -> [String] {
        guard let value, !value.isNull else { return [] }
        if let text = Self.scalar(value) { return [text] }
        guard let list = value.array else {
            report("'\(path)' must be a list of texts", at: path)
            return []
        }
        var texts: [String] = []
        for (index, element) in list.enumerated() {
            if let text = Self.scalar(element) {
                texts.append(text)
            } else {
                report("'\(path)[\(index)]' must be a text, not \(Self.shown(element))", at: path.appending(index))
            }
        }
        return texts
    }

    /// Texts by name.
    mutating func textMap(_ value: JSON?, _ path: Path) -> [(name: String, value: String)] {
        guard let value, !value.isNull else { return [] }
        guard let members = value.object else {
            report("'\(path)' must be a mapping of names to texts", at: path)
            return []
        }
        var result: [(String, String)] = []
        for (name, value) in members {
            // An empty value is an empty text here.
            if value.isNull { result.append((name, "")) }
            if let text = text(value, path.appending(name)) { result.append((name, text)) }
        }
        return result
    }

    /// The members of a mapping. Those not known have no effect, which is said.
    mutating func mapping(_ value: JSON, _ path: Path, known: [String]?) -> JSONObject? {
        guard let members = value.object else {
            report("'\(path)' must be a mapping, not \(Self.shown(value))", at: path)
            return nil
        }
        guard let known else { return members }
        for key in members.keys where !known.contains(key) {
            warn("'\(path.appending(key))' is not known and has no effect\(hint(key, known))", at: path.appending(key))
        }
        return members
    }

    /// A question about what was probably meant; empty when nothing comes near.
    func hint(_ word: String, _ known: [String]) -> String {
        let near = known.map { ($0, Self.distance(word, $0)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= 2 else { return "" }
        return "; did you mean '\(near.0)'?"
    }

    /// How many letters have to be changed, added or taken away.
    private static func distance(_ left: String, _ right: String) -> Int {
        guard left.count <= 40 else { return .max }
        let (left, right) = (Array(left.lowercased()), Array(right))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var next = [index + 1]
            for (place, other) in right.enumerated() {
                next.append(min(row[place] + (letter == other ? 0 : 1), row[place + 1] + 1, next[place] + 1))
            }
            row = next
        }
        return row[right.count]
    }
}
