import Notation

/// `AWS::Serverless::SimpleTable`.
struct SimpleTableMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
