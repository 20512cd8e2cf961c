import Notation

/// What is done around the translation proper, in AWS's order, which shows in results: defaults of APIs are made before
/// `Globals` is merged in.
enum Plugins {
    /// Before the first resource is translated. A fault here ends the translation.
    static func beforeTransform(_ translation: Translation) throws {
        try NestedApplications.prepare(translation)
        try ApiPlugins.addDefaultDefinitionBodies(to: translation)
        try ApiPlugins.addImplicitRestApi(to: translation)
        try ApiPlugins.addImplicitHttpApi(to: translation)
        try Globals.merge(into: translation)
    }

    /// Before each resource is judged.
    static func beforeTransform(
        resource logicalID: String, type: String, properties: inout JSONObject, in translation: Translation
    ) throws {
        try NestedApplications.locate(logicalID, type: type, properties: &properties, in: translation)
        try PolicyTemplates.expand(logicalID, type: type, properties: &properties, in: translation)
    }

    /// After the last resource was translated.
    static func afterTransform(_ translation: Translation) throws {
        try NestedApplications.finish(translation)
    }
}
