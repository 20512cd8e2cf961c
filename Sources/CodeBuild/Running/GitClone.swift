internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox

/// A clone of a repository, made by git in the build's own sandbox: what a repository holds is as little to be trusted
/// as what the build's commands do.
struct GitClone: Sendable {
    private let site: BuildSite
    private let address: String
    private let version: String?
    private let depth: Int
    private let submodules: Bool
    private let isInsecure: Bool
    /// `Authorization` for the repository's server; given to git alone, and not kept in the clone.
    private let authorization: String?
    /// The addresses that it is shown to begin with this: the repository's own, or its host's for submodules.
    private let scope: String
    /// What addresses in the repository begin with that are looked for here; nil for none.
    private let alias: String?
    /// Where the host keeps the heads of pull requests.
    private let pullRequests: String

    /// The clone of a project's source.
    ///
    /// - Throws: ``StepFailure`` when its location is none that may be cloned.
    init(source: WantedSource, site: BuildSite, workshop: Workshop) async throws {
        self.site = site
        let settings = source.settings
        version = source.version.flatMap { $0.isEmpty ? nil : $0 }
        depth = settings.gitCloneDepth ?? 0
        submodules = settings.gitSubmodulesConfig?.fetchSubmodules ?? false
        isInsecure = settings.insecureSsl ?? false
        switch settings.type {
        case "GITLAB", "GITLAB_SELF_MANAGED": pullRequests = "refs/merge-requests/%/head"
        case "BITBUCKET": pullRequests = "refs/pull-requests/%/from"
        default: pullRequests = "refs/pull/%/head"
        }
        let location = settings.location ?? ""
        if settings.type == "CODECOMMIT" {
            let name = location.split(separator: "/").last.map(String.init) ?? location
            let (keys, endpoint) = (try await site.keys.current(), workshop.cloud.endpoint)
            address = Self.codeCommit(name, endpoint)
            alias = GitPassword.awsAddresses(keys.caller.region)
            scope = submodules ? Self.codeCommit("", endpoint) : address
            // A signature is good for one repository; submodules are others.
            authorization =
                submodules
                ? GitPassword.header(keys) : GitPassword.header(keys, address, now: workshop.surroundings.now)
        } else {
            address = try Self.checked(location)
            alias = nil
            scope = submodules ? Self.host(of: address) : address
            authorization = try await SourceCredential.header(for: settings, site: site, workshop: workshop)
        }
    }

    /// The clone that a pipeline's note stands for, with all history.
    init(note: JSON, site: BuildSite, workshop: Workshop) async throws {
        self.site = site
        version = note["commitId"]?.string ?? note["branch"]?.string
        (depth, submodules, isInsecure, pullRequests) = (0, false, false, "refs/pull/%/head")
        alias = nil
        switch note["type"]?.string {
        case "CODECOMMIT":
            address = Self.codeCommit(note["repositoryName"]?.string ?? "", workshop.cloud.endpoint)
            authorization = GitPassword.header(try await site.keys.current(), address, now: workshop.surroundings.now)
        case "CODECONNECTIONS":
            let answer = try await site.keys.call(
                "slipway-codeconnections", "CloneSource",
                [
                    "connectionArn": note["connectionArn"] ?? "", "fullRepositoryId": note["fullRepositoryId"] ?? "",
                ])
            address = try Self.checked(answer["cloneURL"]?.string ?? "")
            authorization = SourceCredential.header(of: answer)
        case "GIT":
            address = try Self.checked(note["cloneUrl"]?.string ?? "")
            authorization = nil
        case let other:
            throw StepFailure(
                "CLIENT_ERROR", "The input is no archive, and no reference to clone: \(other ?? "no type").")
        }
        scope = address
    }

    /// `https://host:port/` of an address.
    private static func host(of address: String) -> String {
        let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/") + "/"
    }

    private static func codeCommit(_ name: String, _ endpoint: String) -> String { "\(endpoint)/v1/repos/\(name)" }

    /// Only what comes over the network: a path, or `file:`, would read the server's own disk.
    private static func checked(_ location: String) throws -> String {
        guard location.hasPrefix("http://") || location.hasPrefix("https://"), !location.contains("\n") else {
            throw StepFailure(
                "CLIENT_ERROR", "'\(location)' cannot be cloned. The location is an http or https address.")
        }
        return location
    }

