internal import Patterns

/// Chooses files by a specification's rules. It only judges lists of names: somebody else looks at the disk.
///
/// Source: CodeBuild User Guide, "Build specification reference", `artifacts`.
package struct ArtifactRules: Sendable, Hashable {
    /// A folder that has to be listed, with everything below it.
    package struct Listing: Sendable, Hashable {
        /// The folder, relative to the source's root unless it begins with a slash; empty for the root itself.
        package let folder: String
        fileprivate let pattern: GitGlob
        fileprivate let base: GitGlob?
        fileprivate let isOutside: Bool
    }

    /// A file that is taken.
    package struct Choice: Sendable, Hashable {
        /// The folder of the listing, and the file's path below it.
        package let folder: String, path: String
        /// The name it gets.
        package let name: String
    }

    /// The files that are taken.
    package struct Selection: Sendable, Hashable {
        /// One for each name, in the order of names.
        package var files: [Choice] = []
        /// Names that several files wanted; the last of them has it.
        package var collisions: [String] = []
        /// Patterns that no file fitted.
        package var unmatched: [String] = []
    }

    /// The folders to be listed, one for each pattern, several of them perhaps the same.
    package let listings: [Listing]
    private let excludes: [GitGlob]
    private let discardsPaths: Bool

    /// Takes the rules, with variables already filled in.
    ///
    /// - Throws: ``BuildspecError`` when a pattern is none.
    package init(_ rules: FileRules) throws(BuildspecError) {
        let base = Self.plain(rules.baseDirectory ?? "")
        let (fixed, moving) = Self.split(base)
        var listings: [Listing] = []
        for file in rules.files {
            let file = Self.plain(file)
            if file.hasPrefix("/") {
                let (folder, pattern) = Self.splitAbsolute(file)
                listings.append(
                    Listing(folder: folder, pattern: try Self.glob(pattern), base: nil, isOutside: true))
            } else {
                let below = moving.isEmpty ? nil : try Self.glob(moving)
                listings.append(Listing(folder: fixed, pattern: try Self.glob(file), base: below, isOutside: false))
            }
        }
        self.listings = listings
        var excludes: [GitGlob] = []
        for text in rules.excludes { excludes.append(try Self.glob(Self.plain(text))) }
        self.excludes = excludes
        discardsPaths = rules.discardsPaths
    }

    private static func glob(_ text: String) throws(BuildspecError) -> GitGlob {
        do throws(GitGlob.Misfit) { return try GitGlob(text) } catch {
            throw BuildspecError(problems: [
                BuildspecProblem(message: "'\(text)' is no pattern of files: \(error.message)")
            ])
        }
    }

    /// Without what means nothing: a `./` in front, a slash at the end.
    private static func plain(_ text: String) -> String {
        var rest = text[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        while rest.count > 1, rest.hasSuffix("/") { rest = rest.dropLast() }
        return rest == "." ? "" : String(rest)
    }

    /// The folders before the first wildcard, and the rest.
    private static func split(_ path: String) -> (fixed: String, moving: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let count = parts.firstIndex { $0.contains { "*?[{".contains($0) } } ?? parts.count
        return (parts[..<count].joined(separator: "/"), parts[count...].joined(separator: "/"))
    }

    /// The same for a pattern that begins at the machine's root; the last part always belongs to the pattern.
    private static func splitAbsolute(_ file: String) -> (folder: String, pattern: String) {
        let parts = file.split(separator: "/")
        let wild = parts.firstIndex { $0.contains { "*?[{".contains($0) } } ?? parts.count
        let count = max(0, min(wild, parts.count - 1))
        return ("/" + parts[..<count].joined(separator: "/"), parts[count...].joined(separator: "/"))
    }

    /// Chooses among the files found below each listing's folder, in the listings' order. Paths are relative to it,
    /// with slashes between their parts.
    package func select(_ found: [[String]]) -> Selection {
        var selection = Selection()
        var chosen: [String: Choice] = [:]
        var collisions: Set<String> = []
        for (listing, paths) in zip(listings, found) {
            var isMatched = false
            for path in paths.sorted() {
                guard let name = name(of: path, listing) else { continue }
                isMatched = true
                let choice = Choice(folder: listing.folder, path: path, name: name)
                if let other = chosen.updateValue(choice, forKey: name), other != choice { collisions.insert(name) }
            }
            if !isMatched { selection.unmatched.append(listing.pattern.text) }
        }
        selection.files = chosen.values.sorted { $0.name < $1.name }
        selection.collisions = collisions.sorted()
        return selection
    }

    /// The name a file gets; nil when it is not taken.
    private func name(of path: String, _ listing: Listing) -> String? {
        guard let base = listing.base else { return name(path, listing) }
        // The base is a pattern of folders: the file may lie below any folder that fits.
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for count in parts.indices.dropFirst() where base.matches(parts[..<count].joined(separator: "/")) {
            if let name = name(parts[count...].joined(separator: "/"), listing) { return name }
        }
        return nil
    }

    private func name(_ path: String, _ listing: Listing) -> String? {
        guard listing.pattern.matches(path), listing.isOutside || !excludes.contains(where: { $0.matches(path) })
        else { return nil }
        guard discardsPaths || listing.isOutside else { return path }
        return path.split(separator: "/").last.map(String.init)
    }
}
