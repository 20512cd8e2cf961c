import Cloud
import Notation
import Testing

@testable import CodeBuild

@Suite("What CreateProject refuses")
struct ProjectRuleTests {
    private static func refusal(_ change: (inout ProjectSettings) -> Void) -> String? {
        var settings = Orders.settings
        change(&settings)
        do { try ProjectRules.checkProject(settings) } catch {
            let error = error as? AWSError
            #expect(error?.code == "InvalidInputException")
            return error?.message
        }
        return nil
    }

    private static func git(_ location: String, _ type: String = "GITHUB") -> SourceSettings {
        SourceSettings(type: type, location: location)
    }

    @Test("logs in S3 need a place; switched off they need none")
    func logs() {
        let wanted = "Invalid logsConfig: s3Logs location must be provided if status is 'ENABLED'"
        #expect(Self.refusal { $0.logsConfig = LogsSettings(s3Logs: .init(status: "ENABLED")) } == wanted)
        #expect(Self.refusal { $0.logsConfig = LogsSettings(s3Logs: .init(status: "DISABLED")) } == nil)
        #expect(Self.refusal { $0.logsConfig = LogsSettings(s3Logs: .init(status: "ENABLED", location: "b/p")) } == nil)
    }

    @Test("names of variables: once each, and none of CodeBuild's own")
    func variables() {
        #expect(
            Self.refusal {
                $0.environment.environmentVariables = [.init(name: "A", value: "1"), .init(name: "A", value: "2")]
            } == "EnvironmentVariable name cannot be duplicated")
        #expect(
            Self.refusal { $0.environment.environmentVariables = [.init(name: "CODEBUILD_X", value: "1")] }
                == "No user environment variables can start with CODEBUILD_")
        #expect(
            Self.refusal {
                $0.environment.environmentVariables = [.init(name: "A", value: "1"), .init(name: "B", value: "1")]
            } == nil)
    }

    @Test(
        "badges are for hosts of repositories",
        arguments: [
            ("S3", "Build badges are not supported for S3 source"),
            ("NO_SOURCE", "Build badges are not supported for projects with no source"),
            ("CODEPIPELINE", "Build badges are not supported for CodePipeline source"), ("GITHUB", nil),
            ("CODECOMMIT", nil),
        ])
    func badges(type: String, wanted: String?) {
        let said = Self.refusal { settings in
            settings.badgeEnabled = true
            settings.source.type = type
            if type == "CODEPIPELINE" { settings.artifacts.type = type }
            if type != "NO_SOURCE", type != "CODEPIPELINE" { settings.source.location = "https://example.com/o/r" }
        }
        #expect(said == wanted)
    }

    @Test(
        "compute and environment go together",
        arguments: [
            ("LINUX_CONTAINER", "BUILD_LAMBDA_1GB", "Invalid compute type provided"),
            (
                "LINUX_LAMBDA_CONTAINER", "BUILD_GENERAL1_SMALL",
                "Compute type BUILD_GENERAL1_SMALL is not supported for LINUX_LAMBDA_CONTAINER"
            ),
            ("LINUX_LAMBDA_CONTAINER", "BUILD_LAMBDA_1GB", nil), ("LINUX_CONTAINER", "BUILD_GENERAL1_SMALL", nil),
        ])
    func compute(type: String, compute: String, wanted: String?) {
        #expect(
            Self.refusal {
                $0.environment.type = type
                $0.environment.computeType = compute
            } == wanted)
    }

    @Test(
        "a repository has an address",
        arguments: [
            ("foo", false), ("", false), ("https://github.com", false), ("ftp://host/o/r", false),
            ("file:///etc", false),
            ("https://github.com/o/r.git", true), ("http://127.0.0.1:4000/v1/repos/r", true),
        ])
    func locations(location: String, isTaken: Bool) {
        #expect((Self.refusal { $0.source = Self.git(location) } == nil) == isTaken)
        #expect((Self.refusal { $0.source = Self.git(location, "CODECOMMIT") } == nil) == isTaken)
    }

    @Test("what there is without a source")
    func sources() {
        #expect(
            Self.refusal { $0.source.location = "x" }
                == "Invalid input: source location must be empty for source type NO_SOURCE")
        #expect(Self.refusal { $0.source = SourceSettings(type: "S3") } == "Project source location is required")
        #expect(
            Self.refusal { $0.source.reportBuildStatus = true }
                == "Source type NO_SOURCE does not support ReportBuildStatus")
    }
}
