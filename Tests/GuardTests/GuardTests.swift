@testable import Guard
import Testing

@Suite("Guard rules")
struct GuardTests {}
