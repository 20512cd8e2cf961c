@testable import TestReports
import Testing

@Suite("Test reports")
struct TestReportsTests {}
