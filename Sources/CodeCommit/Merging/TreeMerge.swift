internal import Cloud

/// Merges one commit's files into another's, by what each side changed since their common ancestor.
struct TreeMerge: Sendable {
    let objects: Objects
    let base: ObjectID?
    let source: ObjectID
    let destination: ObjectID
    let rules: MergeRules

    /// What came of it.
    struct Result: Sendable {
        /// What is to be done to the destination's files.
        var edits: [(path: String, edit: CommitMaker.Edit)] = []
        /// What nobody has decided.
        var open: [FileConflict] = []
        /// Every file that both sides changed differently, decided or not.
        var shared: [FileConflict] = []
    }

    /// Contents that are read for line-by-line merges, together.
    private static let contentLimit = 64 << 20
    /// Files that may differ between base and either side.
    private static let comparedLimit = 100_000

    /// Carries it out, as far as nobody has to decide.
    ///
    /// - Throws: `MaximumItemsToCompareExceededException`, `MaximumFileContentToLoadExceededException`,
    ///   `InvalidConflictResolutionException` for resolutions of what is no conflict.
    func run() async throws -> Result {
        let ours = try await changes(base, destination)
        let theirs = try await changes(base, source)
        var result = Result()
        var shared: [FileConflict] = []
        let ourPlaces = Places(ours)
        for change in theirs.values.sorted(by: { $0.path < $1.path }) {
            let other = ours[change.path]
            if let other {
                guard other.after != change.after else { continue }
                shared.append(
                    FileConflict(path: change.path, base: change.before, source: change.after, destination: other.after)
                )
            } else if change.after != nil, ourPlaces.clashes(with: change.path) {
                // A file on one side, a folder of that name on the other.
                var conflict = FileConflict(
                    path: change.path, base: change.before, source: change.after, destination: nil)
                conflict.contentDisagrees = true
                shared.append(conflict)
            } else {
                result.edits.append((change.path, change.after.map { .put(mode: $0.mode, blob: $0.id) } ?? .remove))
            }
        }
        try await load(&shared)
        try check(shared)
        for conflict in shared { try await decide(conflict, &result) }
        result.shared = shared
        return result
    }

    /// What one side changed since the base, by path.
    private func changes(_ before: ObjectID?, _ after: ObjectID) async throws -> [String: TreeChange] {
        let all = try await objects.differences(before, after)
        guard all.count <= Self.comparedLimit else {
            throw AWSError(
                "MaximumItemsToCompareExceededException",
                "More than \(Self.comparedLimit) files differ. Merge with git.")
        }
        return Dictionary(all.map { ($0.path, $0) }) { $1 }
    }

    /// Reads the contents that both sides changed, and compares them line by line.
    private func load(_ conflicts: inout [FileConflict]) async throws {
        let blobs = Set(
            conflicts.flatMap { [$0.base, $0.source, $0.destination] }.compactMap { $0 }.filter { $0.mode != "160000" }
                .map(\.id))
        let ids = blobs.sorted { $0.hex < $1.hex }
        let found: [Objects.Object?]
        do { found = try await objects.objects(ids, limit: Self.contentLimit) } catch let error as GitError
            where error.kind == .tooLarge
        {
            throw AWSError(
                "MaximumFileContentToLoadExceededException",
                "The files that both sides changed have more than \(Self.contentLimit) bytes.")
        }
        let contents = Dictionary(found.compactMap { $0.map { ($0.id, $0.bytes) } }) { $1 }
        for place in conflicts.indices {
            for side in [conflicts[place].base, conflicts[place].source, conflicts[place].destination] {
                guard let side, let bytes = contents[side.id] else { continue }
                conflicts[place].contents[side.id] = bytes
                conflicts[place].sizes[side.id] = bytes.count
            }
            conflicts[place].lines = try await lines(conflicts[place])
            let isClash = conflicts[place].contentDisagrees
            conflicts[place].contentDisagrees = isClash || disagrees(conflicts[place])
        }
    }

    /// Whether somebody has to decide about the contents: always when one side removed the file, never when they are
    /// the same, at file level when both differ from each other, at line level when lines do.
    private func disagrees(_ conflict: FileConflict) -> Bool {
        guard let source = conflict.source, let destination = conflict.destination else { return true }
        guard source.id != destination.id else { return false }
        guard rules.level == .line || rules.strategy == .automatic else { return true }
        if source.id == conflict.base?.id || destination.id == conflict.base?.id { return false }
        return conflict.lines.map { $0.conflicts > 0 } ?? true
    }

    /// The merge line by line; nil for what has no lines: links, submodules, anything with a zero byte near its start.
    private func lines(_ conflict: FileConflict) async throws -> LineMerge? {
        guard let source = conflict.source, let destination = conflict.destination, !conflict.typesDisagree,
            FileConflict.type(source.mode) == "FILE", let theirs = conflict.contents[source.id],
            let ours = conflict.contents[destination.id]
        else { return nil }
        let before =
            conflict.base.flatMap { FileConflict.type($0.mode) == "FILE" ? conflict.contents[$0.id] : nil } ?? []
        guard ![before, theirs, ours].contains(where: FileConflict.isBinary) else { return nil }
        return LineMerge(
            base: before, source: theirs, destination: ours,
            sourceChanges: try await diff(conflict.base, source, theirs),
            destinationChanges: try await diff(conflict.base, destination, ours))
    }

