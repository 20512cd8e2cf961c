@testable import DORA
import CloudTesting
import Testing

@Suite("The DORA figures")
struct DORAServiceTests {}
