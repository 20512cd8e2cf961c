internal import Cloud
internal import Notation

extension CodeCommitService {
    private static let sides = "repositoryName sourceCommitSpecifier destinationCommitSpecifier "

    /// What merges would bring.
    var mergeReads: [Operation] {
        [
            Operation("GetMergeOptions", enforces: Self.sides + MergeRules.members) { call in
                let merger = try await merger(call, try await repository(call))
                var options: [JSON] = []
                for option in MergeOption.allCases where try await merger.isMergeable(option) {
                    options.append(.string(option.rawValue))
                }
                var output = merger.ids
                output["mergeOptions"] = .array(options)
                return Reply(output)
            },
            Operation("GetMergeCommit", enforces: Self.sides + MergeRules.members, raw: getMergeCommit),
            Operation(
                "GetMergeConflicts",
                enforces: Self.sides + MergeRules.members + " mergeOption maxConflictFiles nextToken",
                raw: getMergeConflicts),
            Operation(
                "DescribeMergeConflicts",
                enforces: Self.sides + MergeRules.members + " mergeOption maxMergeHunks filePath nextToken",
                raw: describeMergeConflicts),
            Operation(
                "BatchDescribeMergeConflicts",
                enforces: Self.sides + MergeRules.members
                    + " mergeOption maxMergeHunks maxConflictFiles filePaths nextToken",
                raw: batchDescribeMergeConflicts),
        ]
    }

    /// The merge that the input's specifiers mean.
    func merger(_ call: Call, _ repository: Repository) async throws -> Merger {
        let source = try await resolve(call.text("sourceCommitSpecifier"), in: repository)
        let destination = try await resolve(call.text("destinationCommitSpecifier"), in: repository)
        return try await Merger(
            objects(repository), source: source, destination: destination, rules: try MergeRules(call))
    }

    private func option(_ call: Call) throws -> MergeOption {
        guard let option = call.text("mergeOption").flatMap({ MergeOption(rawValue: $0) }) else {
            throw Refusal.required("MergeOption", "A merge option is required.")
        }
        return option
    }

    /// Looks for a merge of exactly these two among the latest merges.
    private func getMergeCommit(_ call: Call) async throws -> Reply {
        let merger = try await merger(call, try await repository(call))
        let arguments = ["rev-list", "--merges", "--parents", "--max-count=10000", "--all"]
        let lines = try await store.git.run(in: merger.objects.folder, arguments).lines
        let wanted: Set = [merger.source.hex, merger.destination.hex]
        var output = merger.ids
        for line in lines {
            let ids = line.split(separator: " ").map(String.init)
            guard let commit = ids.first, wanted.isSubset(of: ids.dropFirst()) else { continue }
            output["mergedCommitId"] = .string(commit)
            break
        }
        return Reply(output)
    }

    /// Every file that somebody would have to decide about.
    private func getMergeConflicts(_ call: Call) async throws -> Reply {
        let page = try Page(call, max: "maxConflictFiles", invalidMax: "MaxConflictFiles")
        let merger = try await merger(call, try await repository(call))
        let option = try option(call)
        let conflicts = option == .fastForward ? [] : try await merger.outcome().open
        var output = merger.ids
        output["mergeable"] = .bool(option == .fastForward ? merger.canFastForward : conflicts.isEmpty)
        return Reply(page.cut(conflicts.map(\.shown), as: "conflictMetadataList", into: output))
    }

    /// One file that both sides changed, stretch by stretch; in conflict or not.
    private func describeMergeConflicts(_ call: Call) async throws -> Reply {
        let page = try Page(call, max: "maxMergeHunks", invalidMax: "MaxMergeHunks")
        let merger = try await merger(call, try await repository(call))
        let path = try FilePath(parsing: call.text("filePath") ?? "")
        let option = try option(call)
        let shared = option == .fastForward ? [] : try await merger.outcome().shared
        guard let conflict = shared.first(where: { $0.path == path.text }) else {
            let there = try await [merger.source, merger.destination].asyncContains {
                try await merger.objects.entries([path], at: $0)[path] != nil
            }
            guard there else { throw Refusal.noFile(path.text, merger.source.hex) }
            let quiet: JSON = [
                "filePath": .string(path.text), "numberOfConflicts": 0, "contentConflict": false,
                "fileModeConflict": false,
                "objectTypeConflict": false,
            ]
            return Reply(page.cut([], as: "mergeHunks", into: merger.ids.adding("conflictMetadata", quiet)))
        }
        return Reply(
            page.cut(conflict.hunks, as: "mergeHunks", into: merger.ids.adding("conflictMetadata", conflict.shown)))
    }

    /// Many files in conflict, each with its first stretches. A file that is named and not in conflict is an error of
    /// its own, not one of the call.
    private func batchDescribeMergeConflicts(_ call: Call) async throws -> Reply {
        let page = try Page(call, max: "maxConflictFiles", invalidMax: "MaxConflictFiles")
        let hunks = call.input["maxMergeHunks"]?.int ?? 100
        guard hunks >= 1 else { throw Refusal.invalid("MaxMergeHunks", "Ask for at least one hunk.") }
        let merger = try await merger(call, try await repository(call))
        let open = try option(call) == .fastForward ? [] : try await merger.outcome().open
        let wanted = call.texts("filePaths")
        let chosen = wanted.isEmpty ? open : open.filter { wanted.contains($0.path) }
        let conflicts = chosen.map { conflict -> JSON in
            ["conflictMetadata": conflict.shown, "mergeHunks": .array(Array(conflict.hunks.prefix(hunks)))]
        }
        let errors = wanted.filter { path in !open.contains { $0.path == path } }.map { path -> JSON in
            [
                "filePath": .string(path), "exceptionName": "FileDoesNotExistException",
                "message": .string("There is no conflict in \(path)"),
            ]
        }
        return Reply(page.cut(conflicts, as: "conflicts", into: merger.ids.adding("errors", .array(errors))))
    }
}

extension JSON {
    /// The object with one more member.
    func adding(_ member: String, _ value: JSON) -> JSON {
        var tree = self
        tree[member] = value
        return tree
    }
}

extension Sequence where Element: Sendable {
    /// As `contains(where:)`, with a test that waits.
    func asyncContains(_ test: (Element) async throws -> Bool) async rethrows -> Bool {
        for element in self where try await test(element) { return true }
        return false
    }
}
