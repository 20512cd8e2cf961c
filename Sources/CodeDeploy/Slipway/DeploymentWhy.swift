internal import Cloud
internal import Notation

/// Why a deployment ended as it did: one causal chain, the cause first, then what was done about it, then what to do
/// next.
struct DeploymentWhy {
    let record: DeploymentRecord
    let machine: DeploymentMachine

    /// The answer to WhyDeployment.
    var view: JSON {
        var view: JSON = [
            "deploymentId": .string(machine.order.id), "status": .string(machine.status.rawValue),
            "applicationName": .string(record.application), "deploymentGroupName": .string(record.group),
            "chain": .array(chain.map(JSON.string)), "next": .array(next.map(JSON.string)),
        ]
        view["cause"] = chain.first.map(JSON.string)
        view["externalId"] = machine.order.externalId.map(JSON.string)
        view["evidence"] = machine.evidence.map(Self.view)
        view["hookLog"] = hookLog.map(JSON.string)
        view["functionName"] = machine.target.map { .string($0.functionName) }
        return view
    }

    /// The cause, what it led to, and what was done.
    private var chain: [String] {
        guard let ending = machine.ending else {
            return [DeploymentDescription.verdict(machine, machine.order.createTime)]
        }
        var lines = [Diagnosis.cause(machine) ?? ending.error.message]
        if let share { lines.append(share) }
        // The error stands in front already.
        let message = ending.error.message.replacing(" " + (Diagnosis.lastError(machine) ?? "\n"), with: "")
        if lines[0] != message { lines.append("\(ending.error.code): \(message)") }
        if let back = machine.rollback {
            if let restored = back.restoredAt, back.id != nil {
                let took = DeploymentDescription.words(restored - ending.decided)
                lines.append("\(machine.traffic) That took \(took), by deployment \(back.id ?? "").")
            } else {
                lines.append(back.message)
            }
        } else if machine.status.isTerminal {
            lines.append(machine.weight > 0 ? "\(machine.traffic) No rollback was asked for." : machine.traffic)
        }
        lines += (machine.evidence?.differences ?? []).compactMap(Self.words)
        return lines.filter { !$0.isEmpty }
    }

    /// A difference in words. That the code is another is told without its sums and sizes.
    private static func words(_ difference: Evidence.Difference) -> String? {
        switch difference.setting {
        case "CodeSize": nil
        case "CodeSha256": "Between the versions the code changed."
        default:
            "Between the versions \(difference.setting) changed from '\(difference.old)' to '\(difference.new)'."
        }
    }

    /// What the new version's callers saw.
    private var share: String? {
        guard let target = machine.target, let figures = machine.evidence?.figures else { return nil }
        guard let calls = figures.first(where: { $0.name == "Invocations" })?.new, calls > 0 else { return nil }
        let errors = figures.first { $0.name == "Errors" }?.new ?? 0
        return "Version \(target.target) answered \(whole(calls)) calls, \(whole(errors)) of them with an error."
    }

    private func whole(_ number: Double) -> String { String(Int(number.rounded())) }

    /// The last lines of a hook that died.
    private var hookLog: String? {
        machine.lifecycle.first { $0.diagnostics?.logTail.isEmpty == false }?.diagnostics?.logTail
    }

    /// Commands to go on with, the most urgent first.
    private var next: [String] {
        guard machine.ending != nil, let target = machine.target else { return [] }
        let hook = machine.lifecycle.first { $0.status == .failed && $0.diagnostics != nil }
        let function = hook.flatMap { machine.hooks[$0.name] } ?? target.functionName
        var commands = ["slipway logs \(function)"]
        if machine.weight > 0, machine.weight < 100 { commands.insert(target.clearingCommand, at: 0) }
        return commands
    }

    /// Evidence for people: times in seconds.
    static func view(_ evidence: Evidence) -> JSON {
        var view: JSON = [
            "logGroup": .string(evidence.logGroup),
            "lines": .array(evidence.lines.map { ["time": .double($0.time.seconds), "text": .string($0.text)] }),
            "gaps": .array(evidence.gaps.map(JSON.string)),
        ]
        view["figures"] = try? JSON(encoding: evidence.figures)
        view["differences"] = try? JSON(encoding: evidence.differences)
        return view
    }
}
