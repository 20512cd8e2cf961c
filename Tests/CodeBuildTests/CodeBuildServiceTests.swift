@testable import CodeBuild
import CloudTesting
import Testing

@Suite("AWS CodeBuild")
struct CodeBuildServiceTests {}
