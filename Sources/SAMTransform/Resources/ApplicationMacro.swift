import Notation

/// `AWS::Serverless::Application`.
struct ApplicationMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
