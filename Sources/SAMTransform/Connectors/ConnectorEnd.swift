import Notation

/// The source or destination of a connector: what is known of the resource.
struct ConnectorEnd {
    /// The resource in the template; nil when the connector describes one from elsewhere.
    var logicalID: String?
    var type: String
    var arn: JSON?
    var roleName: JSON?
    var queueURL: JSON?
    var resourceID: JSON?
    var name: JSON?
    var qualifier: JSON?

    private static let generatedTypes = [
        "AWS::Serverless::Function": "AWS::Lambda::Function",
        "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
        "AWS::Serverless::Api": "AWS::ApiGateway::RestApi", "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
        "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
    ]

    /// Reads one end.
    ///
    /// - Parameters:
    ///   - other: the other end, which decides about the role of an EventBridge rule.
    ///   - connector: the connector's logical id.
    /// - Throws: ``Fault/resource(_:_:)``.
    init(_ given: JSONObject, other: JSONObject, of connector: String, in translation: Translation) throws {
        let refuse = { (text: String) in Fault.resource(connector, text) }
        let hasOthers = given.keys.contains { $0 != "Id" && $0 != "Qualifier" }
        guard given.contains("Id") != hasOthers else {
            throw refuse(
                "Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.")
        }
        guard let id = given["Id"].truthy else {
            guard let type = given["Type"].truthy?.string else { throw refuse("'Type' is missing or not a string.") }
            self.type = Self.generatedTypes[type] ?? type
            arn = given.given("Arn")
            roleName = given.given("RoleName")
            queueURL = given.given("QueueUrl")
            resourceID = given.given("ResourceId")
            name = given.given("Name")
            qualifier = given.given("Qualifier")
            return
        }
        guard let logicalID = id.string else { throw refuse("'Id' is missing or not a string.") }
        guard let resource = translation.output[logicalID].truthy else {
            throw refuse("Unable to find resource with logical ID '\(logicalID)'.")
        }
        guard let type = resource["Type"].truthy?.string else { throw refuse("'Type' is missing or not a string.") }
        self.logicalID = logicalID
        self.type = type
        let known = Facts.connectorProfiles["CfnResourceProperties"]?[type]
        let fill = ConnectorText(["logicalId": .string(logicalID)], of: connector)
        let outputs = try fill.filled(known?["Outputs"] ?? [:])
        arn = outputs["Arn"]
        queueURL = outputs["Url"]
        resourceID = outputs["Id"]
        name = outputs["Name"]
        qualifier = given.contains("Qualifier") ? given["Qualifier"] : outputs["Qualifier"]
        roleName = Self.roleName(known?["Inputs"]?["Role"], resource["Properties"] ?? [:], other)
    }

    private static func roleName(_ place: JSON?, _ properties: JSON, _ other: JSONObject) -> JSON? {
        let role: JSON?
        switch place {
        case .string(let property): role = properties[property]
        case .object(let object) where object["Function"] == "GetEventsRuleRole": role = ruleRole(properties, other)
        default: role = nil
        }
        return role.truthy?.referredID.map(Intrinsics.ref)
    }

    /// The role of that target of a rule which is the connector's other end.
    private static func ruleRole(_ properties: JSON, _ other: JSONObject) -> JSON? {
        for target in properties["Targets"]?.array ?? [] {
            let isByID = target["Arn"]?.referredID.map { .string($0) == other["Id"] } ?? false
            let isByARN = other["Arn"].isTruthy && target["Arn"] == other["Arn"]
            if isByID || isByARN { return target["RoleArn"] }
        }
        return nil
    }
}

/// Texts of connector profiles, with `%{variables}`.
struct ConnectorText {
    private let values: [(name: String, value: JSON?)]
    private let connector: String

    init(_ values: KeyValuePairs<String, JSON?>, of connector: String) {
        self.values = values.map { ($0.key, $0.value) }
        self.connector = connector
    }

    /// The tree with values in place of variables, by `Fn::Sub` where a variable is only part of a text.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when there is no value for a variable.
    func filled(_ value: JSON) throws -> JSON {
        switch value {
        case .object(let object): .object(try object.mapValues(filled))
        case .array(let elements): .array(try elements.map(filled))
        case .string(let text): try filled(text)
        default: value
        }
    }

    private func filled(_ text: String) throws -> JSON {
        var text = text
        var variables: JSONObject = [:]
        for (name, value) in values {
            let mark = "%{\(name)}"
            guard text.firstPlace(of: mark) != nil else { continue }
            guard let value, !value.isNull else { throw Fault.resource(connector, "\(name) is missing.") }
            if text == mark { return value }
            let variable = name.filter { $0 != "." }
            text = text.replacing(mark, "${\(variable)}")
            variables[variable] = value
        }
        guard let start = text.firstPlace(of: "${"), text[start...].dropFirst(3).contains("}") else {
            return .string(text)
        }
        return Intrinsics.sub(text, variables)
    }
}

extension String {
    /// The text with every occurrence of one text replaced by another.
    fileprivate func replacing(_ old: String, _ new: String) -> String {
        var result = ""
        var rest = self
        while let place = rest.firstPlace(of: old) {
            result += rest[..<place] + new
            rest = String(rest[place...].dropFirst(old.count))
        }
        return result + rest
    }
}
