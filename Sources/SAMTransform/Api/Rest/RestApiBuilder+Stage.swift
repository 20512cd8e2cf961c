import Notation

/// The API's deployment and stage.
extension RestApiBuilder {
    /// `AWS::ApiGateway::Deployment` and the stage that shows it.
    func deploymentAndStage() throws -> (deployment: Resource, stage: Resource) {
        let deployment = try deployment()
        let name = properties["StageName"]
        let prefix = name?.string ?? ""
        let id =
            LogicalID.isAlphanumeric(prefix)
            ? logicalID + prefix + "Stage" : LogicalID.make(logicalID + "Stage", over: .string(prefix))
        let stage = try resource("Stage", id)
        stage["RestApiId"] = Intrinsics.ref(logicalID)
        stage["DeploymentId"] = deployment.ref
        stage["StageName"] = name?.json
        let passedThrough = [
            "CacheClusterEnabled", "CacheClusterSize", "Variables", "MethodSettings", "AccessLogSetting",
            "CanarySetting", "TracingEnabled",
        ]
        for name in passedThrough { stage[name] = given(name)?.json }
        if let tags = given("Tags")?.json.object { stage["Tags"] = .array(Tags.list(tags)) }
        return (deployment, stage)
    }

    /// The deployment. CloudFormation deploys an API anew only when there is a new deployment resource, so its name is
    /// made of what the API consists of.
    private func deployment() throws -> Resource {
        var id = logicalID + "Deployment"
        var description: JSON?
        if let text = try deployedText() {
            id = LogicalID.make(id, over: .string(text))
            description = .string("RestApi deployment id: " + LogicalID.sha1(text))
        }
        let deployment = try resource("Deployment", id)
        deployment["RestApiId"] = Intrinsics.ref(logicalID)
        if truthy("OpenApiVersion") == nil { deployment["StageName"] = "Stage" }
        deployment["Description"] = description
        return deployment
    }

    /// What the deployment's name is a hash over: the document as Python 2.7 prints it, the version, the domain, and
    /// the names of the functions behind. Nil when there is no document.
    private func deployedText() throws -> String? {
        let document = try truthy("DefinitionUri").map(bodyLocation) ?? body
        guard let document, document.isTruthy else { return nil }
        if truthy("AlwaysDeploy") != nil { return String(translation.context.time) }
        var text = document.printed
        if let version = truthy("OpenApiVersion") { text += "||" + version.printed }
        if let domain = domain.truthy {
            text += "||"
            domain.writeJSON(to: &text)
        }
        if let names = translation.api.functionNames[logicalID] { text += "||" + names }
        return text
    }
}
