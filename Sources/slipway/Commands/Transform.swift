import ArgumentParser
import Foundation
import Notation
import SAMTransform

/// `slipway transform`
struct Transform: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transform",
        abstract: "Expand a SAM template into the CloudFormation template it stands for, as JSON.",
        discussion:
            "Needs no server. A template that cannot be expanded is told of on standard error, with exit code 1.")

    @Argument(help: "The template, YAML or JSON.")
    var file: String

    @Option(
        help:
            "A JSON file with region (us-east-1 if left out), partition, parameters, managedPolicies and applications.")
    var context: String?

    func run() throws {
        let template: JSON
        do {
            template = try YAML(refusesDuplicateKeys: false).parse(try Self.text(of: file))
        } catch let error as YAMLError {
            throw CommandFailure("\(file):\(error.mark.line):\(error.mark.column): \(error.message)")
        }
        var facts = try context.map(Self.facts) ?? [:]
        if facts["region"] == nil { facts["region"] = .string(Self.region) }
        do {
            let expanded = try SAMTransform(context: SAMTransform.Context(json: facts)).transform(template)
            Terminal.standard.line(expanded.text(.pretty))
            for (name, resource) in expanded["Resources"]?.object ?? [:] {
                guard let type = resource["Type"]?.string, type.hasPrefix("AWS::Serverless::") else { continue }
                Terminal.error.line(
                    "warning: \(name) stays as it is: \(type) is not among the types that are expanded.")
            }
        } catch let error as SAMError {
            // The translator's own words and nothing else: programs compare them.
            Terminal.error.line(error.message)
            throw ExitCode(1)
        }
    }

    /// The region the AWS tools would take, else the one a server has by default.
    private static var region: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    }

    private static func facts(of file: String) throws -> JSON {
        do {
            return try JSON(parsing: try text(of: file))
        } catch let error where !(error is CommandFailure) {
            throw CommandFailure("'\(file)' is no JSON: \(error)")
        }
    }

    private static func text(of file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("'\(file)' cannot be read. Is the path right?")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
