import Notation

/// `AWS::Serverless::Function`.
struct FunctionMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
