internal import Buildspec
internal import Ledger
internal import Notation
internal import Sandbox

/// INSTALL to POST_BUILD: the commands of a phase, one by one, in the shell that has run all before.
extension BuildPerformer {
    func run(_ phase: BuildPhase, tries: Int, on site: BuildSite) async throws -> BuildMachine.Answer {
        guard let spec = site.now.spec, let name = phase.specName, let commands = spec.phases[name] else {
            return .ran(failure: nil, runsAgain: false)
        }
        Self.announceEmpty(before: phase, site)
        site.log.forgetRecent()
        site.log.say(tries > 1 ? "Entering phase \(phase.rawValue), run \(tries)" : "Entering phase \(phase.rawValue)")
        announceRuntimes(commands, site)
        let failure = try await withDiskWatch(site) {
            let trouble = try await self.prepare(phase, commands, spec, site)
            if let trouble { return trouble }
            let first = try await self.run(commands.commands, phase, spec, site)
            // The commands of `finally` run whatever became of the others, and can fail the phase by themselves.
            let last = try await self.run(commands.finally, phase, spec, site)
            return first ?? last
        }
        conclude(phase, failure, site)
        let runsAgain =
            failure != nil
            && (commands.onFailure?.runsAgain(afterRuns: tries, output: site.log.recentOutput) ?? false)
        if failure != nil, !runsAgain {
            site.note { $0.isSucceeding = false }
            _ = try await site.shell().run("", .save)
        }
        return .ran(failure: failure, runsAgain: runsAgain)
    }

    /// The phases without commands: over as soon as they begin, but in the log like the others.
    static func announceEmpty(before phase: BuildPhase, _ site: BuildSite) {
        for name in BuildPhase.commanded where name < phase {
            guard site.note({ $0.announced.insert(name).inserted }) else { continue }
            site.log.say("Phase complete: \(name.rawValue) State: SUCCEEDED")
            site.log.say("Phase context status code:  Message: ")
        }
        _ = site.note { $0.announced.insert(phase) }
    }

    /// What the log says at the end of a phase.
    func conclude(_ phase: BuildPhase, _ failure: PhaseContext?, _ site: BuildSite) {
        site.log.endOutput()
        site.log.say("Phase complete: \(phase.rawValue) State: \(failure == nil ? "SUCCEEDED" : "FAILED")")
        site.log.say("Phase context status code: \(failure?.statusCode ?? "") Message: \(failure?.message ?? "")")
    }

    private func announceRuntimes(_ phase: PhaseSpec, _ site: BuildSite) {
        for (name, version) in phase.runtimes.sorted(by: { $0.key < $1.key }) {
            site.log.say(
                "Selecting '\(name)' runtime version '\(version)' is not supported by this image: the build uses "
                    + "what the machine has")
        }
    }

    /// Shell, user and the variable that says whether all is well so far.
    private func prepare(
        _ phase: BuildPhase, _ commands: PhaseSpec, _ spec: Buildspec, _ site: BuildSite
    ) async throws -> PhaseContext? {
        let shell = try site.shell()
        let user = commands.runAs ?? spec.runAs
        if let user, user != "root" {
            guard workshop.sandbox.enforcement.contains(.layers), site.folders.owner == nil else {
                return PhaseContext(
                    statusCode: "CLIENT_ERROR", message: "run-as needs a sandbox with layers, which this machine lacks."
                )
            }
            let quoted = ShellDriver.quoted(user)
            let end = try await shell.run(
                "/usr/bin/id \(quoted) >/dev/null 2>&1 && "
                    + "/bin/chmod -R a+rX \(ShellDriver.quoted(site.folders.inside("output"))) && /bin/chmod a+x /root")
            guard end == .status(0) else {
                return PhaseContext(
                    statusCode: "CLIENT_ERROR", message: "There is no user '\(user)' to run commands as.")
            }
        }
        let path = (spec.environment.shell ?? "sh").contains("bash") ? "/bin/bash" : "/bin/sh"
        if site.note({ findings in
            defer { findings.user = user }
            return findings.user != user
        }) {
            _ = try await shell.use(shell: path, user: user == "root" ? nil : user)
        }
        let succeeding = site.now.isSucceeding ? 1 : 0
        _ = try await shell.run("export CODEBUILD_BUILD_SUCCEEDING=\(succeeding)")
        return nil
    }

