/// Reads YAML 1.1 texts into ``JSON`` trees, as AWS's tools do (PyYAML's rules for plain scalars, merge keys, aliases).
///
/// Mapping keys become strings. Dates stay texts. What JSON cannot hold (`.inf`, `.nan`) stays text as well.
package struct YAML: Sendable {
    /// What tags of CloudFormation's short forms (`!Ref`, `!Sub`) turn into.
    package enum Tags: Sendable {
        /// `!Ref x` becomes `{"Ref": "x"}`, `!Sub x` becomes `{"Fn::Sub": "x"}`, `!GetAtt a.b` a list of two.
        case cloudFormation
        /// A tag of one's own is an error.
        case refused
    }

    /// What becomes of local tags.
    package var tags: Tags
    /// How many values a text may unfold to, aliases counted each time: the guard against "billion laughs".
    package var valueLimit: Int
    /// How deep lists and mappings may be nested.
    package var depthLimit: Int
    /// Whether a mapping that names a key twice is refused. Otherwise the last value counts.
    package var refusesDuplicateKeys: Bool
    /// Whether words and numbers without quotes become truth values and numbers. Otherwise they stay the texts that
    /// were written (`3.10` is not `3.1`), and only what means `null` is more than a text.
    package var resolvesScalars: Bool

    /// A reader with CloudFormation's habits unless told otherwise.
    package init(
        tags: Tags = .cloudFormation, valueLimit: Int = 500_000, depthLimit: Int = 256,
        refusesDuplicateKeys: Bool = true, resolvesScalars: Bool = true
    ) {
        self.resolvesScalars = resolvesScalars
        self.tags = tags
        self.valueLimit = valueLimit
        self.depthLimit = depthLimit
        self.refusesDuplicateKeys = refusesDuplicateKeys
    }

    /// Reads the first document of the text; an empty text is `null`.
    ///
    /// - Throws: ``YAMLError`` with line and column.
    package func parse(_ text: String) throws -> JSON {
        var composer = YAMLComposer(rules: self, marks: nil)
        return try composer.document(text)
    }

    /// Reads the text and where in it each value stands. Slower than ``parse(_:)``: for messages to people.
    ///
    /// - Throws: ``YAMLError`` with line and column.
    package func parseWithMarks(_ text: String) throws -> (value: JSON, marks: SourceMap) {
        var composer = YAMLComposer(rules: self, marks: [:])
        let value = try composer.document(text)
        return (value, SourceMap(marks: composer.marks ?? [:]))
    }
}

/// A place in a text: line and column, both counted from 1.
package struct Mark: Sendable, Hashable, Comparable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Mark, right: Mark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Why a text is not YAML that Slipway reads, and where.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in a few words.
    package let message: String
    /// Where it shows.
    package let mark: Mark

    package var description: String { "\(message) (line \(mark.line), column \(mark.column))" }
}

/// Where in a text the values of the tree read from it stand.
package struct SourceMap: Sendable {
    let marks: [Path: Mark]

    /// Where the value at that place starts (for a member, its name); failing that, where its nearest parent does.
    package func mark(of path: Path) -> Mark? {
        var path = path
        while true {
            if let mark = marks[path] { return mark }
            guard !path.isRoot else { return nil }
            path = path.parent
        }
    }
}
