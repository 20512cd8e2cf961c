import ArgumentParser
import Foundation
import Notation

/// `slipway invoke`
struct Invoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Invoke a function and print its answer; its last log lines go to standard error.",
        discussion: "Exit code 1 when the function failed.")

    @Argument(help: "Name or ARN, with :alias or :version behind it if wanted.")
    var function: String

    @Option(help: "The payload: JSON, @FILE, or - for standard input.")
    var payload = "{}"

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let input: JSON = ["FunctionName": .string(function), "LogType": "Tail"]
        let (output, answer) = try await SlipwayClient(folder).call("lambda", "Invoke", input, payload: try bytes())
        if let tail = output["LogResult"]?.string, let data = Data(base64Encoded: tail) {
            Terminal.error.line(Terminal.error.styled(String(decoding: data, as: UTF8.self), .dim))
        }
        Terminal.standard.line(String(decoding: answer, as: UTF8.self))
        if output["FunctionError"] != nil { throw ExitCode(1) }
    }

    private func bytes() throws -> [UInt8] {
        if payload == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
        guard payload.hasPrefix("@") else { return Array(payload.utf8) }
        guard let data = FileManager.default.contents(atPath: String(payload.dropFirst())) else {
            throw CommandFailure("'\(payload.dropFirst())' cannot be read. Is the path right?")
        }
        return [UInt8](data)
    }
}
