import Notation

@testable import CloudFormationTemplate

/// The report about a template written as YAML.
func report(_ yaml: String) throws -> Report {
    Template.read(try TemplateText(parsing: yaml).body).report
}

/// A template that is expected to be in order.
func template(_ yaml: String) throws -> Template {
    let (template, report) = Template.read(try TemplateText(parsing: yaml).body)
    guard report.isValid else { throw TemplateError(report) }
    return template
}

/// The stack that the tests resolve templates for.
func context(_ template: Template, _ values: [String: String] = [:]) throws -> StackContext {
    var context = StackContext(
        accountID: "123456789012", region: "eu-central-1", stackName: "orders",
        stackID: "arn:aws:cloudformation:eu-central-1:123456789012:stack/orders/1")
    context.parameters = try template.bind(values.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    return context
}

/// The template resolved for the test stack.
func resolved(_ yaml: String, _ values: [String: String] = [:]) throws -> ResolvedTemplate {
    let template = try template(yaml)
    return try template.resolve(context(template, values))
}

/// The message of the failure that the body ends in; nil when it does not fail.
func failure(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as TemplateError {
        return error.message
    } catch {
        return "\(error)"
    }
}
