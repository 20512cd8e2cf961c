import ArgumentParser
import Notation

/// `slipway env`
struct Env: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what points aws, sam and boto3 at this Slipway.",
        discussion: "Use it as: eval \"$(slipway env)\"")

    @OptionGroup var folder: DataFolder

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let access = try ServerAccess(folder: folder)
        let variables = [
            ("AWS_ENDPOINT_URL", access.endpoint), ("AWS_ACCESS_KEY_ID", access.accessKeyID),
            ("AWS_SECRET_ACCESS_KEY", access.secret), ("AWS_DEFAULT_REGION", access.region),
        ]
        if json {
            let object = JSONObject(variables.map { ($0.0, JSON.string($0.1)) })
            Terminal.standard.line(JSON.object(object).text(.pretty))
        } else {
            for (name, value) in variables { Terminal.standard.line("export \(name)=\(value)") }
            Terminal.standard.line("unset AWS_SESSION_TOKEN AWS_PROFILE")
        }
    }
}
