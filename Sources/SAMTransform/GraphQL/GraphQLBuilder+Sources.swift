import Notation

extension GraphQLBuilder {
    /// The data sources: tables first, then functions.
    mutating func dataSources() throws -> [Resource] {
        var resources: [Resource] = []
        for (name, given) in model["DataSources"]?["DynamoDb"]?.object ?? [:] {
            let source = try dataSource(name, given, "DynamoDB", "AMAZON_DYNAMODB")
            source["DynamoDBConfig"] = tableConfig(given)
            resources += [source] + (try permissions(for: source, given, isTable: true))
        }
        for (name, given) in model["DataSources"]?["Lambda"]?.object ?? [:] {
            let source = try dataSource(name, given, "Lambda", "AWS_LAMBDA")
            source["LambdaConfig"] = ["LambdaFunctionArn": given["FunctionArn"] ?? .null]
            resources += [source] + (try permissions(for: source, given, isTable: false))
        }
        return resources
    }

    private mutating func dataSource(
        _ name: String, _ given: JSON, _ word: String, _ type: JSON
    ) throws -> Resource {
        let source = try resource("AWS::AppSync::DataSource", "\(logicalID)\(name)\(word)DataSource")
        source["Name"] = given["Name"].truthy ?? .string(name)
        source["Type"] = type
        source["ApiId"] = apiID
        source["Description"] = given["Description"]
        sourceNames[name] = source.getAtt("Name")
        return source
    }

    private func tableConfig(_ given: JSON) -> JSON {
        var config: JSONObject = [
            "AwsRegion": given["Region"].truthy ?? Intrinsics.ref("AWS::Region"),
            "TableName": given["TableName"] ?? .null,
        ]
        for name in ["UseCallerCredentials", "Versioned"] {
            if let value = given[name].truthy { config[name] = value }
        }
        if let sync = given["DeltaSync"] { config["DeltaSyncConfig"] = sync }
        return .object(config)
    }

    /// The role with which AppSync reads the source, and what the role is allowed; nothing when a role is given.
    private func permissions(for source: Resource, _ given: JSON, isTable: Bool) throws -> [Resource] {
        if let role = given["ServiceRoleArn"].truthy {
            source["ServiceRoleArn"] = role
            return []
        }
        let role = try resource("AWS::IAM::Role", source.logicalID + "Role")
        role["AssumeRolePolicyDocument"] = RolePolicies.assumed(by: "appsync.amazonaws.com")
        source["ServiceRoleArn"] = role.getAtt("Arn")
        let destination: JSON
        if isTable {
            destination = ["Type": "AWS::DynamoDB::Table", "Arn": given["TableArn"].truthy ?? tableARN(given)]
        } else {
            destination = ["Type": "AWS::Lambda::Function", "Arn": given["FunctionArn"] ?? .null]
        }
        let allowed: JSON = isTable ? given["Permissions"].truthy ?? ["Read", "Write"] : ["Write"]
        let end: JSON = [
            "Type": "AWS::AppSync::DataSource", "Arn": source.getAtt("DataSourceArn"), "RoleName": role.ref,
        ]
        let name = source.logicalID + (isTable ? "ToTableConnector" : "ToLambdaConnector")
        return [role]
            + (try connector(name, ["Source": end, "Destination": destination, "Permissions": allowed]))
    }

    private func tableARN(_ given: JSON) -> JSON {
        Intrinsics.sub(
            "arn:${AWS::Partition}:dynamodb:${__Region__}:${AWS::AccountId}:table/${__TableName__}",
            [
                "__TableName__": given["TableName"] ?? .null,
                "__Region__": given["Region"].truthy ?? Intrinsics.ref("AWS::Region"),
            ])
    }
}
