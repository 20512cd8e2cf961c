import Notation

extension FunctionBuilder {
    /// The function's URL, and for one without authorization the permissions that let everybody call it.
    mutating func addURL(_ config: JSON, _ function: Resource, _ alias: Resource?) throws {
        if !config.isIntrinsic {
            try checkAuthType(config["AuthType"])
            try checkCors(config["Cors"])
        }
        let url = try Resource("AWS::Lambda::Url", "\(function.logicalID)Url", attributes: passedOn)
        url["Cors"] = config["Cors"].truthy
        url["AuthType"] = config["AuthType"]
        url["TargetFunctionArn"] = (alias ?? function).ref
        url["InvokeMode"] = config["InvokeMode"]
        resources.append(url)
        guard config["AuthType"] == "NONE", !config.isIntrinsic else { return }
        let call = try permission("UrlPublicPermissions", "lambda:InvokeFunctionUrl", alias ?? function)
        call["FunctionUrlAuthType"] = "NONE"
        let invoke = try permission("URLInvokeAllowPublicAccess", "lambda:InvokeFunction", alias ?? function)
        invoke["InvokedViaFunctionUrl"] = true
        resources += [call, invoke]
    }

    private func permission(_ suffix: String, _ action: JSON, _ target: Resource) throws -> Resource {
        let permission = try Resource("AWS::Lambda::Permission", logicalID + suffix, attributes: passedOn)
        permission["Action"] = action
        permission["Principal"] = "*"
        permission["FunctionName"] = target.ref
        return permission
    }

    private func checkAuthType(_ type: JSON?) throws {
        if let type, type.isIntrinsic { return }
        guard type == "AWS_IAM" || type == "NONE" else {
            throw refusal(
                "AuthType is required to configure function property `FunctionUrlConfig`. Please provide either "
                    + "AWS_IAM or NONE.")
        }
    }

    private func checkCors(_ cors: JSON?) throws {
        guard let cors = cors.truthy, !cors.isIntrinsic else { return }
        for (name, value) in try Expectation(cors, of: .resource(logicalID), "FunctionUrlConfig.Cors").map() {
            let isRight: Bool
            let kind: String
            switch name {
            case "AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders":
                (isRight, kind) = (value.array != nil, "list")
            case "AllowCredentials": (isRight, kind) = (value.bool != nil, "bool")
            case "MaxAge": (isRight, kind) = (PropertyTable.Shape.int.admits(value), "int")
            default: throw refusal("\(name) is not a valid property for configuring Cors.")
            }
            guard isRight || value.isIntrinsic else { throw refusal("\(name) must be of type \(kind).") }
        }
    }
}
