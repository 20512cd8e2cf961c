import Glibc

/// The few words of shell before a program that no OCI runtime starts: join the control group, set what limits a
/// process carries along, become nobody. `sh` and `setpriv` cost a millisecond each; both are essential in Debian.
struct Prelude {
    let program: Program

    /// The environment that is safe to give to helpers which still run as root: nothing that the dynamic linker obeys.
    static func isHarmless(_ name: String) -> Bool { !name.hasPrefix("LD_") && name != "GCONV_PATH" }

    /// `sh` joining those groups and setting limits, then turning into what follows.
    func shell(joining doors: [String]) -> [String] {
        var script = doors.map { "echo 0 >\(Self.quoted($0)) || exit 125; " }.joined()
        script += "ulimit -c 0; "
        if let bytes = program.limits.fileBytes { script += "ulimit -f \(max(1, bytes / 512)); " }
        if let count = program.limits.openFiles { script += "ulimit -n \(count); " }
        return ["/bin/sh", "-c", script + "exec \"$@\"", "sh"]
    }

    /// `setpriv` taking all privileges away, then what the linker obeys, then the program.
    func unprivileged(_ arguments: [String], _ environment: [String: String]) -> [String] {
        var words = ["/usr/bin/setpriv", "--no-new-privs"]
        if geteuid() == 0 {
            words += ["--reuid", "\(program.user.uid)", "--regid", "\(program.user.gid)", "--clear-groups"]
        }
        return words + withLinker(arguments, environment)
    }

    /// `setpriv` keeping the program from gaining privileges and from outliving us, then as above.
    func ordinary(_ arguments: [String], _ environment: [String: String]) -> [String] {
        ["/usr/bin/setpriv", "--no-new-privs", "--pdeathsig", "KILL"] + withLinker(arguments, environment)
    }

    private func withLinker(_ arguments: [String], _ environment: [String: String]) -> [String] {
        let linker = environment.filter { !Self.isHarmless($0.key) }.sorted { $0.key < $1.key }
        return (linker.isEmpty ? [] : ["/usr/bin/env"] + linker.map { "\($0.key)=\($0.value)" }) + arguments
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
