/// A program to run, what it may see and how much it may take. A plain value; nothing happens until it is started.
package struct Program: Sendable {
    /// A folder or file of the machine that the program sees.
    package struct Bind: Sendable, Hashable {
        /// Where it is on the machine, an absolute path.
        package var source: String
        /// Where the program sees it, an absolute path.
        package var target: String
        /// Whether the program may write to it.
        package var writable: Bool

        /// Shows `source` at `target` (at the same path when none is given), read-only unless said otherwise.
        package init(_ source: String, at target: String? = nil, writable: Bool = false) {
            self.source = source
            self.target = target ?? source
            self.writable = writable
        }
    }

    /// A private empty folder that vanishes with the program. Held in memory: what is written to it counts against
    /// the program's memory limit.
    package struct Scratch: Sendable, Hashable {
        /// Where the program sees it.
        package var path: String
        /// How many bytes fit into it.
        package var bytes: Int

        /// A scratch folder of that many bytes.
        package init(path: String = "/tmp", bytes: Int) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// Which network the program sees.
    package enum Network: String, Sendable, Hashable {
        /// The machine's own: every address that the server reaches.
        case host
        /// None but a loopback interface of its own.
        case none
    }

    /// As whom the program runs.
    package struct User: Sendable, Hashable {
        /// The numeric user id.
        package var uid: UInt32
        /// The numeric group id.
        package var gid: UInt32

        /// A user by numbers.
        package init(uid: UInt32, gid: UInt32) {
            self.uid = uid
            self.gid = gid
        }

        /// Nobody's ids: next to `nobody` (65534), outside the ranges that Debian hands out, so that no file is theirs.
        package static let sandbox = User(uid: 65_533, gid: 65_533)
        /// The system's administrator; in a sandbox with a ``Layer`` of that layer alone.
        package static let root = User(uid: 0, gid: 0)
    }

    /// A system of the program's own: the machine's, with a layer on top that takes what the program writes.
    ///
    /// Made by ``SystemLayers/layer(in:)``. Only backends that enforce ``Enforcement/layers`` can run on one. A program
    /// on a layer may do what an administrator's container may by default: change owners and users, but not the
    /// kernel, its devices or its network.
    package struct Layer: Sendable, Hashable {
        /// Where what the program writes is kept, until somebody removes it.
        package let folder: String
        let overlays: [SystemLayers.Overlay]
    }

    /// What a program may take. nil leaves that resource unlimited.
    package struct Limits: Sendable, Hashable {
        /// Memory in bytes, its scratch folder included; more gets it killed.
        package var memoryBytes: Int?
        /// How many processors' worth of time it may use, such as 0.5.
        package var cpus: Double?
        /// Its share when programs compete for the processors; 1024 is an ordinary share.
        package var cpuWeight: Int?
        /// How many processes and threads it may have at once.
        package var processes: Int?
        /// How large a file it may write, in bytes.
        package var fileBytes: Int?
        /// How many files it may hold open.
        package var openFiles: Int?

        /// No limit but those given.
        package init(
            memoryBytes: Int? = nil, cpus: Double? = nil, cpuWeight: Int? = nil, processes: Int? = nil,
            fileBytes: Int? = nil, openFiles: Int? = nil
        ) {
            self.memoryBytes = memoryBytes
            self.cpus = cpus
            self.cpuWeight = cpuWeight
            self.processes = processes
            self.fileBytes = fileBytes
            self.openFiles = openFiles
        }
    }

    /// What a short word for it is, part of its id: letters, digits and dashes; others are replaced.
    package var name: String
    /// The program and its arguments; the first is looked up in the PATH of `environment` when it has no slash.
    package var arguments: [String]
    /// Its whole environment; nothing is inherited from the server.
    package var environment: [String: String]
    /// The folder it starts in.
    package var workingDirectory: String
    /// What it sees besides the machine's system folders.
    package var binds: [Bind]
    /// Its private folders; by default 64 MiB at `/tmp`.
    package var scratch: [Scratch]
    /// Which network it sees.
    package var network: Network
    /// What it may take.
    package var limits: Limits
    /// What it reads on its standard input; empty means the end at once.
    package var input: [UInt8]
    /// As whom it runs. Only a server that runs as root can change users; others run it as themselves.
    package var user: User
    /// What happens when nobody reads what it prints.
    package var overflow: OverflowPolicy
    /// Who is told at once of what it prints and of its end. With one, its streams have nothing to read.
    package var listener: (any ProgramListener)?
    /// The system of its own that it runs on; nil shows it the machine's, read-only.
    package var layer: Layer?

    /// A program with the defaults of a function's environment: no limits, the machine's network, nobody's ids.
    package init(
        name: String, arguments: [String], environment: [String: String] = [:], workingDirectory: String = "/",
        binds: [Bind] = [], scratch: [Scratch] = [Scratch(bytes: 64 << 20)], network: Network = .host,
        limits: Limits = Limits(), input: [UInt8] = [], user: User = .sandbox, overflow: OverflowPolicy = .slowDown,
        listener: (any ProgramListener)? = nil
    ) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.binds = binds
        self.scratch = scratch
        self.network = network
        self.limits = limits
        self.input = input
        self.user = user
        self.overflow = overflow
        self.listener = listener
    }
}

/// Is told of a program's output and end as they happen.
///
/// Called on the thread that watches all programs, one call at a time: whoever needs longer than a moment passes on
/// what it is told.
package protocol ProgramListener: Sendable {
    /// The program printed these bytes.
    func printed(_ bytes: [UInt8], to stream: ProgramStream)
    /// The program has ended, and all it printed itself was told. Called once.
    func ended(_ exit: RunningProgram.Exit)
}

/// One of a program's two output streams.
package enum ProgramStream: Sendable, Hashable {
    /// Standard output.
    case output
    /// Standard error.
    case errors
}

/// What happens when a program prints faster than its reader reads.
package enum OverflowPolicy: Sendable, Hashable {
    /// The program waits: its pipe fills and its next write blocks.
    case slowDown
    /// The program runs on; what does not fit is dropped, and a line in its place says how much.
    case drop
}
