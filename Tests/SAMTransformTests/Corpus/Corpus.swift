import Foundation
import Notation
import SAMTransform

/// The public SAM cases, if they lie beside the package.
struct Corpus {
    struct Case {
        let name: String
        let kind: String
        let needs: [String]
    }

    let folder: URL
    let cases: [Case]
    let context: JSON

    /// Nil when there is no corpus at `../shared/conformance/sam`, seen from the package's root.
    init?() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        folder =
            ProcessInfo.processInfo.environment["SAM_CORPUS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/conformance/sam")
        guard FileManager.default.fileExists(atPath: folder.appending(path: "cases.json").path()) else { return nil }
        context = try JSON(parsing: String(contentsOf: folder.appending(path: "context.json"), encoding: .utf8))
        let table = try JSON(parsing: String(contentsOf: folder.appending(path: "cases.json"), encoding: .utf8))
        cases = (table.object ?? [:]).map { name, value in
            Case(
                name: name, kind: value["kind"]?.string ?? "",
                needs: value["needs"]?.array?.compactMap(\.string) ?? [])
        }
    }

    func input(_ name: String) throws -> JSON {
        try YAML().parse(String(contentsOf: folder.appending(path: "input/\(name).yaml"), encoding: .utf8))
    }

    func expected(_ name: String) throws -> JSON {
        try JSON(parsing: String(contentsOf: folder.appending(path: "output/\(name).json"), encoding: .utf8))
    }

    func transform(for test: Case) throws -> SAMTransform {
        var context = try SAMTransform.Context(json: context)
        context.allFeatures = test.kind == "feature_toggle"
        return SAMTransform(context: context)
    }
}

/// How the corpus compares documents: the order of lists does not count, numbers and truth values count by value.
enum Comparison {
    /// The document with every list sorted, innermost first.
    static func normal(_ value: JSON) -> JSON {
        switch value {
        case .object(let object): .object(object.mapValues(normal))
        case .array(let elements):
            .array(elements.map(normal).map { ($0, $0.text(.canonical)) }.sorted { $0.1 < $1.1 }.map(\.0))
        case .bool(let truth): .int(truth ? 1 : 0)
        case .double(let number): Int(exactly: number).map { .int($0) } ?? value
        default: value
        }
    }

    /// The document's text with every generated hash blanked out.
    static func withoutHashes(_ value: JSON) -> String {
        blanked(normal(blankedTree(value)).text(.canonical))
    }

    private static func blankedTree(_ value: JSON) -> JSON {
        switch value {
        case .object(let object): .object(JSONObject(object.map { (blanked($0.key), blankedTree($0.value)) }))
        case .array(let elements): .array(elements.map(blankedTree))
        case .string(let text): .string(blanked(text))
        default: value
        }
    }

    private static func blanked(_ text: String) -> String {
        var result: [UInt8] = []
        var run: [UInt8] = []
        for byte in text.utf8 + [0] {
            if (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) {
                run.append(byte)
                continue
            }
            result += run.count < 10 ? run : Array(run.dropLast(run.count >= 40 ? 40 : 10)) + Array("#".utf8)
            run = []
            result.append(byte)
        }
        return String(decoding: result.dropLast(), as: UTF8.self)
    }

    /// The first places where two normal documents differ.
    static func differences(_ left: JSON, _ right: JSON, at path: String = "") -> [String] {
        switch (left, right) {
        case (.object(let first), .object(let second)):
            return Set(first.keys + second.keys).sorted().flatMap { key -> [String] in
                guard let ours = first[key] else {
                    return ["\(path)/\(key): missing, expected \(second[key] ?? .null)"]
                }
                guard let theirs = second[key] else { return ["\(path)/\(key): not expected: \(ours)"] }
                return differences(ours, theirs, at: "\(path)/\(key)")
            }
        case (.array(let first), .array(let second)) where first.count == second.count:
            return zip(first, second).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)/\($0)") }
        default: return left == right ? [] : ["\(path): \(left) expected \(right)"]
        }
    }
}
