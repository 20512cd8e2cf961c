import Notation

/// A program as the OCI runtime specification 1.0 describes one; kept short, since the runtime's time goes into it.
struct OCIBundle {
    let program: Program
    let id: String
    /// The folder that becomes the program's `/`.
    let root: String
    /// Whether the program gets the terminal of whoever starts the runtime.
    var terminal = false

    var specification: JSON {
        [
            "ociVersion": "1.0.2",
            "process": process,
            "root": ["path": .string(root), "readonly": .bool(program.layer == nil)],
            "hostname": "sandbox",
            "mounts": .array(mounts),
            "linux": linux,
        ]
    }

    /// A shell as the namespace's first process. The kernel keeps signals without a handler from that one, so a program
    /// in its place could not even abort; and somebody has to collect orphans. It says nothing itself, and exits with
    /// 128 and the signal's number where its child was ended by one.
    private static let initProcess = [
        "/bin/sh", "-c", "exec 3>&2 2>/dev/null; \"$@\" 2>&3 3>&-; exit $?", "sh",
    ]

    private var process: JSON {
        var process: JSON = [
            "terminal": .bool(terminal),
            "user": ["uid": .int(Int(program.user.uid)), "gid": .int(Int(program.user.gid))],
            "args": .array(((terminal ? [] : Self.initProcess) + program.arguments).map(JSON.string)),
            "env": .array(program.environment.sorted { $0.key < $1.key }.map { .string("\($0.key)=\($0.value)") }),
            "cwd": .string(program.workingDirectory),
            "noNewPrivileges": true,
            "capabilities": capabilities,
        ]
        var rlimits: [JSON] = []
        func limit(_ type: String, _ value: Int?) {
            guard let value else { return }
            rlimits.append(["type": .string(type), "hard": .int(value), "soft": .int(value)])
        }
        limit("RLIMIT_FSIZE", program.limits.fileBytes)
        limit("RLIMIT_NOFILE", program.limits.openFiles)
        limit("RLIMIT_CORE", 0)
        process["rlimits"] = .array(rlimits)
        return process
    }

    /// None; on a layer those that a package manager needs, which change nothing outside the layer. They are what
    /// Docker gives by default, without those for devices, the network and other processes' memory.
    private var capabilities: JSON {
        let kept: [JSON] =
            program.layer == nil
            ? []
            : [
                "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
                "CAP_SETFCAP", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE",
            ]
        return ["bounding": .array(kept), "effective": .array(kept), "permitted": .array(kept)]
    }

    private var mounts: [JSON] {
        var mounts: [JSON] = [
            ["destination": "/proc", "type": "proc", "source": "proc"],
            [
                "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=64k"],
            ],
            [
                "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                "options": ["nosuid", "nodev", "mode=1777", "size=64m"],
            ],
        ]
        if let layer = program.layer {
            mounts += Self.system(layer)
        } else {
            for path in HostView.folders + HostView.settings {
                mounts.append(Self.bind(path, at: path, writable: false))
            }
        }
        for one in program.scratch {
            mounts.append([
                "destination": .string(one.path), "type": "tmpfs", "source": "tmpfs",
                "options": ["nosuid", "nodev", "mode=1777", .string("size=\(one.bytes)")],
            ])
        }
        for one in program.binds { mounts.append(Self.bind(one.source, at: one.target, writable: one.writable)) }
        return mounts
    }

    /// What a system of the program's own has: the overlays, terminals, and the kernel's description of the machine.
    private static func system(_ layer: Program.Layer) -> [JSON] {
        var mounts: [JSON] = layer.overlays.enumerated().map { index, overlay in
            let (upper, work) = ("\(layer.folder)/upper/\(index)", "\(layer.folder)/work/\(index)")
            return [
                "destination": .string(overlay.path), "type": "overlay", "source": "overlay",
                "options": [.string("lowerdir=\(overlay.lower),upperdir=\(upper),workdir=\(work)"), "nosuid", "nodev"],
            ]
        }
        mounts.append([
            "destination": "/dev/pts", "type": "devpts", "source": "devpts",
            "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
        ])
        mounts.append([
            "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"],
        ])
        return mounts
    }

    private static func bind(_ source: String, at target: String, writable: Bool) -> JSON {
        [
            "destination": .string(target), "type": "none", "source": .string(source),
            "options": ["rbind", writable ? "rw" : "ro", "nosuid", "nodev"],
        ]
    }

    private var linux: JSON {
        var kinds = ["pid", "ipc", "uts", "mount"]
        if program.network == .none { kinds.append("network") }
        var resources: JSON = [:]
        let limits = program.limits
        if let bytes = limits.memoryBytes { resources["memory"] = ["limit": .int(bytes)] }
        if let count = limits.processes { resources["pids"] = ["limit": .int(count)] }
        var cpu: JSON = [:]
        if let weight = limits.cpuWeight { cpu["shares"] = .int(weight) }
        if let cpus = limits.cpus {
            cpu["quota"] = .int(max(1_000, Int(cpus * 100_000)))
            cpu["period"] = 100_000
        }
        if cpu.object?.isEmpty == false { resources["cpu"] = cpu }
        return [
            "cgroupsPath": .string("/\(Cgroup.Hierarchy.family)/\(id)"),
            "resources": resources,
            "namespaces": .array(kinds.map { ["type": .string($0)] }),
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        ]
    }
}
