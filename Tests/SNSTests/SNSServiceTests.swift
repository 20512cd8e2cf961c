@testable import SNS
import CloudTesting
import Testing

@Suite("Amazon SNS")
struct SNSServiceTests {}
