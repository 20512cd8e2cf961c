import ArgumentParser
import Notation

/// `slipway env`
struct Env: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Point clients at this Slipway; copy environments.",
        subcommands: [EnvVariables.self, EnvClone.self, EnvPreview.self, EnvList.self, EnvDelete.self],
        defaultSubcommand: EnvVariables.self)
}

/// `slipway env` alone
struct EnvVariables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variables",
        abstract: "Print what points aws, sam, boto3 and git at this Slipway.",
        discussion: """
            Use it as: eval "$(slipway env)". git is told by its GIT_CONFIG_ variables to sign in to this Slipway, and to no other \
            host, with the same key.
            """)

    @OptionGroup var folder: DataFolder

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let access = try ServerAccess(folder: folder)
        let variables = access.clientVariables
        if json {
            let object = JSONObject(variables.map { ($0.0, JSON.string($0.1)) })
            Terminal.standard.line(JSON.object(object).text(.pretty))
        } else {
            for (name, value) in variables { Terminal.standard.line("export \(name)=\(Self.quoted(value))") }
            Terminal.standard.line("unset AWS_SESSION_TOKEN AWS_PROFILE")
        }
    }

    /// The value as one word of a shell.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/+=:._-".contains($0)) }
        return isPlain ? value : "'" + value.replacing("'", with: "'\\''") + "'"
    }
}

extension ServerAccess {
    /// The environment variables that make aws, sam, boto3 and git talk to this server.
    ///
    /// git asks a helper for name and password (gitcredentials(7)); this one answers with the key from the environment, so that no
    /// secret is kept anywhere. Source of the variables: git-config(1), "GIT_CONFIG_COUNT".
    var clientVariables: [(String, String)] {
        let helper =
            #"!f() { test "$1" = get && echo "username=$AWS_ACCESS_KEY_ID" && echo "password=$AWS_SECRET_ACCESS_KEY"; }; f"#
        return [
            ("AWS_ENDPOINT_URL", endpoint), ("AWS_ACCESS_KEY_ID", accessKeyID), ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_DEFAULT_REGION", region), ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "credential.\(endpoint).helper"), ("GIT_CONFIG_VALUE_0", helper),
        ]
    }
}
