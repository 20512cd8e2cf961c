import CLinux
import Glibc

/// How a process ended.
package enum EndStatus: Sendable, Hashable, CustomStringConvertible {
    /// It returned or called exit with that code.
    case code(Int32)
    /// A signal ended it.
    case signal(Int32)

    /// Whether it ended with code 0.
    package var succeeded: Bool { self == .code(0) }

    /// In the words that AWS Lambda uses: `exit status 1` or `signal: killed`.
    package var description: String {
        switch self {
        case .code(let code): "exit status \(code)"
        case .signal(SIGKILL): "signal: killed"
        case .signal(SIGSEGV): "signal: segmentation fault"
        case .signal(SIGABRT): "signal: aborted"
        case .signal(SIGTERM): "signal: terminated"
        case .signal(SIGBUS): "signal: bus error"
        case .signal(SIGILL): "signal: illegal instruction"
        case .signal(SIGFPE): "signal: floating point exception"
        case .signal(SIGXFSZ): "signal: file size limit exceeded"
        case .signal(let number): "signal: \(number)"
        }
    }
}

/// What is handed to the operating system to start one process.
struct Command: Sendable {
    var arguments: [String]
    var environment: [String: String] = [:]
    var workingDirectory: String?
    /// What the process reads as its standard input.
    var input: [UInt8] = []
    /// What it finds at descriptor 3, for programs that take their arguments from there.
    var side: [UInt8]?
    var overflow: OverflowPolicy = .slowDown
    var listener: (any ProgramListener)?
}

/// A process that this one started: its number, and what it prints.
struct Child: Sendable {
    let pid: Int32
    let output: PipeReader
    let errors: PipeReader
}

extension Reactor.Loop {
    /// Starts the process and watches its pipes. Its end is for the caller to watch: until then it stays as a zombie.
    func spawn(_ command: Command) throws(SandboxError) -> Child {
        var inputs: [Int32] = []
        defer { for descriptor in inputs { close(descriptor) } }
        inputs.append(try file(of: command.input))
        if let side = command.side { inputs.append(try file(of: side)) }
        let output = try Self.pipe()
        let errors: (read: Int32, write: Int32)
        do { errors = try Self.pipe() } catch {
            for descriptor in [output.read, output.write] { close(descriptor) }
            throw error
        }
        inputs += [output.write, errors.write]
        var wanted: [(from: Int32, to: Int32)] = [(inputs[0], 0), (output.write, 1), (errors.write, 2)]
        if command.side != nil { wanted.append((inputs[1], 3)) }
        do {
            let pid = try Self.start(command, descriptors: wanted)
            return Child(
                pid: pid,
                output: PipeReader.reading(output.read, command.overflow, command.listener, .output, on: self),
                errors: PipeReader.reading(errors.read, command.overflow, command.listener, .errors, on: self))
        } catch {
            for descriptor in [output.read, errors.read] { close(descriptor) }
            throw error
        }
    }

    /// Calls `ended` once on this thread when the process, which must be this one's child, ends. Its number is free for
    /// others after that.
    func watchEnd(of pid: Int32, _ ended: @escaping (Reactor.Loop, EndStatus) -> Void) {
        let descriptor = linux_pidfd_open(pid)
        guard descriptor >= 0 else { return ended(self, Self.collect(pid) ?? .signal(SIGKILL)) }
        var token: UInt64?
        token = watch(descriptor) { loop in
            guard let status = Self.collect(pid) else { return }
            if let token { loop.unwatch(token) }
            close(descriptor)
            ended(loop, status)
        }
    }

    /// Calls `ended` once on this thread when all those processes are dead, whoever's children they are.
    ///
    /// Collects those that have become this one's children, as orphans do; until then they are in the way of their
    /// control group's removal.
    func watchDeath(of pids: Set<Int32>, group: Int32?, _ ended: @escaping (Reactor.Loop) -> Void) {
        var open = 0
        func collectAll() {
            var status: Int32 = 0
            if let group { while waitpid(-group, &status, WNOHANG) > 0 {} }
            for pid in pids { waitpid(pid, &status, WNOHANG) }
        }
        for pid in pids {
            let descriptor = linux_pidfd_open(pid)
            guard descriptor >= 0 else { continue }
            var token: UInt64?
            token = watch(descriptor) { loop in
                if let token { loop.unwatch(token) }
                close(descriptor)
                open -= 1
                guard open == 0 else { return }
                collectAll()
                ended(loop)
            }
            if token == nil { close(descriptor) } else { open += 1 }
        }
        guard open == 0 else { return }
        collectAll()
        ended(self)
    }

    private static func collect(_ pid: Int32) -> EndStatus? {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return errno == ECHILD ? .signal(SIGKILL) : nil }
        return linux_exited(status) != 0 ? .code(linux_exit_code(status)) : .signal(linux_exit_signal(status))
    }

    /// A nameless file of those bytes: unlike a pipe it takes any amount at once, so nobody has to feed it.
    private func file(of bytes: [UInt8]) throws(SandboxError) -> Int32 {
        if bytes.isEmpty { return open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let descriptor = linux_memfd_create("input")
        guard descriptor >= 0 else {
            throw .init(.startFailed, "Cannot hold a program's input: \(systemMessage(errno)).")
        }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, done)
            }
            guard count > 0 else {
                close(descriptor)
                throw .init(.startFailed, "Cannot hold a program's input: \(systemMessage(errno)).")
            }
            done += count
        }
        return descriptor
    }

    private static func pipe() throws(SandboxError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard linux_pipe(&ends) == 0 else {
            throw SandboxError(.startFailed, "Cannot make a pipe for a program's output: \(systemMessage(errno)).")
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    private static func start(
        _ command: Command, descriptors: [(from: Int32, to: Int32)]
    ) throws(SandboxError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // First all out of the way, then into place: a source may itself stand at a wanted number.
        for (index, one) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, one.from, 1_000 + Int32(index))
        }
        for (index, one) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, 1_000 + Int32(index), one.to)
        }
        _ = linux_spawn_closefrom(&actions, Int32(descriptors.count))
        if let folder = command.workingDirectory { _ = linux_spawn_chdir(&actions, folder) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let setSession: Int16 = 0x80  // POSIX_SPAWN_SETSID: a group of its own, away from our terminal's signals
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | setSession)
        var pid: pid_t = 0
        let failure = withPointers(to: command.arguments) { arguments in
            withPointers(to: command.environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, command.arguments[0], &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            throw SandboxError(.startFailed, "Cannot start \(command.arguments[0]): \(systemMessage(failure)).")
        }
        return pid
    }
}

/// Calls the body with a null-ended list of C strings that lives as long as the call.
private func withPointers<Result>(
    to strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