    /// Clones, checks the version out, and tells which commit that is.
    func run(into index: Int) async throws -> String? {
        let shell = try site.shell()
        let output = Collected()
        let script = script(folder: site.folders.inside(BuildFolders.source(index)))
        site.log.say("Cloning \(address)")
        let end = try await shell.run(script) { await output.add($0) }
        guard end == .status(0) else {
            let said = await output.lastLines
            throw StepFailure(
                "CLIENT_ERROR",
                "git clone of \(address) failed for \(version.map { "the version \($0)" } ?? "the default branch"): "
                    + site.log.masked(said.isEmpty ? "git said nothing" : said))
        }
        defer { site.folders.remove("run/out/commit") }
        return site.folders.text("run/out/commit")?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// In a subshell, so that neither the folder nor git's settings stay.
    private func script(folder: String) -> String {
        let quoted = ShellDriver.quoted
        var lines = ["set -e", "cd \(quoted(folder))", "export GIT_TERMINAL_PROMPT=0 GIT_LFS_SKIP_SMUDGE=0"]
        var settings: [(name: String, value: String)] = []
        if let authorization {
            settings.append(("http.\(scope).extraHeader", "Authorization: \(authorization)"))
        }
        if let alias { settings.append(("url.\(Self.parent(of: address)).insteadOf", alias)) }
        lines.append("export GIT_CONFIG_COUNT=\(settings.count)")
        for (index, setting) in settings.enumerated() {
            lines.append("export GIT_CONFIG_KEY_\(index)=\(quoted(setting.name))")
            lines.append("export GIT_CONFIG_VALUE_\(index)=\(quoted(setting.value))")
        }
        if isInsecure { lines.append("export GIT_SSL_NO_VERIFY=true") }
        lines += ["git init -q .", "git config --global --add safe.directory '*'"]
        lines.append("git remote add origin \(quoted(address))")
        lines += checkout()
        if submodules { lines.append("git submodule update -q --init --recursive\(depthOption)") }
        lines.append("git rev-parse HEAD >\(quoted(site.folders.inside("run/out/commit")))")
        return "(\n" + lines.joined(separator: "\n") + "\n)"
    }

    private static func parent(of address: String) -> String {
        String(address[...(address.lastIndex(of: "/") ?? address.startIndex)])
    }

    private var depthOption: String { depth > 0 ? " --depth \(depth)" : "" }

    private func checkout() -> [String] {
        let quoted = ShellDriver.quoted
        let all = "git fetch -q\(depthOption) --tags origin '+refs/heads/*:refs/remotes/origin/*'"
        guard let version else {
            return depth > 0
                ? ["git fetch -q\(depthOption) origin HEAD", "git checkout -q FETCH_HEAD"]
                : [all, "git fetch -q origin HEAD", "git checkout -q FETCH_HEAD"]
        }
        if let number = version.split(separator: "/").last, version.hasPrefix("pr/"), Int(number) != nil {
            let ref = pullRequests.replacing("%", with: number)
            return ["git fetch -q\(depthOption) origin \(quoted(ref))", "git checkout -q FETCH_HEAD"]
        }
        // `refs/heads/main^{<commit>}`: only that ref is fetched, then the commit is taken.
        if let mark = version.range(of: "^{"), version.hasSuffix("}") {
            let (ref, commit) = (String(version[..<mark.lowerBound]), String(version[mark.upperBound...].dropLast()))
            return ["git fetch -q\(depthOption) origin \(quoted(ref))", "git checkout -q \(quoted(commit))"]
        }
        if version.count == 40, version.allSatisfy(\.isHexDigit) {
            return depth > 0
                ? ["git fetch -q\(depthOption) origin \(quoted(version))", "git checkout -q FETCH_HEAD"]
                : [all, "git checkout -q \(quoted(version))"]
        }
        let direct = "git fetch -q\(depthOption) origin \(quoted(version)) && git checkout -q FETCH_HEAD"
        let short = version.count >= 7 && version.allSatisfy(\.isHexDigit)
        let found = short ? "{ \(direct); } 2>/dev/null || { \(all); git checkout -q \(quoted(version)); }" : direct
        return depth > 0 || short ? [found] : [all, found]
    }
}

/// What a command of ours printed, for a sentence about its failure.
actor Collected {
    private var bytes: [UInt8] = []

    func add(_ more: [UInt8]) { bytes = Array((bytes + more).suffix(4_096)) }

    /// The last lines, as one.
    var lastLines: String {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: " ")
    }
}
