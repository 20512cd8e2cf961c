import Notation

/// `AWS::Serverless::GraphQLApi`.
struct GraphQLApiMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
