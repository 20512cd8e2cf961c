@testable import SQS
import CloudTesting
import Testing

@Suite("Amazon SQS")
struct SQSServiceTests {}
