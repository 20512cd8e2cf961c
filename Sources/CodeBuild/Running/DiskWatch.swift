internal import Foundation
internal import Glibc
internal import Ledger
internal import Notation
internal import Sandbox

/// Looks how much disk a build takes, as often as that costs little.
struct DiskWatch: Sendable {
    let folder: String
    let limit: Int
    let time: any TimeSource

    /// Returns what the build takes as soon as that is more than it may; nil when the task is cancelled.
    func exceeded() async -> Int? {
        while !Task.isCancelled {
            let start = time.now
            let folder = folder
            let taken = await OwnThread.run { Self.size(of: folder) }
            if taken > limit { return taken }
            // A look at many files takes long: then the next one waits longer, so that looking stays below a twentieth.
            let pause = max(.seconds(1), (time.now - start) * 20)
            guard (try? await time.sleep(until: time.now + pause)) != nil else { return nil }
        }
        return nil
    }

    /// How many bytes of disk all that is below a folder takes; links are not followed.
    static func size(of folder: String) -> Int {
        var total = 0
        var waiting = [folder]
        while let next = waiting.popLast() {
            guard let handle = opendir(next) else { continue }
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                var facts = stat()
                guard lstat(next + "/" + name, &facts) == 0 else { continue }
                total += Int(facts.st_blocks) * 512
                if facts.st_mode & S_IFMT == S_IFDIR { waiting.append(next + "/" + name) }
            }
        }
        return total
    }
}
