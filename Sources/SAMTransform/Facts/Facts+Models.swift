// Made by Scripts/import-sam-facts.py from AWS's public aws-sam-translator. Do not edit.

extension Facts {
    /// What the properties of some types look like below the first level.
    static let modelsText = #"""
        {"GraphQLApi":{"fields":{"Auth":[true,{"fields":{"Type":[true,{"literal":["AWS_IAM","API_KEY","AWS_LAMBDA"
        ,"OPENID_CONNECT","AMAZON_COGNITO_USER_POOLS"]}],"LambdaAuthorizer":[false,{"fields":{
        "AuthorizerResultTtlInSeconds":[false,"any"],"AuthorizerUri":[true,"any"],"IdentityValidationExpression":
        [false,"any"]}}],"OpenIDConnect":[false,{"fields":{"AuthTTL":[false,"any"],"ClientId":[false,"any"],"IatTTL":
        [false,"any"],"Issuer":[false,"any"]}}],"UserPool":[false,{"fields":{"AppIdClientRegex":[false,"any"],
        "AwsRegion":[false,"any"],"DefaultAction":[false,"any"],"UserPoolId":[true,"any"]}}],"Additional":[false,{
        "list":{"fields":{"Type":[true,{"literal":["AWS_IAM","API_KEY","AWS_LAMBDA","OPENID_CONNECT"
        ,"AMAZON_COGNITO_USER_POOLS"]}],"LambdaAuthorizer":[false,{"fields":{"AuthorizerResultTtlInSeconds":[false
        ,"any"],"AuthorizerUri":[true,"any"],"IdentityValidationExpression":[false,"any"]}}],"OpenIDConnect":[false,{
        "fields":{"AuthTTL":[false,"any"],"ClientId":[false,"any"],"IatTTL":[false,"any"],"Issuer":[false,"any"]}}],
        "UserPool":[false,{"fields":{"AppIdClientRegex":[false,"any"],"AwsRegion":[false,"any"],"DefaultAction":[false
        ,"any"],"UserPoolId":[true,"any"]}}]}}}]}}],"Tags":[false,"dict"],"Name":[false,"any"],"XrayEnabled":[false
        ,"bool"],"SchemaInline":[false,"any"],"SchemaUri":[false,"any"],"Logging":[false,{"union":[{"fields":{
        "CloudWatchLogsRoleArn":[false,"any"],"ExcludeVerboseContent":[false,"any"],"FieldLogLevel":[false,"any"]}}
        ,"bool"]}],"DataSources":[false,{"fields":{"DynamoDb":[false,{"map":{"fields":{"TableName":[true,"any"],
        "ServiceRoleArn":[false,"any"],"TableArn":[false,"any"],"Permissions":[false,{"list":{"literal":["Read"
        ,"Write"]}}],"Name":[false,"any"],"Description":[false,"any"],"Region":[false,"any"],"DeltaSync":[false,{
        "fields":{"BaseTableTTL":[true,"any"],"DeltaSyncTableName":[true,"any"],"DeltaSyncTableTTL":[true,"any"]}}],
        "UseCallerCredentials":[false,"any"],"Versioned":[false,"any"]}}}],"Lambda":[false,{"map":{"fields":{
        "FunctionArn":[true,"any"],"ServiceRoleArn":[false,"any"],"Name":[false,"any"],"Description":[false,"any"]}}}]
        }}],"Functions":[false,{"map":{"fields":{"DataSource":[false,{"union":["dict","str"]}],"Runtime":[false,{
        "fields":{"Name":[true,"any"],"Version":[true,"any"]}}],"InlineCode":[false,"any"],"CodeUri":[false,"any"],
        "Description":[false,"any"],"MaxBatchSize":[false,"any"],"Name":[false,"str"],"Id":[false,"any"],"Sync":[false
        ,{"fields":{"ConflictDetection":[true,"any"],"ConflictHandler":[false,"any"],"LambdaConflictHandlerConfig":
        [false,{"fields":{"LambdaConflictHandlerArn":[true,"any"]}}]}}]}}}],"Resolvers":[false,{"map":{"map":{"fields"
        :{"FieldName":[false,"str"],"Caching":[false,{"fields":{"Ttl":[true,"any"],"CachingKeys":[false,{"list":"any"}
        ]}}],"InlineCode":[false,"any"],"CodeUri":[false,"any"],"MaxBatchSize":[false,"any"],"Pipeline":[false,{"list"
        :"str"}],"Runtime":[false,{"fields":{"Name":[true,"any"],"Version":[true,"any"]}}],"Sync":[false,{"fields":{
        "ConflictDetection":[true,"any"],"ConflictHandler":[false,"any"],"LambdaConflictHandlerConfig":[false,{
        "fields":{"LambdaConflictHandlerArn":[true,"any"]}}]}}]}}}}],"ApiKeys":[false,{"map":{"fields":{"ApiKeyId":
        [false,"any"],"Description":[false,"any"],"ExpiresOn":[false,"any"]}}}],"DomainName":[false,{"fields":{
        "CertificateArn":[true,"any"],"DomainName":[true,"any"],"Description":[false,"any"]}}],"Cache":[false,{
        "fields":{"ApiCachingBehavior":[true,"any"],"Ttl":[true,"any"],"Type":[true,"any"],"AtRestEncryptionEnabled":
        [false,"any"],"TransitEncryptionEnabled":[false,"any"]}}],"Visibility":[false,"any"],"OwnerContact":[false
        ,"any"],"IntrospectionConfig":[false,"any"],"QueryDepthLimit":[false,"any"],"ResolverCountLimit":[false,"any"]
        }},"CapacityProvider":{"fields":{"CapacityProviderName":[false,"any"],"VpcConfig":[true,{"fields":{
        "SecurityGroupIds":[false,{"union":["dict",{"list":{"union":["dict","str"]}}]}],"SubnetIds":[true,{"union":
        ["dict",{"list":{"union":["dict","str"]}}]}]}}],"OperatorRole":[false,"any"],"Tags":[false,"dict"],
        "PropagateTags":[false,"bool"],"InstanceRequirements":[false,{"fields":{"Architectures":[false,{"union":
        ["dict",{"list":{"union":["dict","str"]}}]}],"AllowedTypes":[false,{"union":["dict",{"list":{"union":["dict"
        ,"str"]}}]}],"ExcludedTypes":[false,{"union":["dict",{"list":{"union":["dict","str"]}}]}]}}],"ScalingConfig":
        [false,{"fields":{"MaxVCpuCount":[false,{"union":["dict","int"]}],"AverageCPUUtilization":[false,{"union":
        ["dict","float"]}]}}],"LoggingConfig":[false,"any"],"ManagedResourceTags":[false,{"fields":{"Tags":[false
        ,"dict"]}}],"KmsKeyArn":[false,"any"]}},"CapacityProviderConfig":{"fields":{"Arn":[true,{"union":["dict","str"
        ]}],"PerExecutionEnvironmentMaxConcurrency":[false,{"union":["dict","int"]}],
        "ExecutionEnvironmentMemoryGiBPerVCpu":[false,{"union":["dict","int","float"]}]}}}
        """#
}
