internal import Buildspec
internal import Cloud
internal import Foundation
internal import Notation
internal import Sandbox

/// DOWNLOAD_SOURCE: sources, the buildspec, and the variables it asks for.
extension BuildPerformer {
    func download(_ site: BuildSite) async throws -> BuildMachine.Answer {
        site.log.say("Phase is DOWNLOAD_SOURCE")
        do {
            let answer = try await fetchAll(site)
            conclude(.downloadSource, nil, site)
            return answer
        } catch let failure as StepFailure {
            conclude(.downloadSource, failure.context, site)
            throw failure
        }
    }

    private func fetchAll(_ site: BuildSite) async throws -> BuildMachine.Answer {
        let fetcher = SourceFetcher(site: site, workshop: workshop)
        var versions: [String?] = []
        for (index, source) in site.order.sources.enumerated() {
            versions.append(try await fetcher.fetch(source, index))
        }
        let version = versions.first ?? nil
        site.log.say("CODEBUILD_SRC_DIR=\(site.folders.inside(BuildFolders.source(0)))")
        let spec = try await readSpec(site)
        let resolver = VariableResolver(site: site, workshop: workshop)
        let values = try await resolver.resolve(spec, resolvedVersion: version)
        site.log.mask(values.secrets)
        site.note { findings in
            findings.spec = spec
            findings.resolvedVersion = version
            findings.variables = values.variables
            findings.maskedNames = values.maskedNames
        }
        try await begin(site, spec)
        return .downloaded(version: version, plan: Self.plan(of: spec))
    }

    /// What the buildspec says of the course of the build.
    static func plan(of spec: Buildspec) -> [BuildMachine.PhasePlan] {
        Buildspec.PhaseName.allCases.compactMap { name in
            guard let phase = spec.phases[name] else { return nil }
            let isEmpty = phase.commands.isEmpty && phase.finally.isEmpty && phase.runtimes.isEmpty
            return BuildMachine.PhasePlan(name: BuildPhase(name), hasCommands: !isEmpty, onFailure: phase.onFailure)
        }
    }

    /// The buildspec: in the project itself, an object in S3, or a file of the source.
    func readSpec(_ site: BuildSite) async throws -> Buildspec {
        let text = try await specText(site)
        do {
            let reading = try BuildspecReader.read(text)
            for warning in reading.warnings { site.log.say("Buildspec: \(warning)") }
            return reading.spec
        } catch {
            throw StepFailure(BuildspecError.code, "\(error)")
        }
    }

    private func specText(_ site: BuildSite) async throws -> String {
        let wanted = site.order.settings.source.buildspec ?? ""
        if Self.isInline(wanted) { return wanted }
        if wanted.hasPrefix("arn:"), let place = S3Place(arn: wanted) {
            let bytes = try await SourceFetcher(site: site, workshop: workshop).object(place, limit: 1 << 20)
            return String(decoding: bytes, as: UTF8.self)
        }
        let path = wanted.isEmpty ? "buildspec.yml" : wanted
        let files = try site.files()
        let place = site.folders.inside(BuildFolders.source(0)) + "/" + path
        guard let bytes = files.read(place, limit: BuildspecReader.textLimit + 1) else {
            throw StepFailure(BuildspecError.code, "YAML file does not exist: \(path)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a text is a buildspec itself, rather than the name of one.
    static func isInline(_ text: String) -> Bool {
        text.contains("\n") || text.hasPrefix("version:") || text.hasPrefix("{")
    }

    /// Sets the build's variables in its shell, and restores its cache.
    private func begin(_ site: BuildSite, _ spec: Buildspec) async throws {
        let shell = try site.shell()
        let now = site.now
        if let wanted = spec.environment.shell {
            guard let path = Self.shells[wanted] else {
                throw StepFailure(BuildspecError.code, "The shell '\(wanted)' is not there on Linux. Use bash or sh.")
            }
            _ = try await shell.use(shell: path, user: nil)
        }
        // As they are, without the shell's part in it: a PATH of "$PATH:/x" is that text (User Guide, "env/variables").
        let end = try await shell.run(ShellDriver.exports(now.variables))
        guard end == .status(0) else { throw StepFailure("CLIENT_ERROR", "The environment variables cannot be set.") }
        if spec.environment.usesGitCredentialHelper {
            let own = workshop.cloud.endpoint + "/v1/repos/"
            let aws = GitPassword.awsAddresses(site.order.owner.region)
            // The helper tells only AWS's own hosts the password unless it is told otherwise, and knows only how to get one.
            _ = try await shell.run(
                "git config --global credential.helper '!f() { test \"$1\" != get || "
                    + "aws codecommit credential-helper --ignore-host-check get; }; f'\n"
                    + "git config --global credential.UseHttpPath true\n"
                    + "git config --global \(ShellDriver.quoted("url.\(own).insteadOf")) \(ShellDriver.quoted(aws))")
        }
        try? site.folders.write("", to: "output/tmp/script.sh")
        await BuildCache(site: site, workshop: workshop).restore(spec)
    }

    private static let shells = ["bash": "/bin/bash", "sh": "/bin/sh", "/bin/sh": "/bin/sh", "/bin/bash": "/bin/bash"]
}
