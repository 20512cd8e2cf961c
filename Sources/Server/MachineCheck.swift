internal import Foundation
internal import Logging
package import Notation
internal import Sandbox

/// One thing that `slipway doctor` looked at.
package struct Finding: Sendable, Hashable {
    /// How it stands.
    package enum Standing: String, Sendable, Hashable {
        /// As it should be.
        case good
        /// Slipway works, but not with all it could.
        case limited
        /// Slipway cannot work like this.
        case broken
    }
    /// How it stands.
    package let standing: Standing
    /// What was looked at.
    package let subject: String
    /// What was found.
    package let message: String
    /// The command that mends it.
    package let fix: String?

    /// A finding.
    package init(_ standing: Standing, _ subject: String, _ message: String, fix: String? = nil) {
        self.standing = standing
        self.subject = subject
        self.message = message
        self.fix = fix
    }

    /// The finding for programs.
    package var json: JSON {
        var object: JSON = [
            "subject": .string(subject), "standing": .string(standing.rawValue), "message": .string(message),
        ]
        if let fix { object["fix"] = .string(fix) }
        return object
    }
}

/// Looks at the machine: whether programs can be run and kept apart, what runtimes there are, disk and folder.
package enum MachineCheck {
    /// Looks at everything but a running server. Changes nothing that stays.
    package static func run(data: String) async -> [Finding] {
        var findings = await sandbox()
        findings.append(runtime("python3", "python3.x functions", fix: "apt-get install python3"))
        findings.append(runtime("node", "nodejs functions", fix: "apt-get install nodejs"))
        findings.append(folder(data))
        return findings
    }

    private static func sandbox() async -> [Finding] {
        let state = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-doctor-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: state) }
        do {
            let sandbox = try await Sandbox.probe(state: state, log: Logger(label: "doctor"))
            let chosen = sandbox.findings.first { $0.problem == nil }
            let isContained = sandbox.backend != .plain
            let fix = isContained ? nil : "apt-get install runc bubblewrap"
            let layers = await sandbox.tryLayers(in: state + "/layers")
            let system = layers.problem.map {
                Finding(
                    .limited, "builds' system", "read-only, builds cannot install packages into it: \($0)",
                    fix: "apt-get install runc, and run the server as root")
            }
            return [
                Finding(isContained ? .good : .limited, "sandbox", chosen?.summary ?? "\(sandbox.backend)", fix: fix),
                system ?? Finding(.good, "builds' system", "a layer of its own for each build"),
            ]
        } catch {
            return [Finding(.broken, "sandbox", "\(error)", fix: "apt-get install runc bubblewrap")]
        }
    }

    private static func runtime(_ program: String, _ use: String, fix: String) -> Finding {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let found = folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return Finding(.limited, program, "is not installed: no \(use).", fix: fix) }
        return Finding(.good, program, found)
    }

    private static func folder(_ path: String) -> Finding {
        let files = FileManager.default
        var existing = path
        while !files.fileExists(atPath: existing), existing != "/" {
            existing = URL(fileURLWithPath: existing).deletingLastPathComponent().path
        }
        guard files.isWritableFile(atPath: existing) else {
            return Finding(.broken, "data folder", "\(path) cannot be written.", fix: "slipway serve --data ANOTHER")
        }
        let free = (try? files.attributesOfFileSystem(forPath: existing)[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        let gigabytes = Double(free) / 1e9
        let text = "\(path), \(String(format: "%.1f", gigabytes)) GB free"
        return Finding(
            gigabytes < 1 ? .limited : .good, "data folder", text, fix: gigabytes < 1 ? "make room on the disk" : nil)
    }
}
