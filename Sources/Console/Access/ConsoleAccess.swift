package import Cloud

/// Who may use the console, and as whom its calls are made.
package enum ConsoleAccess: Sendable {
    /// Everybody who reaches it, as this caller: a server that was started with `--no-auth`, on loopback only.
    case open(Caller)
    /// Whoever logs in with an access key. `check` says whose key it is; nil when key and secret do not belong
    /// together. Its region is shown at first.
    case login(check: @Sendable (_ accessKeyID: String, _ secret: String) async -> Caller?)
}
