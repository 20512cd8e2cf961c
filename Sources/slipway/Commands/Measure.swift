import ArgumentParser
import CloudFormationTemplate
import Foundation
import Notation
import SAMTransform

/// `slipway measure`: what `Benchmarks/templates.py` compares with its peers. Not shown in the help.
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Time the template languages inside one process.", shouldDisplay: false)

    /// What is timed.
    enum Work: String, ExpressibleByArgument, CaseIterable {
        /// Reading a SAM template and expanding it.
        case transform
        /// Reading a CloudFormation template and resolving it for a stack without parameters of its own.
        case resolve
    }

    @Argument(help: "transform or resolve.")
    var work: Work

    @Argument(help: "Templates.")
    var files: [String]

    @Option(help: "How often each is worked on; the quickest time counts.")
    var rounds = 3

    func run() throws {
        var times: [Duration] = []
        var refused = 0
        for file in files {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure("'\(file)' cannot be read.")
            }
            let text = String(decoding: data, as: UTF8.self)
            var best = Duration.seconds(3600)
            var succeeded = false
            for _ in 0..<max(rounds, 1) {
                let start = ContinuousClock.now
                succeeded = (try? carryOut(text)) != nil
                best = min(best, ContinuousClock.now - start)
            }
            times.append(best)
            if !succeeded { refused += 1 }
        }
        let total = times.reduce(Duration.zero, +)
        let answer: JSON = [
            "files": .int(files.count), "refused": .int(refused), "milliseconds": .double(total.inSeconds * 1000),
        ]
        Terminal.standard.line(answer.text())
    }

    private func carryOut(_ text: String) throws {
        switch work {
        case .transform:
            let template = try YAML(refusesDuplicateKeys: false).parse(text)
            _ = try SAMTransform(context: SAMTransform.Context(json: ["region": "us-east-1"])).transform(template)
        case .resolve:
            let template = Template.read(try TemplateText(parsing: text).body)
            guard template.report.isValid else { throw TemplateError(template.report) }
            _ = try template.template.resolve(
                StackContext(accountID: "123456789012", region: "us-east-1", stackName: "measured"))
        }
    }
}
