import Notation

/// `AWS::Serverless::Application`: a nested stack of an application's template.
struct ApplicationMacro: Macro {
    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let stack = try Resource(
            "AWS::CloudFormation::Stack", declaration.logicalID, dependsOn: declaration.dependsOn,
            attributes: declaration.passedOnAttributes)
        for name in ["Parameters", "NotificationARNs", "TimeoutInMinutes"] { stack[name] = declaration[name] }
        var origin: JSONObject = [:]
        let location = declaration["Location"]?.object
        if let id = location?.given("ApplicationId") { origin["serverlessrepo:applicationId"] = id }
        if let version = location?.given("SemanticVersion") { origin["serverlessrepo:semanticVersion"] = version }
        stack["Tags"] = .array(
            try Tags.withOwn(declaration["Tags"]?.object, of: declaration.logicalID, more: origin))
        stack["TemplateURL"] = declaration["TemplateUrl"].truthy ?? ""
        return [stack]
    }
}
