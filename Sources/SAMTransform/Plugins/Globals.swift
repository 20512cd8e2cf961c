import Notation

/// The section `Globals`.
enum Globals {
    /// Merges it into the resources.
    static func merge(into translation: Translation) throws {}
}
