/// Which properties of which types `Globals` may hold. AWS: "Supported resources and properties" of the section.
enum GlobalProperties {
    /// The properties by the section's name, in the order in which AWS's message lists them.
    static let allowed: [String: [String]] = [
        "Function": [
            "Handler", "Runtime", "CodeUri", "DeadLetterQueue", "Description", "MemorySize", "Timeout", "VpcConfig",
            "Environment", "Tags", "PropagateTags", "Tracing", "KmsKeyArn", "AutoPublishAlias",
            "AutoPublishAliasAllProperties", "Layers", "DeploymentPreference", "RolePath", "PermissionsBoundary",
            "ReservedConcurrentExecutions", "ProvisionedConcurrencyConfig", "AssumeRolePolicyDocument",
            "EventInvokeConfig", "FileSystemConfigs", "CodeSigningConfigArn", "Architectures", "SnapStart",
            "EphemeralStorage", "FunctionUrlConfig", "RuntimeManagementConfig", "LoggingConfig", "RecursiveLoop",
            "SourceKMSKeyArn", "TenancyConfig", "DurableConfig", "CapacityProviderConfig", "FunctionScalingConfig",
            "PublishToLatestPublished", "VersionDeletionPolicy",
        ],
        "Api": [
            "Auth", "Name", "DefinitionUri", "CacheClusterEnabled", "CacheClusterSize", "MergeDefinitions",
            "Variables", "EndpointConfiguration", "MethodSettings", "BinaryMediaTypes", "MinimumCompressionSize",
            "Cors", "GatewayResponses", "AccessLogSetting", "CanarySetting", "TracingEnabled", "OpenApiVersion",
            "Domain", "AlwaysDeploy", "PropagateTags", "SecurityPolicy", "EndpointAccessMode",
        ],
        "HttpApi": [
            "Auth", "AccessLogSettings", "StageVariables", "Tags", "CorsConfiguration", "DefaultRouteSettings",
            "Domain", "RouteSettings", "FailOnWarnings", "PropagateTags",
        ],
        "SimpleTable": [
            "SSESpecification"
        ],
        "StateMachine": [
            "PropagateTags"
        ],
        "LayerVersion": [
            "PublishLambdaVersion"
        ],
        "CapacityProvider": [
            "VpcConfig", "OperatorRole", "Tags", "InstanceRequirements", "ScalingConfig", "KmsKeyArn",
            "PropagateTags",
        ],
        "WebSocketApi": [
            "AccessLogSettings", "ApiKeySelectionExpression", "DefaultRouteSettings", "DisableExecuteApiEndpoint",
            "DisableSchemaValidation", "Domain", "FailOnWarnings", "IpAddressType", "PropagateTags",
            "RouteSelectionExpression", "RouteSettings", "StageVariables", "Tags",
        ],
    ]
}
