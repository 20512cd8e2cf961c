internal import Buildspec
internal import Foundation
internal import Sandbox

/// Finds the files of a build that a list of patterns means, as the build itself sees them.
struct FileSelector: Sendable {
    /// A file that was found.
    struct Found: Sendable {
        /// Where the build sees it.
        let path: String
        /// What it is called where it goes.
        let name: String
    }

    /// The build's files, reached from outside.
    let files: ProgramFiles
    /// The primary source's folder, as the build sees it.
    let source: String
    /// The build's variables, for patterns with variables in them.
    let variables: [String: String]
    /// More files than these are refused.
    static let limit = 500_000

    /// The files, in the order of their names. Blocks while it looks.
    ///
    /// - Throws: ``BuildspecError`` for a pattern that is none, ``BuildTrouble`` when there are too many files.
    func find(_ rules: FileRules) throws -> (found: [Found], notes: [String]) {
        var rules = rules
        let expand = { (text: String) in BuildEnvironment.expand(text) { variables[$0] } }
        rules.files = rules.files.map(expand)
        rules.excludes = rules.excludes.map(expand)
        rules.baseDirectory = rules.baseDirectory.map { inside(expand($0)) }
        let judge = try ArtifactRules(rules)
        let listed = try judge.listings.map { try list(place($0.folder)) }
        let selection = judge.select(listed)
        var notes = selection.unmatched.map { "no file matches '\($0)'" }
        notes += selection.collisions.map { "several files are called '\($0)'; the last one counts" }
        let found = selection.files.map { Found(path: place($0.folder) + "/" + $0.path, name: $0.name) }
        return (found, notes)
    }

    /// An absolute base directory within the source is the same as one relative to it.
    private func inside(_ path: String) -> String {
        path.hasPrefix(source + "/") ? String(path.dropFirst(source.count + 1)) : path == source ? "." : path
    }

    private func place(_ folder: String) -> String {
        let path = folder.hasPrefix("/") ? folder : folder.isEmpty ? source : source + "/" + folder
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// All files and links below a folder, by paths relative to it. Links to folders are not gone into.
    private func list(_ folder: String) throws -> [String] {
        var found: [String] = []
        var waiting = [""]
        while let below = waiting.popLast() {
            let here = below.isEmpty ? folder : folder + "/" + below
            for name in files.names(in: here.isEmpty ? "/" : here) {
                let path = below.isEmpty ? name : below + "/" + name
                guard let facts = files.facts(folder + "/" + path, followLinks: false) else { continue }
                switch facts.kind {
                case .folder: waiting.append(path)
                case .file: found.append(path)
                case .link where files.facts(folder + "/" + path)?.kind != .folder: found.append(path)
                default: continue
                }
                guard found.count <= Self.limit else {
                    throw BuildTrouble("There are more than \(Self.limit) files below \(folder).")
                }
            }
        }
        return found
    }
}
