internal import Notation

extension BuildspecReader {
    // MARK: Phases

    mutating func phases(_ value: JSON, _ path: Path) -> [Buildspec.PhaseName: PhaseSpec] {
        guard let members = mapping(value, path, known: nil) else { return [:] }
        var phases: [Buildspec.PhaseName: PhaseSpec] = [:]
        let names = Buildspec.PhaseName.allCases.map(\.rawValue)
        for (key, value) in members {
            guard let name = Buildspec.PhaseName(rawValue: key) else {
                let known = names.joined(separator: ", ")
                report(
                    "Unknown phase '\(key)'; there are \(known)\(hint(key, names))", at: path.appending(key))
                continue
            }
            if let phase = phase(value, name, path.appending(key)) { phases[name] = phase }
        }
        if members.isEmpty { report("'phases' has no phase", at: path) }
        return phases
    }

    private mutating func phase(_ value: JSON, _ name: Buildspec.PhaseName, _ path: Path) -> PhaseSpec? {
        let known = ["run-as", "on-failure", "runtime-versions", "commands", "finally"]
        guard let members = mapping(value, path, known: known) else { return nil }
        var phase = PhaseSpec()
        phase.runAs = text(members["run-as"], path.appending("run-as"))
        phase.commands = commands(members["commands"], path.appending("commands"), "Commands")
        phase.finally = commands(members["finally"], path.appending("finally"), "Finally")
        if let word = text(members["on-failure"], path.appending("on-failure")) {
            phase.onFailure = OnFailure(word)
            if phase.onFailure == nil {
                report(
                    "'on-failure' must be ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex or RETRY-count-regex, "
                        + "not '\(word)'", at: path.appending("on-failure"))
            }
        }
        if let runtimes = members["runtime-versions"] {
            let below = path.appending("runtime-versions")
            if name == .install {
                for (runtime, version) in textMap(runtimes, below) { phase.runtimes[runtime] = version }
            } else {
                warn("'runtime-versions' has an effect in the install phase alone", at: below)
            }
        }
        let isEmpty = phase.commands.isEmpty && members["commands"]?.array?.isEmpty ?? true
        if isEmpty, name != .install || phase.runtimes.isEmpty && phase.finally.isEmpty {
            report("The phase '\(name.rawValue)' has no 'commands'", at: path)
        }
        return phase
    }

    /// Commands. A mapping among them is a command whose colon was taken for YAML's: CodeBuild says it this way.
    private mutating func commands(_ value: JSON?, _ path: Path, _ title: String) -> [String] {
        guard let value, !value.isNull else { return [] }
        if let single = Self.scalar(value) { return [single] }
        guard let list = value.array else {
            report("'\(path)' must be a list of commands", at: path)
            return []
        }
        var commands: [String] = []
        for (index, element) in list.enumerated() {
            let below = path.appending(index)
            if let command = Self.scalar(element) {
                commands.append(command)
            } else if element.isNull {
                warn("\(title)[\(index)] is empty", at: below)
            } else {
                let place = line(below).map { " at line \($0)" } ?? ""
                let key = line(path).map { ", value of the key tag on line \($0) might be empty" } ?? ""
                report(
                    "Expected \(title)[\(index)] to be of string type: found subkeys instead\(place)\(key)", at: below)
            }
        }
        return commands
    }

    // MARK: Environment

    mutating func environment(_ value: JSON, _ path: Path) -> SpecEnvironment {
        var environment = SpecEnvironment()
        let known = [
            "shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper",
        ]
        guard let members = mapping(value, path, known: known) else { return environment }
        if members.isEmpty { report("'env' has no members", at: path) }
        environment.shell = text(members["shell"], path.appending("shell"))
        environment.variables = variables(members["variables"], path.appending("variables"))
        environment.parameters = variables(members["parameter-store"], path.appending("parameter-store"))
        let secrets = path.appending("secrets-manager")
        for (name, text) in variables(members["secrets-manager"], secrets) {
            environment.secrets[name] = SecretReference(text)
            if environment.secrets[name] == nil {
                report(
                    "'\(name)' must be secret-id:json-key:version-stage:version-id, not '\(text)'",
                    at: secrets.appending(name))
            }
        }
        environment.exported = texts(members["exported-variables"], path.appending("exported-variables"))
        let helper = path.appending("git-credential-helper")
        environment.usesGitCredentialHelper = flag(members["git-credential-helper"], helper) ?? false
        checkExported(environment, path.appending("exported-variables"))
        return environment
    }

    private mutating func variables(_ value: JSON?, _ path: Path) -> [String: String] {
        var result: [String: String] = [:]
        for (name, text) in textMap(value, path) {
            let below = path.appending(name)
            if !BuildEnvironment.isName(name) {
                report("'\(name)' is no name of an environment variable", at: below)
            } else if name.hasPrefix("CODEBUILD_") {
                report("'\(name)' begins with CODEBUILD_, which is reserved", at: below)
            }
            result[name] = text
        }
        return result
    }

    private mutating func checkExported(_ environment: SpecEnvironment, _ path: Path) {
        for (index, name) in environment.exported.enumerated() {
            if !BuildEnvironment.isName(name) {
                report("'\(name)' is no name of an environment variable", at: path.appending(index))
            } else if name.hasPrefix("AWS_") || environment.parameters[name] != nil || environment.secrets[name] != nil
            {
                warn("'\(name)' is not exported: it may hold a secret", at: path.appending(index))
            }
        }
    }
}
