import Buildspec
import Cloud
import Ledger
import Notation

@testable import CodeBuild

/// Builds and batches for tests.
enum Orders {
    static let settings = ProjectSettings(
        name: "orders", source: SourceSettings(type: "NO_SOURCE", buildspec: "version: 0.2\n"),
        artifacts: ArtifactSettings(type: "NO_ARTIFACTS"),
        environment: EnvironmentSettings(
            type: "LINUX_CONTAINER", image: "aws/codebuild/standard:7.0", computeType: "BUILD_GENERAL1_SMALL"),
        serviceRole: "arn:aws:iam::123456789012:role/builds")

    static func build(retries: Int? = nil) -> BuildMachine {
        var order = BuildOrder(
            uuid: "u", project: "orders", number: 1, owner: .root(account: "123456789012", region: "eu-west-1"),
            initiator: "tester", submitted: Timestamp(seconds: 1_750_000_000), settings: settings)
        order.autoRetry = retries.map { BuildOrder.AutoRetry(limit: $0, number: 0) }
        return BuildMachine(order)
    }

    static func batch() -> BatchMachine {
        BatchMachine(
            BatchOrder(
                uuid: "u", project: "orders", number: 1, owner: .root(account: "123456789012", region: "eu-west-1"),
                initiator: "tester", submitted: Timestamp(seconds: 1_750_000_000), settings: settings))
    }

    /// A plan in which every phase has commands and that rule.
    static func plan(_ rule: OnFailure? = nil) -> [BuildMachine.PhasePlan] {
        BuildPhase.commanded.map { BuildMachine.PhasePlan(name: $0, hasCommands: true, onFailure: rule) }
    }

    static let failure = PhaseContext(statusCode: "COMMAND_EXECUTION_ERROR", message: "exit status 1")
}
