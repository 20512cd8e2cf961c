import Cloud
import Notation

extension SecretsManagerService {
    /// Source: AWS CloudFormation Template Reference, AWS::SecretsManager::Secret.
    static let secretType = ResourceType(
        "AWS::SecretsManager::Secret", enforces: "Name Description SecretString GenerateSecretString Tags",
        stores: "KmsKeyId", replacedBy: "Name", attributes: "Id", nameProperty: "Name",
        ResourceType.Actions(
            create: { request in try await makeSecret(request) },
            update: { request in try await changeSecret(request) },
            delete: { request in
                guard let arn = request.physicalID else { return }
                try await request.call(
                    "secretsmanager", "DeleteSecret", ["SecretId": .string(arn), "ForceDeleteWithoutRecovery": true])
            },
            read: { request in try await readSecret(request) },
            list: { request in
                try await request.pages("secretsmanager", "ListSecrets", of: "SecretList", token: "NextToken")
                    .map { ResourceState($0["ARN"]?.string ?? "", attributes: ["Id": $0["ARN"] ?? ""]) }
            }))

    /// Source: AWS CloudFormation Template Reference, AWS::SecretsManager::ResourcePolicy.
    static let policyType = ResourceType(
        "AWS::SecretsManager::ResourcePolicy", enforces: "SecretId ResourcePolicy BlockPublicPolicy",
        requires: "SecretId ResourcePolicy", replacedBy: "SecretId", attributes: "Id",
        ResourceType.Actions(
            create: { request in try await putPolicy(request) }, update: { request in try await putPolicy(request) },
            delete: { request in try await gone(request, "DeleteResourcePolicy") },
            read: { request in
                let id = request.properties["SecretId"] ?? .string(request.physicalID ?? "")
                guard let found = try await present(request, "GetResourcePolicy", id),
                    let text = found["ResourcePolicy"]?.string
                else { return nil }
                return ["SecretId": id, "ResourcePolicy": try JSON(parsing: text)]
            }))

    /// Source: AWS CloudFormation Template Reference, AWS::SecretsManager::RotationSchedule.
    static let rotationType = ResourceType(
        "AWS::SecretsManager::RotationSchedule",
        enforces: "SecretId RotationLambdaARN RotationRules RotateImmediatelyOnUpdate", requires: "SecretId",
        replacedBy: "SecretId", attributes: "Id",
        ResourceType.Actions(
            create: { request in try await rotate(request, isNow: true) },
            update: { request in
                try await rotate(request, isNow: request.properties["RotateImmediatelyOnUpdate"]?.isTrue ?? true)
            },
            delete: { request in try await gone(request, "CancelRotateSecret") },
            read: { request in
                let id = request.properties["SecretId"] ?? .string(request.physicalID ?? "")
                guard let found = try await present(request, "DescribeSecret", id), found["RotationEnabled"] == true
                else { return nil }
                var properties: JSON = ["SecretId": id]
                properties["RotationLambdaARN"] = found["RotationLambdaARN"]
                properties["RotationRules"] = found["RotationRules"]
                return properties
            }))

    private static func secretName(_ request: ResourceRequest) -> String {
        request.properties["Name"]?.string ?? "\(request.logicalID)-\(request.suffix)"
    }

    /// The token is the action's own, so that a repeat after a crash finds the secret made. So is a generated value
    /// only the first attempt's: the repeat finds one there and draws none.
    private static func makeSecret(_ request: ResourceRequest) async throws -> ResourceState {
        let name = secretName(request)
        var input: JSON = ["Name": .string(name), "ClientRequestToken": .string(Secret.token(for: request.key))]
        for property in ["Description", "KmsKeyId"] { input[property] = request.properties[property] }
        let tags = request.allTags.sorted { $0.key < $1.key }
        input["Tags"] = .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
        if let value = try await value(request) { input["SecretString"] = .string(value) }
        do {
            return state(try await request.call("secretsmanager", "CreateSecret", input))
        } catch let error as AWSError where error.code == "ResourceExistsException" {
            let known = try await request.call("secretsmanager", "DescribeSecret", ["SecretId": .string(name)])
            let marks = ["stack-id": request.stackID, "logical-id": request.logicalID]
            let isOurs = marks.allSatisfy { mark, value in
                known["Tags"]?.array?.contains {
                    $0["Key"]?.string == "aws:cloudformation:" + mark && $0["Value"]?.string == value
                } == true
            }
            guard isOurs else { throw error }
            return state(known)
        }
    }