    /// The commands until one fails.
    private func run(
        _ commands: [String], _ phase: BuildPhase, _ spec: Buildspec, _ site: BuildSite
    ) async throws -> PhaseContext? {
        let shell = try site.shell()
        for command in commands {
            site.log.say("Running command \(command)")
            let start = workshop.surroundings.now
            let place = site.note { findings in
                findings.timings.append(.init(phase: phase.rawValue, command: site.log.masked(command), start: start))
                return findings.timings.count - 1
            }
            let end = try await shell.run(command, spec.version == .isolated ? .alone : .shared) { [site] bytes in
                site.log.output(bytes)
                await site.log.settle()
            }
            site.log.endOutput()
            let seconds = (workshop.surroundings.now - start).inSeconds
            site.note { findings in
                findings.timings[place].seconds = seconds
                if case .status(let status) = end { findings.timings[place].status = Int(status) }
            }
            switch end {
            case .status(0): continue
            case .status(let status):
                site.log.say("Command did not exit successfully \(command) exit status \(status)")
                return failure(command, "exit status \(status)" + memoryHint(status, shell, site), site)
            case .gone:
                let shown = site.log.masked(command).prefix(500)
                let why = await whyGone(shell, site)
                throw StepFailure("COMMAND_EXECUTION_ERROR", "Error while executing command: \(shown). Reason: \(why)")
            }
        }
        return nil
    }

    private func failure(_ command: String, _ reason: String, _ site: BuildSite) -> PhaseContext {
        let shown = site.log.masked(command)
        return PhaseContext(
            statusCode: "COMMAND_EXECUTION_ERROR",
            message: "Error while executing command: \(shown.prefix(500)). Reason: \(reason)")
    }

    /// A process that the kernel killed for want of memory ends as any other that is killed: somebody must say so.
    private func memoryHint(_ status: Int32, _ shell: BuildShell, _ site: BuildSite) -> String {
        guard status == 137, shell.program.outOfMemoryKills > 0 else { return "" }
        let size = ComputeSize(site.order.settings.environment).memoryBytes >> 30
        return " (killed: the build's memory limit of \(size) GB was reached)"
    }

    /// Why a sandbox that has ended did so.
    func whyGone(_ shell: BuildShell, _ site: BuildSite) async -> String {
        let exit = await shell.program.exit
        return site.now.diskExceeded.map { "the build took \($0) bytes of disk, more than its limit" }
            ?? (exit.outOfMemory
                ? "the build's memory limit was reached" : "all its processes were ended (\(exit.status))")
    }

    /// What a build tells back, read when POST_BUILD is over; unset ones are left out, and so is whatever is secret.
    func exported(_ spec: Buildspec, _ values: [String: String], _ site: BuildSite) -> [ExportedVariable] {
        let now = site.now
        let wanted = spec.environment.exported + (site.order.pipeline?.outputVariables ?? [])
        return wanted.filter { !now.maskedNames.contains($0) && !$0.hasPrefix("AWS_") }.compactMap { name in
            values[name].map { ExportedVariable(name: name, value: site.log.masked($0)) }
        }
    }

    // MARK: Disk

    /// Kills the build when it takes more disk than it may.
    private func withDiskWatch(
        _ site: BuildSite, _ body: @escaping @Sendable () async throws -> PhaseContext?
    ) async throws -> PhaseContext? {
        let watch = DiskWatch(
            folder: site.folders.root, limit: workshop.diskLimit(site.order), time: workshop.surroundings.time)
        return try await withThrowingTaskGroup(of: PhaseContext??.self) { group in
            group.addTask { .some(try await body()) }
            group.addTask {
                guard let taken = await watch.exceeded() else { return nil }
                site.note { $0.diskExceeded = taken }
                try? site.shell().kill()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let failure = result { return failure }
            }
            return nil
        }
    }
}
