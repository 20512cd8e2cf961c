internal import Buildspec
internal import Cloud
internal import Foundation
internal import Notation
internal import Sandbox

/// What a project keeps from build to build: an archive in S3, or on this machine's disk, where it stays.
///
/// A cache is a convenience: whatever goes wrong with it is a line in the log and never a failed build. Packed and
/// unpacked by tar inside the sandbox, since its paths may lie anywhere in the build's own system.
struct BuildCache: Sendable {
    let site: BuildSite
    let workshop: Workshop

    private var settings: CacheSettings? {
        guard let cache = site.order.settings.cache, cache.type != "NO_CACHE" else { return nil }
        if cache.type == "LOCAL", !(cache.modes ?? []).contains("LOCAL_CUSTOM_CACHE") { return nil }
        return cache
    }

    /// Unpacks the newest archive that fits, before INSTALL.
    func restore(_ spec: Buildspec) async {
        guard let settings, let cache = spec.cache, cache.action != .save else { return }
        do {
            let key = try await keyText(cache.key)
            for (index, candidate) in ([key] + cache.fallbackKeys).enumerated() {
                guard try await find(settings, candidate, isPrefix: index > 0) != nil else { continue }
                defer { site.folders.remove("run/cache.tar") }
                let archive = ShellDriver.quoted(site.folders.inside("run/cache.tar"))
                let output = Collected()
                let moves = site.folders.moves(into: true)
                let end = try await site.shell().run("/bin/tar -xzf \(archive) -C /\(moves)") { await output.add($0) }
                guard end == .status(0) else {
                    return site.log.say("Cache not restored: \(await output.lastLines)")
                }
                site.note { $0.restoredCache = candidate }
                return site.log.say("Cache restored\(candidate.isEmpty ? "" : " for the key \(candidate)")")
            }
            site.log.say("Cache is empty: nothing to restore")
        } catch {
            site.log.say("Cache not restored: \(error)")
        }
    }

    /// Packs what the buildspec names, after a build that went well. A key that was restored as it stands is kept.
    func save(_ spec: Buildspec, _ selector: FileSelector) async {
        guard let settings, let cache = spec.cache, cache.action != .restore, !cache.paths.isEmpty else { return }
        do {
            let key = try await keyText(cache.key)
            if cache.key != nil, site.now.restoredCache == key {
                return site.log.say("Cache is up to date for the key \(key)")
            }
            var rules = FileRules()
            rules.files = cache.paths
            let (found, _) = try await OwnThread.run(throwing: { [rules] in try selector.list(rules) })
            guard !found.isEmpty else { return site.log.say("Cache not saved: no file matches its paths") }
            try site.folders.write(
                found.map { String($0.dropFirst()) }.joined(separator: "\0") + "\0", to: "run/cache.list")
            let (list, archive) = (site.folders.inside("run/cache.list"), site.folders.inside("run/cache.tar"))
            let output = Collected()
            let script =
                "/bin/tar -czf \(ShellDriver.quoted(archive)) -C /\(site.folders.moves(into: false))"
                + " --null -T \(ShellDriver.quoted(list))"
            let end = try await site.shell().run(script) { await output.add($0) }
            defer { site.folders.remove("run/cache.tar") }
            guard end == .status(0) else { return site.log.say("Cache not saved: \(await output.lastLines)") }
            try await store(settings, key)
            site.log.say("Cache saved: \(found.count) file(s)\(key.isEmpty ? "" : " for the key \(key)")")
        } catch {
            site.log.say("Cache not saved: \(error)")
        }
    }

    private func keyText(_ key: String?) async throws -> String {
        guard let key else { return "" }
        return try await site.shell().expand(key) ?? key
    }

    // MARK: Where it is kept

    /// The name of the archive: the project's, in its present generation, with the key's text made safe.
    private func name(_ key: String, _ settings: CacheSettings) -> String {
        let generation = site.order.cacheGeneration ?? 0
        let space = settings.cacheNamespace ?? site.order.project
        let safe = key.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" }
        return "\(space)-\(generation)/\(String(safe).prefix(200))"
    }

