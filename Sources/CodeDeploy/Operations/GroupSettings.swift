internal import Cloud
internal import Notation

/// The input of CreateDeploymentGroup and UpdateDeploymentGroup.
struct GroupSettings: Decodable, Sendable {
    var applicationName: String?
    var deploymentGroupName: String?
    var currentDeploymentGroupName: String?
    var newDeploymentGroupName: String?
    var deploymentConfigName: String?
    var serviceRoleArn: String?
    var alarmConfiguration: AlarmConfiguration?
    var autoRollbackConfiguration: AutoRollbackConfiguration?
    var triggerConfigurations: [TriggerConfiguration]?
    var tags: [Tag]?
    var deploymentStyle: JSON?
    var ecsServices: [JSON]?
    var loadBalancerInfo: JSON?
    var blueGreenDeploymentConfiguration: JSON?

    /// Whether the settings are ones for that platform.
    ///
    /// - Throws: `NotImplemented` for platforms that Slipway does not deploy to; AWS's codes for settings of another
    ///   platform.
    func check(platform: String) throws {
        guard platform == "Lambda" else {
            throw AWSError.notImplemented(
                platform == "ECS"
                    ? "deployment groups of the compute platform ECS yet (applications and configurations can be made)"
                    : "deployments to servers (compute platform Server; use Lambda)")
        }
        if !(ecsServices ?? []).isEmpty {
            throw AWSError(
                "InvalidECSServiceException", "Should not specify ECS services parameter for Lambda deployment group")
        }
        if let info = loadBalancerInfo?.object, !info.isEmpty {
            throw AWSError("InvalidLoadBalancerInfoException", "A Lambda deployment group has no load balancer.")
        }
        if let blueGreen = blueGreenDeploymentConfiguration?.object, !blueGreen.isEmpty {
            throw AWSError(
                "InvalidBlueGreenDeploymentConfigurationException",
                "A Lambda deployment group has no blueGreenDeploymentConfiguration: its deploymentConfigName says how "
                    + "traffic moves."
            )
        }
        guard let style = deploymentStyle?.object else { return }
        let isRight =
            (style["deploymentType"]?.string ?? "BLUE_GREEN") == "BLUE_GREEN"
            && (style["deploymentOption"]?.string ?? "WITH_TRAFFIC_CONTROL") == "WITH_TRAFFIC_CONTROL"
        guard isRight else {
            throw AWSError(
                "InvalidDeploymentStyleException",
                "A Lambda deployment group has the deployment style BLUE_GREEN, WITH_TRAFFIC_CONTROL.")
        }
    }
}
