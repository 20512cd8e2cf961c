import Notation

/// `AWS::Serverless::SimpleTable`: a DynamoDB table with one key.
struct SimpleTableMacro: Macro {
    private static let types: [String: JSON] = ["String": "S", "Number": "N", "Binary": "B"]

    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let table = try Resource(
            "AWS::DynamoDB::Table", declaration.logicalID, dependsOn: declaration.dependsOn,
            attributes: declaration.attributes)
        var name: JSON = "id"
        var type: JSON = "S"
        if let key = declaration["PrimaryKey"].truthy {
            let owner = Expectation.Owner.resource(declaration.logicalID)
            name = try Expectation(key["Name"], of: owner, "PrimaryKey.Name").present()
            let given = try Expectation(key["Type"], of: owner, "PrimaryKey.Type").present()
            guard let letter = given.string.flatMap({ Self.types[$0] }) else {
                throw Fault.resource(declaration.logicalID, "Invalid 'Type' \"\(given.printed)\".")
            }
            type = letter
        }
        table["AttributeDefinitions"] = [["AttributeName": name, "AttributeType": type]]
        table["KeySchema"] = [["AttributeName": name, "KeyType": "HASH"]]
        for property in ["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName"] {
            table[property] = declaration[property].truthy
        }
        if table["ProvisionedThroughput"] == nil { table["BillingMode"] = "PAY_PER_REQUEST" }
        if let tags = declaration["Tags"].truthy?.object { table["Tags"] = .array(Tags.list(tags)) }
        return [table]
    }
}
