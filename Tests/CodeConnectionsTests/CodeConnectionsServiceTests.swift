@testable import CodeConnections
import CloudTesting
import Testing

@Suite("AWS CodeConnections")
struct CodeConnectionsServiceTests {}
