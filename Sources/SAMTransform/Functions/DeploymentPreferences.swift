import Notation

/// Which functions are deployed how.
struct DeploymentPreferences {
    /// Adds CodeDeploy's resources.
    func addResources(to translation: Translation) throws {}
}
