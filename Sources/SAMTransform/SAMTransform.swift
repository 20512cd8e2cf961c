package import Notation

/// AWS's SAM transform: templates with `AWS::Serverless-2016-10-31` in, plain CloudFormation templates out.
///
/// Pure: the same template and context always give the same answer, on any machine and in any thread.
package struct SAMTransform: Sendable {
    private let context: Context

    /// A transform that works with these surroundings.
    package init(context: Context) {
        self.context = context
    }

    /// Replaces every `AWS::Serverless::*` resource by the CloudFormation resources it stands for.
    ///
    /// The template is a tree as the `YAML` and `JSON` readers give it, short forms of intrinsic functions unfolded. Everything
    /// that is not SAM's (other resources, outputs, mappings, `Fn::ForEach` and other language extensions) is kept,
    /// with references to resources that SAM renames following along.
    ///
    /// - Throws: ``SAMError`` with AWS's wording, all faults of the template at once where AWS collects them.
    package func transform(_ template: JSON) throws -> JSON {
        do {
            return try Translation(template: template, context: context).run()
        } catch let fault as Fault {
            throw SAMError(fault)
        }
    }
}
