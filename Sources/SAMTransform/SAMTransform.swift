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
    /// The template is a tree as the `YAML` and `JSON` readers give it, short forms of intrinsic functions unfolded.
    /// Everything that is not SAM's (other resources, outputs, mappings, `Fn::ForEach` and other language extensions)
    /// is kept, with references to resources that SAM renames following along.
    ///
    /// - Throws: ``SAMError`` with AWS's wording, all faults of the template at once where AWS collects them.
    package func transform(_ template: JSON) throws -> JSON {
        do {
            let translation = try Translation(template: template, context: context)
            do {
                return try translation.run()
            } catch let fault as Fault {
                throw translation.api.isTemplate ? told(fault, template) : fault
            }
        } catch let fault as Fault {
            throw SAMError(fault)
        }
    }

    /// The faults as they are to be told: in the template's own order and words, found by going through it once more
    /// without the dictionaries of Python 2.7, which only ids of API deployments need.
    private func told(_ fault: Fault, _ template: JSON) -> Fault {
        do {
            let again = try Translation(template: template, context: context)
            again.api.keepsOrder = true
            _ = try again.run()
            return fault
        } catch let plain as Fault {
            return plain
        } catch {
            return fault
        }
    }
}
