package import Notation

extension OperationModel {
    /// Checks an input against the constraints of the model: required members, lengths, ranges, patterns and enums.
    ///
    /// Members that the model does not have are passed over. An input that fits costs no allocation but the strings'
    /// bytes; patterns are compiled on first use.
    ///
    /// - Returns: What the service answers to an input that breaks constraints, in its code and wording; nil when all
    ///   are kept.
    package func validate(_ input: JSON) -> Fault? {
        guard let shape = self.input, shape.isConstrained else { return nil }
        if service == "s3" { return S3Constraints.check(input, self) }
        var constraints = Constraints()
        constraints.check(input, shape, path: "")
        guard let first = constraints.breaches.first else { return nil }
        return Self.own(first, self, shape, input) ?? general(constraints.breaches)
    }

    private func general(_ breaches: [Constraints.Breach]) -> Fault {
        let isQuery = Models.service(service)?.protocols.contains(.query) == true
        let head = breaches.count == 1 ? "1 validation error" : "\(breaches.count) validation errors"
        let text = "\(head) detected: \(breaches.map(\.text).joined(separator: "; "))"
        return Fault(isQuery ? "ValidationError" : "ValidationException", text)
    }

    /// The faults of services that word their own.
    private static func own(
        _ breach: Constraints.Breach, _ operation: OperationModel, _ shape: Shape, _ input: JSON
    ) -> Fault? {
        switch operation.service {
        case "cloudwatch" where breach.isMissing:
            return Fault(
                "MissingRequiredParameterException", "The parameter \(breach.modelPath) is required.",
                queryCode: "MissingParameter")
        case "codedeploy" where breach.isMissing: return missing(breach, operation)
        case "codecommit": return CodeCommitConstraints.fault(breach, operation)
        case "lambda" where breach.path == "runtime" && !breach.isMissing:
            return Fault(
                "InvalidParameterValueException",
                "Value \(breach.value ?? "") at 'runtime' failed to satisfy constraint: \(breach.constraint)"
                    + " or be a valid ARN")
        case "iam" where breach.constraint.hasSuffix(#"pattern: [\w+=,.@-]+"#):
            return Fault(
                "ValidationError",
                "The specified value for \(breach.path) is invalid. It must contain only alphanumeric characters and/or"
                    + " the following: +=,.@_-")
        default: return nil
        }
    }

    /// CodeDeploy has an exception of its own for most required members (`ApplicationNameRequiredException`).
    private static func missing(_ breach: Constraints.Breach, _ operation: OperationModel) -> Fault? {
        let name = breach.path.prefix(1).uppercased() + breach.path.dropFirst()
        guard let shape = operation.errors.first(where: { $0.name == name + "RequiredException" }) else { return nil }
        return Fault(shape.name, "\(breach.path) is a required field.")
    }
}

extension Constraints.Breach {
    /// The path in the spelling of the Query protocol: `MetricData.member.1.MetricName`.
    var modelPath: String {
        let steps = path.split(separator: ".").map(String.init)
        var result: [String] = []
        for (index, step) in steps.enumerated() {
            if step == "member", index > 0, Int(steps[index - 1]) != nil {
                result.insert("member", at: max(result.count - 1, 0))
            } else {
                result.append(step.prefix(1).uppercased() + step.dropFirst())
            }
        }
        return result.joined(separator: ".")
    }
}

/// S3 checks little by its model and words it in its own way.
enum S3Constraints {
    static func check(_ input: JSON, _ operation: OperationModel) -> Fault? {
        guard let shape = operation.input else { return nil }
        for name in shape.requiredNames where input[name] == nil {
            guard let member = shape.member(name) else { continue }
            if member === shape.payload {
                return Fault("MissingRequestBodyError", "Request Body is empty")
            }
            return Fault("InvalidArgument", "The parameter \(member.wireName) is required.")
        }
        guard let payload = shape.payload, let document = input[payload.name], payload.shape.kind == .structure else {
            return nil
        }
        var constraints = Constraints()
        constraints.check(document, payload.shape, path: "")
        return constraints.breaches.isEmpty ? nil : Misfit(.unreadable("")).fault(.restXML)
    }
}
