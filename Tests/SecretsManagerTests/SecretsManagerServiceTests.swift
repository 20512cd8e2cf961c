@testable import SecretsManager
import CloudTesting
import Testing

@Suite("AWS Secrets Manager")
struct SecretsManagerServiceTests {}
