/// A piece of a page, as a value. Text is escaped when it is written, always: there is no way to put a string in as
/// markup.
///
/// Element and attribute names are `StaticString`, so they come from the source code and never from data.
indirect enum HTML: Sendable {
    case text(String)
    case element(StaticString, [Attribute], [HTML])
    case several([HTML])
    /// What a style or script element holds. Only source code can be one.
    case verbatim(StaticString)

    /// Nothing.
    static let none = HTML.several([])

    /// Elements that have neither content nor end tag (HTML Standard, section 13.1.2).
    private static let void: Set<String> = ["meta", "link", "input", "br", "hr", "wbr"]

    /// The markup.
    var markup: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to output: inout String) {
        switch self {
        case .text(let text): Self.escape(text, into: &output)
        case .several(let parts): for part in parts { part.write(to: &output) }
        case .verbatim(let source): output += source.description
        case .element(let name, let attributes, let children):
            output += "<\(name)"
            for attribute in attributes { attribute.write(to: &output) }
            output += ">"
            guard !Self.void.contains(name.description) else { return }
            for child in children { child.write(to: &output) }
            output += "</\(name)>"
        }
    }

    /// Writes the text so that it is text wherever it stands, between tags and between quotes.
    static func escape(_ text: String, into output: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            // No HTML parser takes a NUL, and the other control characters only confuse terminals that a page is
            // pasted into.
            case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
    }
}

/// One attribute of an element. Its value is escaped when it is written.
struct Attribute: Sendable {
    private let name: StaticString
    private let value: String?

    /// `name="value"`; for everything but places to go to, which are ``to(_:)``.
    init(_ name: StaticString, _ value: String) {
        self.name = name
        self.value = value
    }

    /// An attribute that is there or not, such as `required`.
    static func flag(_ name: StaticString) -> Attribute { Attribute(name: name) }

    private init(name: StaticString) {
        self.name = name
        value = nil
    }

    static func `class`(_ names: String) -> Attribute { Attribute("class", names) }
    static func id(_ name: String) -> Attribute { Attribute("id", name) }
    /// Where a link leads.
    static func to(_ address: Address) -> Attribute { Attribute("href", address.text) }
    /// Where a form is sent.
    static func action(_ address: Address) -> Attribute { Attribute("action", address.text) }

    fileprivate func write(to output: inout String) {
        output += " \(name)"
        guard let value else { return }
        output += "=\""
        HTML.escape(value, into: &output)
        output += "\""
    }
}

/// A list of pieces, written as Swift statements: elements, texts, `if` and `for`.
@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ piece: HTML) -> [HTML] { [piece] }
    static func buildExpression(_ pieces: [HTML]) -> [HTML] { pieces }
    static func buildExpression(_ text: String) -> [HTML] { [.text(text)] }
    static func buildBlock(_ parts: [HTML]...) -> [HTML] { parts.flatMap(\.self) }
    static func buildOptional(_ part: [HTML]?) -> [HTML] { part ?? [] }
    static func buildEither(first: [HTML]) -> [HTML] { first }
    static func buildEither(second: [HTML]) -> [HTML] { second }
    static func buildArray(_ parts: [[HTML]]) -> [HTML] { parts.flatMap(\.self) }
}

/// An element with what it holds.
func tag(
    _ name: StaticString, _ attributes: Attribute..., @HTMLBuilder content: () -> [HTML] = { [] }
) -> HTML { .element(name, attributes, content()) }

/// An element that holds one text.
func tag(_ name: StaticString, _ attributes: Attribute..., text: String) -> HTML {
    .element(name, attributes, [.text(text)])
}
