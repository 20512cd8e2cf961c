/// How much a template may hold. The defaults are AWS's quotas ("Understand CloudFormation quotas").
package struct TemplateLimits: Sendable, Hashable {
    /// Parameters a template may declare.
    package var parameters = 200
    /// Resources a template may declare, after transforms.
    package var resources = 500
    /// Outputs a template may declare.
    package var outputs = 200
    /// Mappings a template may declare.
    package var mappings = 200
    /// Top-level keys a mapping may have, and values below each.
    package var mappingAttributes = 200
    /// Bytes of a template's or an output's description.
    package var descriptionBytes = 1024
    /// Characters of a logical id, of a parameter's, mapping's or output's name.
    package var nameCharacters = 255
    /// Bytes of a parameter's value.
    package var parameterValueBytes = 4096
    /// Bytes of a template given in the call itself.
    package var bodyBytes = 51_200
    /// Bytes of a template read from S3.
    package var objectBytes = 1_000_000

    /// AWS's quotas.
    package init() {}
}
