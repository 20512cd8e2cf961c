internal import Cloud
internal import Wire

/// AWS's models as the judge of inputs at the door.
enum CloudValidation {
    static let validate: Cloud.Validator = { service, operation, input in
        guard let fault = Models.service(service)?.operation(operation)?.validate(input) else { return nil }
        return AWSError(fault)
    }
}