    /// Brings the archive into the build's folder; nil when there is none.
    private func find(_ settings: CacheSettings, _ key: String, isPrefix: Bool) async throws -> String? {
        let target = site.folders.host("run/cache.tar")
        let name = name(key, settings)
        if settings.type == "LOCAL" {
            let folder = workshop.folder + "/cache/" + site.order.owner.scope + String(name.prefix { $0 != "/" })
            let wanted = String(name.drop { $0 != "/" }.dropFirst())
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let match =
                isPrefix
                ? names.filter { $0.hasPrefix(wanted) }.max {
                    Self.age(folder + "/" + $0) < Self.age(folder + "/" + $1)
                }
                : names.first { $0 == wanted + ".tgz" }
            guard let match else { return nil }
            try FileManager.default.copyItem(atPath: folder + "/" + match, toPath: target)
            return target
        }
        guard let place = S3Place(location: settings.location ?? "") else { return nil }
        let prefix = Self.joined(place.key, name)
        let page = try await site.keys.call(
            "s3", "ListObjectsV2", ["Bucket": .string(place.bucket), "Prefix": .string(prefix)])
        let objects = (page["Contents"]?.array ?? []).filter { isPrefix || $0["Key"]?.string == prefix + ".tgz" }
        let newest = objects.max { ($0["LastModified"]?.double ?? 0) < ($1["LastModified"]?.double ?? 0) }
        guard let object = newest?["Key"]?.string else { return nil }
        let fetcher = SourceFetcher(site: site, workshop: workshop)
        let file = try await fetcher.download(S3Place(bucket: place.bucket, key: object), version: nil)
        try FileManager.default.moveItem(atPath: file, toPath: target)
        return target
    }

    private static func age(_ path: String) -> Date {
        (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate]) as? Date ?? .distantPast
    }

    private static func joined(_ prefix: String, _ name: String) -> String {
        prefix.isEmpty ? name : prefix.hasSuffix("/") ? prefix + name : prefix + "/" + name
    }

    private func store(_ settings: CacheSettings, _ key: String) async throws {
        let archive = site.folders.host("run/cache.tar")
        let name = name(key, settings) + ".tgz"
        let facts = try FileManager.default.attributesOfItem(atPath: archive)
        // The build made this file: if it put a link there, it leads into our own disk.
        guard facts[.type] as? FileAttributeType == .typeRegular, let size = (facts[.size] as? NSNumber)?.intValue
        else {
            throw BuildTrouble("The archive is no file.")
        }
        guard size <= workshop.limits.archiveBytes else {
            throw BuildTrouble("it is larger than archiveBytes, \(workshop.limits.archiveBytes) bytes")
        }
        if settings.type == "LOCAL" {
            let target = workshop.folder + "/cache/" + site.order.owner.scope + name
            let folder = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: archive, toPath: target + "." + site.order.uuid)
            guard rename(target + "." + site.order.uuid, target) == 0 else {
                throw BuildTrouble("Cannot write \(target).")
            }
            return
        }
        guard let place = S3Place(location: settings.location ?? "") else { return }
        let upload = ArtifactUpload(
            site: site, workshop: workshop,
            selector: FileSelector(files: try ProgramFiles(root: site.folders.root), source: "/", variables: [:]))
        try await upload.put(
            archive, size: size, at: S3Place(bucket: place.bucket, key: Self.joined(place.key, name)), [:])
    }
}

extension BuildFolders {
    /// How tar renames what goes into an archive or comes out of it, where each build sees its folders at another place
    /// of the machine: in the archive they are where they are in a sandbox.
    fileprivate func moves(into build: Bool) -> String {
        guard let visible else { return "" }
        let places = [("codebuild", visible + "/codebuild"), ("root", visible + "/home")]
        return places.map { inside, outside in
            let (from, to) = build ? (inside, outside) : (outside, inside)
            // Names have no slash in front; where links lead stays as it is.
            let pattern = "s,^\(Self.escaped(from.trimmed))/,\(Self.escaped(to.trimmed))/,S"
            return " --transform \(ShellDriver.quoted(pattern))"
        }.joined()
    }

    private static func escaped(_ path: String) -> String {
        path.map { ".[]*^$,&\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}

extension String {
    /// Without the slash in front.
    fileprivate var trimmed: String { hasPrefix("/") ? String(dropFirst()) : self }
}

extension FileSelector {
    /// The files that patterns of a cache mean, by the build's own paths.
    fileprivate func list(_ rules: FileRules) throws -> (found: [String], notes: [String]) {
        // A cache names folders as well: a path without a wildcard means all that is below it.
        var rules = rules
        rules.files = rules.files.map { pattern in
            let path = pattern.hasPrefix("/") ? pattern : source + "/" + pattern
            return !pattern.contains("*") && files.facts(path)?.kind == .folder ? pattern + "/**/*" : pattern
        }
        let (found, notes) = try find(rules)
        return (found.map(\.path), notes)
    }
}
