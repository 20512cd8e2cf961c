import Notation

/// `AWS::Serverless::Connector`.
struct ConnectorMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] { [] }
}
