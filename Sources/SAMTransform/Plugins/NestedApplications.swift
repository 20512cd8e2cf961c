import Notation

/// Where templates of nested applications come from.
enum NestedApplications {
    /// Asks for the applications the template nests.
    static func prepare(_ translation: Translation) throws {}
    /// Puts the place of an application's template in.
    static func locate(
        _ logicalID: String, type: String, properties: inout JSONObject, in translation: Translation
    ) throws {}
    /// Sees to it that all templates are there.
    static func finish(_ translation: Translation) throws {}
}
