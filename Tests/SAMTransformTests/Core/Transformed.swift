import Notation

@testable import SAMTransform

/// What becomes of a template written as YAML, in a region of the partition `aws` unless told otherwise.
func transformed(_ yaml: String, _ change: (inout SAMTransform.Context) -> Void = { _ in }) throws -> JSON {
    var context = SAMTransform.Context(region: "eu-central-1")
    change(&context)
    return try SAMTransform(context: context).transform(try YAML().parse(yaml))
}

/// The message a template is refused with; nil when it is not.
func refusal(_ yaml: String, _ change: (inout SAMTransform.Context) -> Void = { _ in }) throws -> String? {
    do {
        _ = try transformed(yaml, change)
        return nil
    } catch let error as SAMError {
        return error.message
    }
}

/// A function that needs nothing else, with more properties (indented by six) behind.
func function(_ properties: String = "", name: String = "Fn") -> String {
    """
    Resources:
      \(name):
        Type: AWS::Serverless::Function
        Properties:
          Handler: a.b
          Runtime: python3.12
          InlineCode: pass
    \(properties.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }.joined(separator: "\n"))
    """
}

extension JSON {
    /// A value deep inside, its place written with slashes.
    func at(_ path: String) -> JSON? {
        path.split(separator: "/").reduce(Optional(self)) { value, step in
            Int(step).flatMap { value?[$0] } ?? value?[String(step)]
        }
    }
}
