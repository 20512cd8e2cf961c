import Notation

/// SAM's policy templates.
enum PolicyTemplates {
    /// Puts policies in place of templates.
    static func expand(
        _ logicalID: String, type: String, properties: inout JSONObject, in translation: Translation
    ) throws {}
}
