import Notation

/// `AWS::Serverless::LayerVersion`.
struct LayerVersionMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
