internal import Cloud
internal import CloudFormationTemplate
internal import Guard
internal import Notation

/// Rules in cfn-guard's language, applied to what a hook is asked about.
struct HookRules {
    private let rules: GuardRules
    private let parameters: JSON

    /// Reads rules, and the parameters for them: an object, merged into what the rules are applied to as cfn-guard's
    /// `--input-parameters` does.
    ///
    /// - Throws: ``AWSError`` with every mistake in the rules, or when the parameters are no object.
    init(_ text: String, name: String, parameters: String?) throws {
        do { rules = try GuardRules(text, name: name) } catch {
            throw AWSError("InvalidRequest", "The rules cannot be read:\n\(error)")
        }
        guard let parameters else {
            self.parameters = [:]
            return
        }
        do { self.parameters = try TemplateBody(parameters).tree } catch let error as TemplateError {
            throw AWSError("InvalidRequest", "The rules' parameters cannot be read: \(error.message)")
        }
    }

    /// What is wrong, each with the rule that says so; empty when nothing is.
    ///
    /// - Throws: ``AWSError`` when a rule cannot be asked.
    func problems(in input: JSON) throws -> [String] {
        var document = parameters
        for (name, value) in input.object ?? [:] { document[name] = value }
        let verdict: GuardVerdict
        do { verdict = try rules.evaluate(document) } catch {
            throw AWSError("InvalidRequest", "The rules cannot be asked: \(error)")
        }
        return verdict.rules.filter { $0.status == .fail }.flatMap { rule in
            rule.failures.map { failure in
                let message = failure.message.map { " " + $0 } ?? ""
                return "\(rule.name): \(failure.path) must be \(failure.expected), but is \(failure.actual).\(message)"
            }
        }
    }
}
