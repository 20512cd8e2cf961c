package import Notation

/// A template as its author wrote it: the text, and the tree of values it stands for.
package struct TemplateText: Sendable {
    /// The text.
    package let text: String
    /// The values: short forms unfolded, aliases and merge keys resolved.
    package let body: JSON

    /// Reads JSON when the text starts with a brace, otherwise YAML with CloudFormation's short forms.
    ///
    /// - Throws: ``TemplateError`` in CloudFormation's words, with line and column.
    package init(parsing text: String) throws {
        self.text = text
        let first = text.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
        body = first == "{" ? try Self.json(text) : try Self.yaml(text)
        guard body.object != nil else {
            throw TemplateError(
                "Template format error: unsupported structure.", mark: Mark(line: 1, column: 1)
            )
        }
    }

    private static func json(_ text: String) throws -> JSON {
        do {
            return try JSON(parsing: text, limits: JSON.Limits(depth: 256, refusesDuplicateNames: true))
        } catch let error as JSONError {
            let mark = mark(atByte: error.offset, of: text)
            throw TemplateError(
                "Template format error: JSON not well-formed. (line \(mark.line), column \(mark.column))",
                fix: error.message, mark: mark)
        }
    }

    private static func yaml(_ text: String) throws -> JSON {
        do {
            return try YAML(tags: .cloudFormation).parse(text)
        } catch let error as YAMLError {
            throw TemplateError(
                "Template format error: YAML not well-formed. (line \(error.mark.line), column \(error.mark.column))",
                fix: error.message, mark: error.mark)
        }
    }

    private static func mark(atByte offset: Int, of text: String) -> Mark {
        var (line, column) = (1, 1)
        for byte in text.utf8.prefix(offset) {
            if byte == 0x0A { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        return Mark(line: line, column: column)
    }

    /// Where each value stands in the text. Nil for JSON that YAML's rules cannot read (a tab before a brace, say).
    ///
    /// JSON is read as the YAML that it is, so one reader serves both.
    package func marks() -> SourceMap? { try? YAML(tags: .cloudFormation).parseWithMarks(text).marks }
}
