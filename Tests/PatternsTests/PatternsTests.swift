@testable import Patterns
import Testing

@Suite("Patterns")
struct PatternsTests {}
