import Notation

/// A resource type of SAM: what it generates.
protocol Macro: Sendable {
    /// Attributes by which others may refer to what is generated (`MyFunction.Alias`), and the type each stands for.
    var referable: [String: String] { get }

    /// The resources that stand for a declared one. May change the declaration's logical id, in which case references
    /// follow.
    ///
    /// - Throws: ``Fault``; faults of the resource, its events and the template are collected, a document's ends all.
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource]
}

extension Macro {
    /// None, unless the type says otherwise.
    var referable: [String: String] { [:] }
}

/// The resource types of SAM.
enum Macros {
    /// What each type generates.
    static let table: [String: any Macro] = [
        "AWS::Serverless::Function": FunctionMacro(),
        "AWS::Serverless::StateMachine": StateMachineMacro(),
        "AWS::Serverless::SimpleTable": SimpleTableMacro(),
        "AWS::Serverless::LayerVersion": LayerVersionMacro(),
        "AWS::Serverless::Application": ApplicationMacro(),
        "AWS::Serverless::Connector": ConnectorMacro(),
        "AWS::Serverless::GraphQLApi": GraphQLApiMacro(),
        "AWS::Serverless::CapacityProvider": CapacityProviderMacro(),
    ].merging(ApiMacros.table) { _, api in api }

    /// Generated types that may take the name of a declared resource, and of which type that has to be.
    static let replaces: [String: [String]] = [
        "AWS::Lambda::Function": ["AWS::Serverless::Function"],
        "AWS::Lambda::LayerVersion": ["AWS::Serverless::LayerVersion"],
        "AWS::Lambda::CapacityProvider": ["AWS::Serverless::CapacityProvider"],
        "AWS::ApiGateway::RestApi": ["AWS::Serverless::Api"],
        "AWS::ApiGatewayV2::Api": ["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"],
        "AWS::S3::Bucket": ["AWS::S3::Bucket"],
        "AWS::SNS::Topic": ["AWS::SNS::Topic"],
        "AWS::DynamoDB::Table": ["AWS::Serverless::SimpleTable"],
        "AWS::CloudFormation::Stack": ["AWS::Serverless::Application"],
        "AWS::Cognito::UserPool": ["AWS::Cognito::UserPool"],
        "AWS::ApiGateway::DomainName": ["AWS::ApiGateway::DomainName"],
        "AWS::ApiGateway::BasePathMapping": ["AWS::ApiGateway::BasePathMapping"],
        "AWS::ApiGateway::DomainNameV2": ["AWS::ApiGateway::DomainNameV2"],
        "AWS::ApiGateway::BasePathMappingV2": ["AWS::ApiGateway::BasePathMappingV2"],
        "AWS::StepFunctions::StateMachine": ["AWS::Serverless::StateMachine"],
        "AWS::AppSync::GraphQLApi": ["AWS::Serverless::GraphQLApi"],
    ]

    /// The types that plugins look at: all but connectors and GraphQL APIs.
    static let pluginTypes: Set<String> = [
        "AWS::Serverless::Api", "AWS::Serverless::Function", "AWS::Serverless::SimpleTable",
        "AWS::Serverless::Application", "AWS::Serverless::LayerVersion", "AWS::Serverless::HttpApi",
        "AWS::Serverless::WebSocketApi", "AWS::Serverless::StateMachine", "AWS::Serverless::CapacityProvider",
    ]

    /// Whether a resource is of a type that plugins look at.
    ///
    /// - Throws: ``Fault/document(_:)`` when its condition is not a name.
    static func isDeclared(_ resource: JSON) throws -> Bool {
        if let condition = resource["Condition"].truthy, condition.string == nil {
            throw Fault.document("Every Condition member must be a string.")
        }
        return resource["Type"]?.string.map(pluginTypes.contains) ?? false
    }
}