    private static func changeSecret(_ request: ResourceRequest) async throws -> ResourceState {
        let arn = request.physicalID ?? ""
        var input: JSON = ["SecretId": .string(arn)]
        input["Description"] = request.properties["Description"] ?? (request.previous?["Description"] == nil ? nil : "")
        input["KmsKeyId"] =
            request.properties["KmsKeyId"]
            ?? (request.previous?["KmsKeyId"] == nil ? nil : "")
        let wants = (request.properties["SecretString"], request.properties["GenerateSecretString"])
        // A value is made anew only when the template asks for another one.
        if wants != (request.previous?["SecretString"], request.previous?["GenerateSecretString"]),
            let value = try await value(request)
        {
            input["SecretString"] = .string(value)
        }
        try await request.call("secretsmanager", "UpdateSecret", input)
        let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }
            .filter { request.allTags[$0] == nil }
        if !gone.isEmpty {
            try await request.call(
                "secretsmanager", "UntagResource", ["SecretId": .string(arn), "TagKeys": .array(gone.map(JSON.string))])
        }
        let tags = request.allTags.map { JSON.object(["Key": .string($0.key), "Value": .string($0.value)]) }
        try await request.call("secretsmanager", "TagResource", ["SecretId": .string(arn), "Tags": .array(tags)])
        return ResourceState(arn, attributes: ["Id": .string(arn)])
    }

    private static func readSecret(_ request: ResourceRequest) async throws -> JSON? {
        do {
            let known = try await request.call(
                "secretsmanager", "DescribeSecret", ["SecretId": .string(request.physicalID ?? "")])
            guard known["DeletedDate"] == nil else { return nil }
            var properties: JSON = ["Name": known["Name"] ?? ""]
            for name in ["Description", "KmsKeyId"] { properties[name] = known[name] }
            properties["Id"] = known["ARN"]
            properties["Tags"] = .array(
                (known["Tags"]?.array ?? []).filter { $0["Key"]?.string?.hasPrefix("aws:") != true })
            return properties
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
    }

    private static func state(_ answer: JSON) -> ResourceState {
        let arn = answer["ARN"] ?? ""
        return ResourceState(arn.string ?? "", attributes: ["Id": arn])
    }

    /// The value the template gives or has generated; nil when it wants none.
    ///
    /// Source: Template Reference, AWS::SecretsManager::Secret GenerateSecretString.
    private static func value(_ request: ResourceRequest) async throws -> String? {
        if let text = request.properties["SecretString"] { return text.string ?? text.text() }
        guard let recipe = request.properties["GenerateSecretString"], let members = recipe.object else { return nil }
        let key = recipe["GenerateStringKey"]?.string
        let template = recipe["SecretStringTemplate"]?.string
        guard (key == nil) == (template == nil) else {
            throw AWSError.request("You must specify both SecretStringTemplate and GenerateStringKey, or neither.")
        }
        var input: JSON = [:]
        for (name, value) in members where name != "GenerateStringKey" && name != "SecretStringTemplate" {
            switch name {
            case "PasswordLength":
                input[name] = value.int.map(JSON.int) ?? value.string.flatMap { Int($0) }.map(JSON.int)
            case "ExcludeCharacters": input[name] = value
            default: input[name] = .bool(value.isTrue)
            }
        }
        let password = try await request.call("secretsmanager", "GetRandomPassword", input)["RandomPassword"] ?? ""
        guard let key, let template else { return password.string }
        guard var object = try? JSON(parsing: template), object.object != nil else {
            throw AWSError.request("Could not parse SecretStringTemplate JSON.")
        }
        object[key] = password
        return object.text()
    }

    private static func putPolicy(_ request: ResourceRequest) async throws -> ResourceState {
        let id = request.properties["SecretId"] ?? ""
        let policy = request.properties["ResourcePolicy"] ?? ""
        var input: JSON = ["SecretId": id, "ResourcePolicy": .string(policy.string ?? policy.text())]
        if let blocks = request.properties["BlockPublicPolicy"] { input["BlockPublicPolicy"] = .bool(blocks.isTrue) }
        return state(try await request.call("secretsmanager", "PutResourcePolicy", input))
    }

    private static func rotate(_ request: ResourceRequest, isNow: Bool) async throws -> ResourceState {
        var input: JSON = [
            "SecretId": request.properties["SecretId"] ?? "", "RotateImmediately": .bool(isNow),
            "ClientRequestToken": .string(Secret.token(for: request.key)),
        ]
        input["RotationLambdaARN"] = request.properties["RotationLambdaARN"]
        if var rules = request.properties["RotationRules"] {
            if let days = rules["AutomaticallyAfterDays"]?.string.flatMap({ Int($0) }) {
                rules["AutomaticallyAfterDays"] = .int(days)
            }
            input["RotationRules"] = rules
        }
        return state(try await request.call("secretsmanager", "RotateSecret", input))
    }

    /// The answer; nil when there is no such secret.
    private static func present(_ request: ResourceRequest, _ operation: String, _ id: JSON) async throws -> JSON? {
        do { return try await request.call("secretsmanager", operation, ["SecretId": id]) } catch let error as AWSError
            where error.code == "ResourceNotFoundException"
        { return nil }
    }

    private static func gone(_ request: ResourceRequest, _ operation: String) async throws {
        do {
            try await request.call(
                "secretsmanager", operation, ["SecretId": .string(request.physicalID ?? "")])
        } catch let error as AWSError
            where ["ResourceNotFoundException", "InvalidRequestException"].contains(error.code)
        {
            return
        }
    }
}

extension JSON {
    /// Whether a property of a template is true, which may be written as a text.
    fileprivate var isTrue: Bool { bool ?? (string?.lowercased() == "true") }
}
