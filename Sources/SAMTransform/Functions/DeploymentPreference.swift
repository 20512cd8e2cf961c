import Notation

/// How CodeDeploy moves one function's alias to a new version.
struct DeploymentPreference {
    /// Whether it does at all.
    let isEnabled: Bool
    let type: JSON?
    let beforeTraffic: JSON?
    let afterTraffic: JSON?
    let alarms: JSON?
    let role: JSON?
    let triggers: JSON?
    /// The function's condition, where it is passed on to CodeDeploy's resources.
    let condition: JSON?
    /// The function's tags, where they are passed on.
    let tags: JSONObject?

    /// Reads the property.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when there is no `Type`, or `Hooks` is no object.
    init(_ given: JSONObject, of logicalID: String, condition: JSON?, tags: JSONObject?) throws {
        let enabled = given["Enabled"] ?? true
        isEnabled = enabled.isTruthy && enabled != "false" && enabled != "False"
        guard isEnabled else {
            type = nil; beforeTraffic = nil; afterTraffic = nil; alarms = nil; role = nil; triggers = nil
            self.condition = nil; self.tags = nil
            return
        }
        guard let type = given["Type"] else {
            throw Fault.resource(logicalID, "'DeploymentPreference' is missing required Property 'Type'")
        }
        guard let hooks = (given["Hooks"] ?? [:]).object else {
            throw Fault.resource(logicalID, "'Hooks' property of 'DeploymentPreference' must be a dictionary")
        }
        self.type = type
        beforeTraffic = hooks.given("PreTraffic")
        afterTraffic = hooks.given("PostTraffic")
        alarms = given.given("Alarms")
        role = given.given("Role")
        triggers = given.given("TriggerConfigurations")
        self.condition = given["PassthroughCondition"].isTruthy ? condition : nil
        self.tags = tags
    }
}
