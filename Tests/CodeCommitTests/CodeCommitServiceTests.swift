@testable import CodeCommit
import CloudTesting
import Testing

@Suite("AWS CodeCommit")
struct CodeCommitServiceTests {}
