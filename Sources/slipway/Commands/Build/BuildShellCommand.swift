import ArgumentParser
import Foundation
import Notation

/// `slipway build shell`
struct BuildShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Open a shell in a failed build that was kept, where its phase failed.",
        discussion: """
            A build is kept when it was started with debugSessionEnabled, or by a server with --build-limit keepFailed=1.
            The shell has the build's folder, variables and system, and keys of its role. On the server's machine only,
            as the user who runs the server.

              slipway build shell orders:0f3c...            a shell
              slipway build shell orders -- make test       one command, in the newest build of the project
            """)

    @Argument(help: "A build's id, or a project's name for its newest build.")
    var build: String

    @Argument(parsing: .postTerminator, help: "A command to run instead of a shell, after --.")
    var command: [String] = []

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let id = try await BuildDesk(client: client).id(of: build)
        let terminal = command.isEmpty || isatty(STDIN_FILENO) == 1
        let answer = try await client.call(
            "slipway-codebuild", "OpenShell",
            [
                "id": .string(id), "command": .array(command.map(JSON.string)),
                "terminal": .bool(terminal && isatty(STDIN_FILENO) == 1),
            ])
        let arguments = (answer["arguments"]?.array ?? []).compactMap(\.string)
        let place = answer["workingDirectory"]?.string ?? "/"
        guard let program = arguments.first, FileManager.default.changeCurrentDirectoryPath(place) else {
            throw CommandFailure("The build's folder \(place) is not on this machine, or belongs to another user.")
        }
        // This process becomes the runtime: terminal, signals and exit status are the shell's own.
        let pointers = arguments.map { strdup($0) } + [nil]
        execv(program, pointers)
        throw CommandFailure("Cannot run \(program): \(String(cString: strerror(errno))).")
    }
}
