import Foundation

/// Repositories in a folder of this machine.
enum FolderRepository {
    /// Folders below folders are looked into so deep, and so many of them.
    private static let depth = 3
    private static let limit = 1000

    /// The repository of that name: `NAME`, `NAME.git`, or a checkout's `NAME/.git`.
    static func find(_ repository: RepositoryID, below base: String) -> String? {
        let path = base + "/" + repository.name
        return [path, path + ".git", path + "/.git"].first(where: isRepository)
    }

    /// All repositories below a folder, by the names that connections have for them.
    static func all(below base: String) -> [(name: String, path: String)] {
        var found: [(String, String)] = []
        look(base, prefix: "", depth: depth, &found)
        return found
    }

    private static func look(_ folder: String, prefix: String, depth: Int, _ found: inout [(String, String)]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name != ".git" && found.count < limit {
            let path = folder + "/" + name
            let plain = name.hasSuffix(".git") ? String(name.dropLast(4)) : name
            guard (try? RepositoryID(prefix + plain)) != nil else { continue }
            if isRepository(path) {
                found.append((prefix + plain, path))
            } else if isRepository(path + "/.git") {
                found.append((prefix + plain, path + "/.git"))
            } else if depth > 1 {
                look(path, prefix: prefix + name + "/", depth: depth - 1, &found)
            }
        }
    }

    private static func isRepository(_ path: String) -> Bool {
        let files = FileManager.default
        return files.fileExists(atPath: path + "/HEAD") && files.fileExists(atPath: path + "/objects")
            && files.fileExists(atPath: path + "/refs")
    }

    /// What changes when a ref does, without asking git: sizes and times of the files that refs are in.
    static func signature(_ path: String) -> String {
        var words: [String] = [mark(path + "/packed-refs")]
        for folder in ["refs/heads", "refs/tags"] {
            let names = FileManager.default.enumerator(atPath: path + "/" + folder)?.compactMap { $0 as? String } ?? []
            for name in names.sorted() { words.append(name + " " + mark("\(path)/\(folder)/\(name)")) }
        }
        return words.joined(separator: "\n")
    }

    private static func mark(_ path: String) -> String {
        var info = stat()
        guard lstat(path, &info) == 0 else { return "-" }
        return "\(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec).\(info.st_size).\(info.st_ino)"
    }
}
