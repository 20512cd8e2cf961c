internal import CLinux
internal import Glibc

/// What is handed to the system to start one git process.
struct GitLaunch: Sendable {
    /// Where the process reads its standard input from.
    enum Input: Sendable {
        /// Nowhere: the end at once.
        case nothing
        /// These bytes, all there from the start.
        case bytes([UInt8])
        /// What ``GitProcess/write(_:)`` hands over.
        case piped
    }

    /// The program's path and its arguments. Never seen by a shell.
    var arguments: [String]
    /// Its whole environment.
    var environment: [String: String]
    /// The folder it starts in.
    var folder: String
    var input = Input.nothing
    /// Descriptors that it finds at 3, 4 and so on. They stay the caller's.
    var inherited: [Int32] = []

    /// The ends of the pipes that are ours, once it runs.
    struct Started: Sendable {
        let pid: Int32
        let input: Int32?
        let output: Int32
        /// A nameless file with what it complained of.
        let errors: Int32
    }

    /// Starts it in a group of its own.
    ///
    /// - Throws: ``GitError`` when the system refuses.
    func start() throws -> Started {
        var theirs: [Int32] = []
        var ours: [Int32] = []
        defer { for descriptor in theirs { close(descriptor) } }
        do {
            let inputs = try openInput()
            theirs.append(inputs.theirs)
            if let mine = inputs.ours { ours.append(mine) }
            let output = try Self.pipe()
            theirs.append(output.write)
            ours.append(output.read)
            let errors = linux_memfd_create("errors")
            guard errors >= 0 else { throw GitError.system("hold git's messages") }
            ours.append(errors)
            let wanted = [inputs.theirs, output.write, errors] + inherited
            let pid = try spawn(wanted)
            return Started(pid: pid, input: inputs.ours, output: output.read, errors: errors)
        } catch {
            for descriptor in ours { close(descriptor) }
            throw error
        }
    }

    /// The end that the process reads, and ours if it is fed while it runs.
    private func openInput() throws -> (theirs: Int32, ours: Int32?) {
        switch input {
        case .nothing:
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard null >= 0 else { throw GitError.system("open /dev/null") }
            return (null, nil)
        case .bytes(let bytes): return (try Self.file(of: bytes), nil)
        case .piped:
            let ends = try Self.pipe()
            return (ends.read, ends.write)
        }
    }

    /// A pipe that no other program inherits.
    static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard linux_pipe(&ends) == 0 else { throw GitError.system("make a pipe") }
        return (ends[0], ends[1])
    }

    /// A nameless file of those bytes: unlike a pipe it takes any amount at once, so nobody has to feed it.
    private static func file(of bytes: [UInt8]) throws -> Int32 {
        let descriptor = linux_memfd_create("input")
        guard descriptor >= 0 else { throw GitError.system("hold git's input") }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done))
            }
            guard count > 0 else {
                close(descriptor)
                throw GitError.system("hold git's input")
            }
            done += count
        }
        return descriptor
    }

    /// Starts the process with these descriptors at 0, 1, 2 and on. Of the server's others it sees none.
    private func spawn(_ descriptors: [Int32]) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // First all out of the way, then into place: a source may itself stand at a wanted number.
        for (index, from) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, from, 1_000 + Int32(index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, 1_000 + Int32(index), Int32(index))
        }
        _ = linux_spawn_closefrom(&actions, Int32(descriptors.count))
        _ = linux_spawn_chdir(&actions, folder)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let setSession: Int16 = 0x80  // POSIX_SPAWN_SETSID: one signal reaches git and all it started
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | setSession)
        var pid: pid_t = 0
        let failure = withCStrings(arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, self.arguments[0], &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else { throw GitError.system("start \(arguments[0])", failure) }
        return pid
    }
}

/// Calls the body with a null-ended list of C strings that lives as long as the call.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
