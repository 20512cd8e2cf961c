/// The API types of SAM.
enum ApiMacros {
    /// What each type generates: `AWS::Serverless::Api`, `HttpApi`, `WebSocketApi`.
    static let table: [String: any Macro] = [
        "AWS::Serverless::Api": RestApiMacro(),
        "AWS::Serverless::HttpApi": HttpApiMacro(),
        "AWS::Serverless::WebSocketApi": WebSocketApiMacro(),
    ]
}

/// The API events.
enum ApiEvents {
    /// Events of functions by type: `Api`, `HttpApi`.
    static let ofFunctions: [String: any EventSource] = ["Api": RestApiEvent(), "HttpApi": HttpApiEvent()]
    /// Events of state machines by type: `Api`.
    static let ofStateMachines: [String: any EventSource] = ["Api": StateMachineApiEvent()]
}
