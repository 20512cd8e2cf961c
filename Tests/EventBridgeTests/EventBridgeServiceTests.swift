@testable import EventBridge
import CloudTesting
import Testing

@Suite("Amazon EventBridge")
struct EventBridgeServiceTests {}
