@testable import Buildspec
import Testing

@Suite("Buildspec files")
struct BuildspecTests {}
