import Foundation
import Guard

/// Files of rules, read.
struct PolicyFiles {
    let files: [GuardRules]

    /// Reads files, and of folders all that end in `.guard`, in the order of their names.
    ///
    /// - Throws: ``CommandFailure`` with every mistake of every file.
    init(_ paths: [String]) throws {
        var files: [GuardRules] = []
        var mistakes: [String] = []
        for path in try paths.flatMap(Self.unfold) {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("'\(path)' cannot be read. Is the path right?")
            }
            do {
                files.append(try GuardRules(String(decoding: data, as: UTF8.self), name: path))
            } catch {
                mistakes.append(error.description)
            }
        }
        guard mistakes.isEmpty else { throw CommandFailure(mistakes.joined(separator: "\n")) }
        self.files = files
    }

    private static func unfold(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".guard") }
        guard !names.isEmpty else { throw CommandFailure("The folder '\(path)' has no file that ends in .guard.") }
        return names.sorted().map { path + "/" + $0 }
    }
}
