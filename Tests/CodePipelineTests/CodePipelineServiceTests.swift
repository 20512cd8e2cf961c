@testable import CodePipeline
import CloudTesting
import Testing

@Suite("AWS CodePipeline")
struct CodePipelineServiceTests {}
