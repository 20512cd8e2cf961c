internal import CloudFormationTemplate
internal import Foundation
internal import Notation
internal import Sandbox

/// What `cfn submit` sends for a module: a zip with `schema.json` and one file in `fragments/`.
///
/// Source: the CloudFormation CLI (`rpdk/core/project.py`), and "Module structure and requirements" in its User Guide.
struct ModulePackage: Sendable {
    /// Bytes of a package.
    static let limit = 10 << 20
    private static let extensions: Set<String> = ["json", "yaml", "yml", "template"]
    private static let limits = Archive.Limits(totalBytes: 10 << 20, entries: 1000)

    /// Why a package is none.
    struct Failure: Error { let message: String }

    let fragment: ModuleFragment
    let schema: JSON

    /// Unpacks and judges a package.
    ///
    /// - Parameter mark: what sets its temporary folder apart; that is gone again when this returns.
    /// - Throws: ``Failure`` in words for the registration.
    init(_ zip: [UInt8], type: String, mark: String, limits: TemplateLimits) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-module-\(mark)").path
        let files = try await OwnThread.run(throwing: { try Self.unpack(zip, folder) })
        guard files.fragments.count == 1, let text = files.fragments.first else {
            throw Failure(
                message: files.fragments.isEmpty
                    ? "No module fragment files found in the fragments folder of the package."
                    : "A Module can only consist of a single template file, but there are \(files.fragments.count).")
        }
        guard text.utf8.count <= limits.objectBytes else {
            throw Failure(message: "The fragment may not exceed \(limits.objectBytes) bytes in size.")
        }
        do {
            fragment = try ModuleFragment(parsing: text, limits: limits)
        } catch let error as TemplateError {
            throw Failure(message: "Invalid template fragment: \(error.message)")
        }
        guard let given = files.schema else {
            schema = fragment.schema(type)
            return
        }
        guard let schema = try? JSON(parsing: given), schema.object != nil else {
            throw Failure(message: "The schema.json of the package is not well-formed JSON.")
        }
        guard schema["typeName"]?.string == type else {
            let named = schema["typeName"]?.string ?? ""
            throw Failure(message: "The schema of the package is of type '\(named)', not of '\(type)'.")
        }
        self.schema = schema
    }

    private static func unpack(_ zip: [UInt8], _ folder: String) throws -> (schema: String?, fragments: [String]) {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            try Archive.expand(zip, into: folder, limits: limits)
        } catch { throw Failure(message: "The package cannot be unpacked: \(error.message)") }
        let read = { (path: String) in
            FileManager.default.contents(atPath: folder + "/" + path).flatMap { String(validating: $0, as: UTF8.self) }
        }
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder + "/fragments")) ?? []
        let chosen = names.filter { name in
            name.split(separator: ".").last.map { extensions.contains($0.lowercased()) } ?? false
        }
        let fragments = try chosen.sorted().map { name in
            guard let text = read("fragments/" + name) else {
                throw Failure(message: "The fragment \(name) is not text in UTF-8.")
            }
            return text
        }
        return (read("schema.json"), fragments)
    }
}
