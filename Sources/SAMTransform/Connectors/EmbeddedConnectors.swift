import Notation

/// Connectors that are written inside of the resource they start from.
enum EmbeddedConnectors {
    /// Makes each a resource of its own.
    static func expand(in translation: Translation) {}
}
