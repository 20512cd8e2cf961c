import Notation

/// The API types of SAM.
enum ApiMacros {
    /// What each type generates: `AWS::Serverless::Api`, `HttpApi`, `WebSocketApi`.
    static let table: [String: any Macro] = [:]
}

/// The API events.
enum ApiEvents {
    /// Events of functions by type: `Api`, `HttpApi`.
    static let ofFunctions: [String: any EventSource] = [:]
    /// Events of state machines by type: `Api`.
    static let ofStateMachines: [String: any EventSource] = [:]
}

/// What is done for APIs before anything is translated.
enum ApiPlugins {
    /// Gives APIs without a definition an empty one.
    static func addDefaultDefinitionBodies(to translation: Translation) throws {}
    /// Makes `ServerlessRestApi` where events want it.
    static func addImplicitRestApi(to translation: Translation) throws {}
    /// Makes `ServerlessHttpApi` where events want it.
    static func addImplicitHttpApi(to translation: Translation) throws {}
}

/// What API resources of one template share.
struct ApiState {
    /// Looks at each SAM resource before it is translated: names of functions go into their API's deployment.
    mutating func note(resource: JSONObject, resolver: Resolver) {}
}

/// The orders of Python 2.7's dictionaries, which show in the ids of API deployments.
enum PythonOrder {
    /// Puts the template's parts into that order where AWS's translator does so.
    static func prepare(sections: inout JSONObject, resources: inout JSONObject, parameters: inout JSONObject) throws {}
}
