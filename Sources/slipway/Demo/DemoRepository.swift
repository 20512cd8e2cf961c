import Foundation

/// The sample in a folder of its own, as a git repository whose pushes are releases.
struct DemoRepository {
    /// The working folder.
    let folder: URL
    /// Where pushes go.
    let remote: String
    private let environment: [String: String]
    private let log: URL

    /// Makes the folder a repository with nothing in it yet.
    ///
    /// - Parameter environment: What points git at the server; nothing of the user's own configuration is read.
    init(in folder: URL, remote: String, environment: [String: String], log: URL) async throws {
        self.folder = folder
        self.remote = remote
        self.log = log
        self.environment = environment.merging([
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
        ]) { $1 }
        try await git("init", "--quiet", "--initial-branch", "main")
    }

    /// Takes a later version of the service into the working folder.
    func use(_ release: String) throws {
        let source = folder.appendingPathComponent("releases/\(release)/app.py")
        try Data(contentsOf: source).write(to: folder.appendingPathComponent("src/app.py"))
    }

    /// Commits all there is.
    ///
    /// - Returns: The commit's id.
    func commit(_ message: String) async throws -> String {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--message", message)
        return try await git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Pushes the branch.
    func push() async throws { try await git("push", "--quiet", remote, "main") }

    @discardableResult
    private func git(_ arguments: String...) async throws -> String {
        try await Program.run(["git"] + arguments, in: folder, environment: environment, log: log)
    }
}