    /// The lines that a side changed. Without a base, all of them are new.
    private func diff(_ base: TreeChange.Side?, _ side: TreeChange.Side, _ text: [UInt8]) async throws -> [LineMerge
        .Change]
    {
        guard let base, FileConflict.type(base.mode) == "FILE" else {
            let count = LineMerge.lines(text).count
            return count == 0 ? [] : [.init(base: 0..<0, now: 0..<count)]
        }
        guard base.id != side.id else { return [] }
        let options = ["--no-color", "--no-ext-diff", "--no-textconv", "--text", "--diff-algorithm=myers", "-U0"]
        let output = try await objects.store.git.run(
            in: objects.folder, ["diff"] + options + [base.id.hex, side.id.hex], expecting: [0, 1])
        return LineMerge.changes(output.bytes)
    }

    /// Resolutions are for conflicts alone.
    private func check(_ shared: [FileConflict]) throws {
        let known = Set(shared.filter(\.isOpen).map(\.path))
        for path in Set(rules.resolutions.keys).union(rules.modes.keys).sorted() where !known.contains(path) {
            throw Refusal.invalid("ConflictResolution", "There is no conflict in \(path) to be resolved.")
        }
    }

    // MARK: Decisions

    /// What becomes of a file that both sides changed: what the input says of it, else what follows from both, else
    /// what the strategy says, else nobody has decided.
    private func decide(_ conflict: FileConflict, _ result: inout Result) async throws {
        if let resolution = rules.resolutions[conflict.path] {
            try await resolve(conflict, resolution, &result)
        } else if !conflict.isOpen {
            try await merge(conflict, preferring: .destination, &result)
        } else if conflict.contentDisagrees == false, let mode = rules.modes[conflict.path] {
            try await merge(conflict, preferring: .destination, mode: mode.octal, &result)
        } else {
            switch rules.strategy {
            case .source: try await accept(conflict, conflict.source, .source, &result)
            case .destination: try await accept(conflict, conflict.destination, .destination, &result)
            case .none, .automatic: result.open.append(conflict)
            }
        }
    }

    /// Takes one side: all of the file, or at line level only what the sides disagree about.
    private func accept(
        _ conflict: FileConflict, _ side: TreeChange.Side?, _ kind: LineMerge.Region.Kind, _ result: inout Result
    ) async throws {
        if rules.level == .line, conflict.lines != nil, let side {
            return try await merge(conflict, preferring: kind, mode: conflict.modesDisagree ? side.mode : nil, &result)
        }
        result.edits.append((conflict.path, side.map { .put(mode: $0.mode, blob: $0.id) } ?? .remove))
    }

    /// Puts the merged text.
    private func merge(
        _ conflict: FileConflict, preferring side: LineMerge.Region.Kind, mode: String? = nil, _ result: inout Result
    ) async throws {
        guard let source = conflict.source, let destination = conflict.destination else { return }
        let mode = mode ?? conflict.mergedMode ?? destination.mode
        let blob: ObjectID
        if source.id == destination.id || source.id == conflict.base?.id {
            blob = destination.id
        } else if destination.id == conflict.base?.id {
            blob = source.id
        } else if let lines = conflict.lines {
            blob = try await CommitMaker(objects.store, objects.repository).blobs([lines.text(preferring: side)])[0]
        } else {
            return result.open.append(conflict)
        }
        result.edits.append((conflict.path, .put(mode: mode, blob: blob)))
    }

    /// Does what the input says of this one file.
    private func resolve(_ conflict: FileConflict, _ resolution: MergeRules.Resolution, _ result: inout Result)
        async throws
    {
        let wanted = rules.modes[conflict.path]?.octal
        func put(_ side: TreeChange.Side?) {
            result.edits.append((conflict.path, side.map { .put(mode: wanted ?? $0.mode, blob: $0.id) } ?? .remove))
        }
        switch resolution {
        case .base: put(conflict.base)
        case .source: put(conflict.source)
        case .destination: put(conflict.destination)
        case .removed: put(nil)
        case .content(let bytes):
            let blob = try await CommitMaker(objects.store, objects.repository).blobs([bytes])[0]
            result.edits.append(
                (conflict.path, .put(mode: wanted ?? conflict.mergedMode ?? FileMode.normal.octal, blob: blob)))
        }
    }
}

/// Where one side put files, to find files and folders of one name.
private struct Places {
    private var files: Set<String> = []
    private var folders: Set<String> = []

    init(_ changes: [String: TreeChange]) {
        for change in changes.values where change.after != nil {
            files.insert(change.path)
            var names = change.path.split(separator: "/").dropLast()
            while !names.isEmpty {
                folders.insert(names.joined(separator: "/"))
                names.removeLast()
            }
        }
    }

    /// Whether a file stands where a folder of the path must be, or below where the path's file must be.
    func clashes(with path: String) -> Bool {
        if folders.contains(path) { return true }
        var names = path.split(separator: "/").dropLast()
        while !names.isEmpty {
            if files.contains(names.joined(separator: "/")) { return true }
            names.removeLast()
        }
        return false
    }
}
