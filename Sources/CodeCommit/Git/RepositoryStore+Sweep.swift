internal import Foundation
internal import Notation

extension RepositoryStore {
    /// Removes what earlier runs left half done in a repository: the objects of pushes that were cut off, and the
    /// indexes of commits that were. What this run is at is left alone.
    func sweep(_ repository: Repository) async {
        let folder = folder(repository)
        let started = started
        await OwnThread.run {
            // Git keeps a push's objects apart until all have come (git-receive-pack(1), "Quarantine environment").
            for (place, prefixes) in [(folder + "/objects", ["tmp_objdir-", "incoming-"]), (folder, ["index-"])] {
                for name in Self.names(in: place) where prefixes.contains(where: name.hasPrefix) {
                    Self.remove(place + "/" + name, ifOlderThan: started)
                }
            }
        }
    }

    /// Removes the folders of earlier runs that belong to no repository: of creations that were cut off, and of
    /// deletions that were.
    ///
    /// - Parameter ids: The ids of all repositories there are.
    func sweepStrays(keeping ids: Set<String>) async {
        let root = git.root
        let started = started
        await OwnThread.run {
            try? FileManager.default.removeItem(atPath: root + "/seeds")
            for account in Self.names(in: root) where account != "hooks" {
                for region in Self.names(in: root + "/" + account) {
                    let place = "\(root)/\(account)/\(region)"
                    for name in Self.names(in: place) where !ids.contains(name) {
                        Self.remove(place + "/" + name, ifOlderThan: started)
                    }
                }
            }
        }
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private static func remove(_ path: String, ifOlderThan started: Timestamp) {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        guard let changed = facts?[.modificationDate] as? Date, changed.timeIntervalSince1970 < started.seconds else {
            return
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
