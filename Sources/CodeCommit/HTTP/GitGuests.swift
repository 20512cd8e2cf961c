package import Cloud

/// Who may use git over HTTP. Owned by CodeCommit, met by the composition root with what IAM and STS know.
package protocol GitGuests: CredentialSource {
    /// Whoever has that user name and password for CodeCommit alone (IAM's service-specific credentials); nil when
    /// nobody has.
    ///
    /// Takes the same time whether the name or the password was wrong.
    func holder(ofUser user: String, password: String) async throws -> Credential?

    /// Where everybody is let in: as whom that user name comes; nil where a password is needed.
    func stranger(_ user: String, region: String) -> Caller?

    /// Returns when the call is allowed: `GitPull` or `GitPush` on the repository that its input names.
    ///
    /// - Throws: ``AWSError`` when it is not.
    func authorize(_ call: Call) async throws
}
