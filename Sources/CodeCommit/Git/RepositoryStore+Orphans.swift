internal import Foundation
internal import Glibc

extension RepositoryStore {
    private static let mark = "pushing-"

    /// The mark of a push under way: a lock that the git process holds as long as it lives, even when this server dies.
    ///
    /// - Returns: A descriptor to hand to the process; the caller closes it once it runs.
    /// - Throws: ``GitError``.
    func mark(_ repository: Repository) throws -> Int32 {
        let path = folder(repository) + "/" + Self.mark + run
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw GitError.system("open \(path)") }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else {
            close(descriptor)
            throw GitError.system("lock \(path)")
        }
        return descriptor
    }

    /// Returns when no push of an earlier server runs in the repository any more. Its input ended with that server, so
    /// this is soon.
    func waitForOrphans(_ repository: Repository) async {
        let folder = folder(repository)
        let own = Self.mark + run
        await OwnThread.run {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let end = Date().addingTimeInterval(10)
            for name in names where name.hasPrefix(Self.mark) && name != own {
                let descriptor = open(folder + "/" + name, O_RDWR | O_CLOEXEC)
                guard descriptor >= 0 else { continue }
                // A blocking wait would have no end: looked at again until then.
                while flock(descriptor, LOCK_EX | LOCK_NB) != 0, Date() < end { usleep(20_000) }
                close(descriptor)
                unlink(folder + "/" + name)
            }
        }
    }
}
