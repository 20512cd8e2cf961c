internal import CloudFormationTemplate
package import Notation

/// A template's text as a tree, whatever it is written in.
package struct TemplateBody {
    /// The tree.
    package let tree: JSON

    /// Reads the text.
    ///
    /// - Throws: `TemplateError` where it is neither YAML nor JSON.
    package init(_ text: String) throws { tree = try TemplateText(parsing: text).body }
}
