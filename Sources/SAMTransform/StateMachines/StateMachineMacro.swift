import Notation

/// `AWS::Serverless::StateMachine`.
struct StateMachineMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
