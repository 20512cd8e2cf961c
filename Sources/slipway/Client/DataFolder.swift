import ArgumentParser
import Foundation

/// The option that says which Slipway is meant: its data folder.
struct DataFolder: ParsableArguments {
    @Option(name: .customLong("data"), help: "The data folder. (default: ~/.slipway)")
    var given: String?

    /// Whether none was named.
    var isDefault: Bool { given == nil && ProcessInfo.processInfo.environment["SLIPWAY_DATA"] == nil }

    /// The folder, absolute.
    var path: String {
        let environment = ProcessInfo.processInfo.environment
        // HOME first, as shells and the AWS tools have it; Foundation asks the user database alone.
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        let text = given ?? environment["SLIPWAY_DATA"] ?? home + "/.slipway"
        return URL(fileURLWithPath: text).standardizedFileURL.path
    }
}

/// A failure that is told to the user as it is, with exit code 1.
struct CommandFailure: Error, CustomStringConvertible, LocalizedError {
    let description: String
    var errorDescription: String? { description }

    init(_ description: String) { self.description = description }
}
