import Foundation
import Notation

@testable import Wire

/// Runs the scripts beside the fixtures, where Python with botocore is installed.
enum Botocore {
    static let isThere: Bool = (try? run("-c", "import botocore.parsers")) != nil

    /// Values for the output of every operation, made from a seed.
    static func outputs(seed: String) throws -> [JSON] {
        try run(script("capture.py"), "--answers", seed).array ?? []
    }

    /// What is wrong with these answers.
    static func differences(in answers: [JSON]) throws -> [String] {
        let result = try run(script("parse.py"), input: JSON.array(answers).bytes())
        return (result.array ?? []).compactMap(\.string)
    }

    /// The model files that the importer would write otherwise, of those that are from the installed botocore: the models
    /// of other versions differ as they may.
    static func importerDifferences() throws -> [String] {
        let importer = Fixtures.folder.appending(path: "../../../Scripts/import-models.py").standardized.path
        let program = """
            import json, pathlib, runpy, sys, botocore
            importer = runpy.run_path(sys.argv[1])
            here = importer["TARGET"]
            mark = f"botocore {botocore.__version__}'s"
            known = {n: (here / n).read_text() for n, _ in importer["files"]()}
            print(json.dumps([n for n, t in importer["files"]() if mark in known[n] and known[n] != t]))
            """
        return (try run("-c", program, importer).array ?? []).compactMap(\.string)
    }

    private static func script(_ name: String) -> String { Fixtures.folder.appending(path: name).path }

    private struct Failed: Error { let status: Int32 }

    private static func run(_ arguments: String..., input: [UInt8] = []) throws -> JSON {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-B"] + arguments
        let folder = FileManager.default.temporaryDirectory.appending(path: "wire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Through files: two full pipes would wait for each other.
        let source = folder.appending(path: "in")
        let target = folder.appending(path: "out")
        try Data(input).write(to: source)
        try Data().write(to: target)
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: target)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
        let output = [UInt8](try Data(contentsOf: target))
        return output.isEmpty ? .null : try JSON(parsing: output)
    }
}
