import ArgumentParser
import Buildspec
import Foundation
import Notation

/// `slipway build run`
struct BuildRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the build of a folder here and now, without a server of yours.",
        discussion: """
            Reads buildspec.yml, packs the folder and runs the build as CodeBuild would: the same phases, shell, \
            variables, artifacts and reports. Nothing of yours is changed but the folder for artifacts. There is no \
            cache from the last run.

            Exit code 0 when the build succeeded, 2 when it did not, 1 when it could not be run.
            """)

    @Flag(help: "Here, in a server of the build's own. The only way there is so far, so it may be left out.")
    var local = false

    @Option(name: .shortAndLong, help: "The build specification. (default: buildspec.yml in the source)")
    var buildspec: String?

    @Option(name: .shortAndLong, help: "The folder to build.")
    var source = "."

    @Option(name: .shortAndLong, help: "A file of variables, NAME=VALUE on each line.")
    var envFile: String?

    @Option(name: .shortAndLong, help: "The folder for artifacts.zip.")
    var artifacts: String?

    @Option(name: .shortAndLong, help: "The name of the build image.")
    var image = "aws/codebuild/standard:7.0"

    func run() async throws {
        let order = try order()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-build-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try await DemoServer(in: folder)
        defer { server.stop() }
        let isGood = try await LocalBuild(order, server: server, folder: folder).run()
        if !isGood { throw ExitCode(2) }
    }

    /// What is to be built, with everything that can be wrong about it said before anything begins.
    private func order() throws -> LocalBuild.Order {
        let source = URL(fileURLWithPath: source).standardizedFileURL
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw CommandFailure("'\(source.path)' is no folder.")
        }
        let file = buildspec.map { URL(fileURLWithPath: $0) } ?? source.appendingPathComponent("buildspec.yml")
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw CommandFailure("There is no build specification at \(file.path). Name it with --buildspec.")
        }
        let text = String(decoding: data, as: UTF8.self)
        let reading: BuildspecReader.Reading
        do { reading = try BuildspecReader.read(text) } catch {
            let lines = error.problems.map { "\(file.path): \($0)" }
            throw CommandFailure(lines.joined(separator: "\n"))
        }
        for warning in reading.warnings { Terminal.error.line("\(file.path): \(warning)") }
        return LocalBuild.Order(
            source: source, text: text, spec: reading.spec, variables: try variables(),
            artifacts: artifacts.map { URL(fileURLWithPath: $0) }, image: image)
    }

    private func variables() throws -> [(name: String, value: String)] {
        guard let envFile else { return [] }
        guard let data = FileManager.default.contents(atPath: envFile) else {
            throw CommandFailure("'\(envFile)' cannot be read. Is the path right?")
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        return try lines.enumerated().compactMap { index, line in
            guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { return nil }
            guard let mark = line.firstIndex(of: "="), BuildEnvironment.isName(String(line[..<mark])) else {
                throw CommandFailure("\(envFile): line \(index + 1) is no variable: write NAME=VALUE.")
            }
            return (String(line[..<mark]), String(line[line.index(after: mark)...]))
        }
    }
}
