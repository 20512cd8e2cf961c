internal import Notation
internal import Patterns

extension BuildspecReader {
    private static let fileKeys = ["files", "base-directory", "discard-paths", "exclude-paths"]

    // MARK: Files

    private mutating func fileRules(
        _ members: JSONObject, _ path: Path, _ what: String, areRequired: Bool = true
    ) -> FileRules {
        var rules = FileRules()
        rules.files = globs(members["files"], path.appending("files"))
        rules.baseDirectory = text(members["base-directory"], path.appending("base-directory"))
        rules.discardsPaths = flag(members["discard-paths"], path.appending("discard-paths")) ?? false
        rules.excludes = globs(members["exclude-paths"], path.appending("exclude-paths"))
        if rules.files.isEmpty, areRequired { report("\(what) has no 'files'", at: path) }
        return rules
    }

    private mutating func globs(_ value: JSON?, _ path: Path) -> [String] {
        let list = texts(value, path)
        for (index, text) in list.enumerated() where !text.contains("$") {
            do throws(GitGlob.Misfit) { _ = try GitGlob(text) } catch {
                report("'\(text)' is no pattern of files: \(error.message)", at: path.appending(index))
            }
        }
        return list
    }

    // MARK: Artifacts

    mutating func artifacts(_ value: JSON, _ path: Path) -> ArtifactsSpec? {
        let known = Self.fileKeys + ["name", "enable-symlinks", "s3-prefix", "secondary-artifacts"]
        guard let members = mapping(value, path, known: known) else { return nil }
        var artifacts = ArtifactsSpec()
        // A build with several outputs may have secondary artifacts alone.
        let hasOthers = members["secondary-artifacts"]?.object?.isEmpty == false
        artifacts.files = fileRules(members, path, "'artifacts'", areRequired: !hasOthers)
        artifacts.name = text(members["name"], path.appending("name"))
        artifacts.keepsSymlinks = flag(members["enable-symlinks"], path.appending("enable-symlinks")) ?? false
        artifacts.prefix = text(members["s3-prefix"], path.appending("s3-prefix"))
        guard let secondary = members["secondary-artifacts"], !secondary.isNull else { return artifacts }
        let below = path.appending("secondary-artifacts")
        for (identifier, value) in mapping(secondary, below, known: nil) ?? [:] {
            let place = below.appending(identifier)
            guard let members = mapping(value, place, known: Self.fileKeys + ["name", "enable-symlinks", "s3-prefix"])
            else { continue }
            if !Self.isIdentifier(identifier) {
                report("'\(identifier)' must consist of letters, digits and underscores", at: place)
            }
            artifacts.secondary[identifier] = ArtifactsSpec.Secondary(
                files: fileRules(members, place, "The artifact '\(identifier)'"),
                name: text(members["name"], place.appending("name")))
        }
        return artifacts
    }

    static func isIdentifier(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
            }
    }

    // MARK: Reports

    /// A specification has at most so many groups of reports.
    package static let reportLimit = 5

    mutating func reports(_ value: JSON, _ path: Path) -> [ReportSpec] {
        guard let members = mapping(value, path, known: nil) else { return [] }
        if members.count > Self.reportLimit {
            report("'reports' has more than \(Self.reportLimit) groups", at: path)
        }
        var reports: [ReportSpec] = []
        let formats = ReportSpec.testFormats + ReportSpec.coverageFormats
        for (group, value) in members {
            let below = path.appending(group)
            guard let members = mapping(value, below, known: Self.fileKeys.dropLast() + ["file-format"]) else {
                continue
            }
            let format = text(members["file-format"], below.appending("file-format"))?.uppercased() ?? "JUNITXML"
            if !formats.contains(format) {
                report(
                    "'file-format' must be one of \(formats.joined(separator: ", ")), not '\(format)'",
                    at: below.appending("file-format"))
            }
            reports.append(
                ReportSpec(
                    group: group, files: fileRules(members, below, "The report group '\(group)'"), format: format))
        }
        return reports
    }

    // MARK: Cache

    mutating func cache(_ value: JSON, _ path: Path) -> CacheSpec? {
        guard let members = mapping(value, path, known: ["paths", "key", "fallback-keys", "action"]) else { return nil }
        var cache = CacheSpec()
        cache.paths = globs(members["paths"], path.appending("paths"))
        cache.key = text(members["key"], path.appending("key"))
        cache.fallbackKeys = texts(members["fallback-keys"], path.appending("fallback-keys"))
        if let word = text(members["action"], path.appending("action")) {
            cache.action = CacheSpec.Action(rawValue: word)
            if cache.action == nil {
                report("'action' must be restore or save, not '\(word)'", at: path.appending("action"))
            }
        }
        if cache.paths.isEmpty { report("'cache' has no 'paths'", at: path) }
        if !cache.fallbackKeys.isEmpty, cache.key == nil {
            warn("'fallback-keys' have no effect without a 'key'", at: path.appending("fallback-keys"))
        }
        return cache
    }
}
