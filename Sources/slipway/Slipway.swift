import ArgumentParser

/// The command.
@main
struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Takes code from check-in to a safe production deployment, on machines you own.",
        discussion: """
            Speaks the AWS protocols: start the server, then use aws, sam and boto3 as they are.

              slipway serve                start the server
              eval "$(slipway env)"        point aws, sam and boto3 at it
              slipway demo                 see a bad version being caught, in about a minute
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, Env.self, Demo.self, Watch.self, Promote.self, Pause.self, Resume.self, Abort.self,
            Rollback.self, Why.self,
            Rehearse.self, Logs.self, Invoke.self, Doctor.self, Support.self, Transform.self,
            Plan.self, PolicyCommand.self, PipelineCommand.self, BuildCommand.self, Repo.self, Dora.self, Measure.self,
            ConnectionCommand.self,
        ])
}
