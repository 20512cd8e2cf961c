import ArgumentParser
import Foundation
import Notation

/// `slipway repo`
struct Repo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repo", abstract: "See repositories, make one, find out how to clone it.",
        subcommands: [RepoList.self, RepoCreate.self, RepoURL.self])
}

/// `slipway repo list`
struct RepoList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "All repositories with their addresses.")

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let names = try await client.all("codecommit", "ListRepositories", list: "repositories")
        var found: [JSON] = []
        for name in names {
            let input: JSON = ["repositoryName": name["repositoryName"] ?? ""]
            found.append(try await client.call("codecommit", "GetRepository", input)["repositoryMetadata"] ?? [:])
        }
        if json { return Terminal.standard.line(JSON.array(found).text(.pretty)) }
        var table = TextTable("REPOSITORY", "CHANGED", "ADDRESS")
        for one in found {
            table.add(
                one["repositoryName"]?.string ?? "",
                one["lastModifiedDate"]?.double.map { Timestamp(seconds: $0).iso8601() } ?? "-",
                one["cloneUrlHttp"]?.string ?? "")
        }
        let lines = table.lines(.standard)
        for line in lines.isEmpty ? ["There is no repository yet: slipway repo create NAME"] : lines {
            Terminal.standard.line(line)
        }
    }
}

/// `slipway repo create`
struct RepoCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a repository.")

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "What it is for.")
    var description: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        var input: JSON = ["repositoryName": .string(name)]
        input["repositoryDescription"] = description.map(JSON.string)
        let made = try await client.call("codecommit", "CreateRepository", input)["repositoryMetadata"] ?? [:]
        for line in CloneAdvice(address: made["cloneUrlHttp"]?.string ?? "", folder: folder).lines {
            Terminal.standard.line(line)
        }
    }
}

/// `slipway repo url`
struct RepoURL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url", abstract: "Print a repository's address.",
        discussion:
            "The address alone goes to standard output, so that 'git clone $(slipway repo url NAME)' works; how to log in to standard error."
    )

    @Argument(help: "The repository.")
    var name: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let input: JSON = ["repositoryName": .string(name)]
        let found = try await SlipwayClient(folder).call("codecommit", "GetRepository", input)
        let address = found["repositoryMetadata"]?["cloneUrlHttp"]?.string ?? ""
        Terminal.standard.line(address)
        guard Terminal.error.isInteractive else { return }
        for line in CloneAdvice(address: address, folder: folder).login { Terminal.error.line(line) }
    }
}

/// How git is told of the keys.
struct CloneAdvice {
    let address: String
    let folder: DataFolder

    var lines: [String] { [address, "  git clone \(address)"] + login }

    var login: [String] {
        let data = folder.given.map { " --data \($0)" } ?? ""
        return ["  Git logs in with the keys of the shell: eval \"$(slipway env\(data))\""]
    }
}
