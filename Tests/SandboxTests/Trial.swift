import Glibc
import Logging

@testable import Sandbox

/// A fresh folder for one test.
struct Folder: ~Copyable {
    let path: String

    init() {
        var template = Array("/tmp/slipway-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
        chmod(path, 0o755)
    }

    deinit { Files.remove(path) }

    func write(_ text: String, to name: String, mode: mode_t = 0o644) {
        Files.write(text, to: path + "/" + name, mode: mode)
        chmod(path + "/" + name, mode)
    }
}

/// Runs the body with a sandbox of that kind whose state is a folder of its own, and shuts it down.
func withSandbox(
    _ kind: BackendKind, state: String? = nil, _ body: (Sandbox) async throws -> Void
) async throws {
    let folder = Folder()
    let sandbox = try await Sandbox.probe(state: state ?? folder.path, candidates: [kind], log: quiet)
    do { try await body(sandbox) } catch {
        await sandbox.shutDown()
        throw error
    }
    await sandbox.shutDown()
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The ways that really work on this machine: the tests run under each of them.
let working: [BackendKind] = BackendKind.allCases.filter { kind in
    switch kind {
    case .runc: geteuid() == 0 && Files.systemProgram("runc") != nil
    case .crun: false  // Debian's fails on hybrid control groups; the probe's test covers it.
    case .bubblewrap: Files.systemProgram("bwrap") != nil
    case .plain: true
    }
}

extension Program {
    static func shell(_ script: String, limits: Limits = Limits(), network: Network = .host) -> Program {
        Program(
            name: "test", arguments: ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"],
            network: network, limits: limits)
    }
}

extension Sandbox.Finished {
    var text: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
}
