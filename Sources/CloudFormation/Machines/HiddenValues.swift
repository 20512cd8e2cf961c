internal import CloudFormationTemplate
internal import Notation

/// What custom resources answered with `NoEcho`: values that other resources may have, and nobody is shown.
///
/// As on AWS they are left as they are in outputs and metadata. Source: "Custom resource response objects" in the
/// Template Reference.
struct HiddenValues: Sendable {
    /// The attribute that notes `NoEcho` with a resource. No answer can set it: a colon is in no attribute's name.
    static let mark = "slipway:NoEcho"
    /// From how many characters on a value is also hidden inside of others.
    private static let wordLength = 6

    private let values: Set<String>

    /// Those values.
    init(_ values: some Sequence<String>) { self.values = Set(values) }

    /// The values that those resources hide.
    init(_ resources: some Sequence<StackResource>) {
        self.init(resources.flatMap { Self.values(in: $0.current?.attributes) })
    }

    /// What the attributes of a resource hide; nothing unless they are marked.
    static func values(in attributes: JSON?) -> [String] {
        guard attributes?[mark] != nil, let members = attributes?.object else { return [] }
        return members.flatMap { name, value in name == mark ? [] : texts(in: value) }
    }

    private static func texts(in value: JSON) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.values.flatMap(texts)
        case .null: []
        default: [value.loose.string ?? ""].filter { !$0.isEmpty }
        }
    }

    /// The values that are hidden wherever they stand.
    var words: [String] { values.filter { $0.count >= Self.wordLength }.sorted() }

    /// The tree without them: values that are one of them altogether, and longer ones inside of texts.
    func hiding(_ value: JSON) -> JSON {
        guard !values.isEmpty else { return value }
        switch value {
        case .array(let elements): return .array(elements.map(hiding))
        case .object(let members): return .object(members.mapValues(hiding))
        case .null: return value
        default:
            let text = value.loose.string ?? ""
            if values.contains(text) { return "****" }
            guard case .string = value else { return value }
            return .string(words.reduce(text) { $0.replacing($1, with: "****") })
        }
    }
}
