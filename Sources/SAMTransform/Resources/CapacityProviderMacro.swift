import Notation

/// `AWS::Serverless::CapacityProvider`.
struct CapacityProviderMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
