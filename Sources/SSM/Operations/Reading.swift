import Cloud
import Ledger
import Notation

extension SSMService {
    struct GetInput: Decodable, Sendable { let Name: String, WithDecryption: Bool? }
    struct GetOutput: Encodable { let Parameter: ParameterView }
    struct GetManyInput: Decodable, Sendable { let Names: [String], WithDecryption: Bool? }
    struct GetManyOutput: Encodable { let Parameters: [ParameterView], InvalidParameters: [String] }
    struct ByPathInput: Decodable, Sendable {
        let Path: String, Recursive: Bool?, WithDecryption: Bool?, MaxResults: Int?, NextToken: String?
        let ParameterFilters: [ParameterFilter]?
    }
    struct ByPathOutput: Encodable { let Parameters: [ParameterView], NextToken: String? }
    struct DescribeInput: Decodable, Sendable {
        let ParameterFilters: [ParameterFilter]?, MaxResults: Int?, NextToken: String?
    }
    struct DescribeOutput: Encodable { let Parameters: [ParameterDescription], NextToken: String? }
    struct HistoryInput: Decodable, Sendable {
        let Name: String, WithDecryption: Bool?, MaxResults: Int?, NextToken: String?
    }

    var reading: [Operation] {
        [
            Operation("GetParameter", enforces: "Name WithDecryption") { (input: GetInput, call) in
                let name = ParameterName(input.Name)
                guard let parameter = try await parameter(name.name, call.caller) else {
                    throw AWSError.parameterNotFound()
                }
                guard let version = name.version(of: parameter) else {
                    throw AWSError(
                        "ParameterVersionNotFound",
                        "Systems Manager could not find version \(name.selector ?? "") of \(name.name). Verify the version and try again."
                    )
                }
                return GetOutput(
                    Parameter: try view(
                        parameter, version, selector: name.selector, decrypted: input.WithDecryption, call.caller))
            },
            Operation("GetParameters", enforces: "Names WithDecryption") { (input: GetManyInput, call) in
                try await getMany(input, call)
            },
            Operation(
                "GetParametersByPath", enforces: "Path Recursive WithDecryption MaxResults NextToken ParameterFilters"
            ) { (input: ByPathInput, call) in try await byPath(input, call) },
            Operation("DescribeParameters", enforces: "ParameterFilters MaxResults NextToken") {
                (input: DescribeInput, call) in try await describe(input, call)
            },
            Operation("GetParameterHistory", enforces: "Name WithDecryption MaxResults NextToken") {
                (input: HistoryInput, call) in try await history(input, call)
            },
        ]
    }

    func parameter(_ name: String, _ caller: Caller) async throws -> Parameter? {
        try await ledger.get(Parameter.all, caller.parameterKey(name))?.value
    }

    private func getMany(_ input: GetManyInput, _ call: Call) async throws -> GetManyOutput {
        var found: [ParameterView] = []
        var invalid: [String] = []
        for text in input.Names {
            let name = ParameterName(text)
            if let parameter = try await parameter(name.name, call.caller), let version = name.version(of: parameter) {
                let decrypted = input.WithDecryption
                found.append(try view(parameter, version, selector: name.selector, decrypted: decrypted, call.caller))
            } else {
                invalid.append(text)
            }
        }
        return GetManyOutput(Parameters: found, InvalidParameters: invalid)
    }

    private func byPath(_ input: ByPathInput, _ call: Call) async throws -> ByPathOutput {
        guard input.Path.hasPrefix("/") else {
            throw AWSError(
                "ValidationException",
                "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\"."
            )
        }
        let folder = input.Path.hasSuffix("/") ? input.Path : input.Path + "/"
        let page = try await page(folder, limit: input.MaxResults ?? 10, token: input.NextToken, call) { parameter in
            let isBelow = input.Recursive == true || !parameter.name.dropFirst(folder.count).contains("/")
            return isBelow && (input.ParameterFilters ?? []).allSatisfy { $0.matches(parameter) }
        }
        let views = try page.parameters.compactMap { parameter in
            try parameter.current.map { try view(parameter, $0, decrypted: input.WithDecryption, call.caller) }
        }
        return ByPathOutput(Parameters: views, NextToken: page.next)
    }

    private func describe(_ input: DescribeInput, _ call: Call) async throws -> DescribeOutput {
        let page = try await page("", limit: input.MaxResults ?? 50, token: input.NextToken, call) { parameter in
            (input.ParameterFilters ?? []).allSatisfy { $0.matches(parameter) }
        }
        let views = page.parameters.compactMap { parameter in
            parameter.current.map { ParameterDescription(parameter, $0, value: nil, call.caller) }
        }
        return DescribeOutput(Parameters: views, NextToken: page.next)
    }

    private func history(_ input: HistoryInput, _ call: Call) async throws -> DescribeOutput {
        guard let parameter = try await parameter(ParameterName(input.Name).name, call.caller) else {
            throw AWSError.parameterNotFound()
        }
        let start = input.NextToken.flatMap { Int($0) } ?? 0
        let rest = parameter.versions.filter { $0.number > start }
        let page = rest.prefix(input.MaxResults ?? 50)
        let views = try page.map { version in
            let value = try value(version, of: parameter.name, decrypted: input.WithDecryption)
            return ParameterDescription(parameter, version, value: value, call.caller)
        }
        let next = page.count < rest.count ? page.last.map { String($0.number) } : nil
        return DescribeOutput(Parameters: views, NextToken: next)
    }

    /// Parameters whose names begin with the folder, by name, from behind the token on. The token is the last name seen.
    private func page(
        _ folder: String, limit: Int, token: String?, _ call: Call, where isIncluded: (Parameter) -> Bool
    ) async throws -> (parameters: [Parameter], next: String?) {
        var after = token.map { call.caller.parameterKey($0) } ?? ""
        var found: [Parameter] = []
        while true {
            let documents = try await ledger.list(
                Parameter.all, prefix: call.caller.parameterKey(folder), after: after, limit: 200)
            for document in documents where isIncluded(document.value) {
                if found.count == limit { return (found, found.last?.name) }
                found.append(document.value)
            }
            guard documents.count == 200, let last = documents.last?.key else { return (found, nil) }
            after = last
        }
    }
}

/// Source: AWS Systems Manager API Reference, ParameterStringFilter.
struct ParameterFilter: Decodable, Sendable {
    let Key: String
    let Option: String?
    let Values: [String]?

    /// Whether the parameter passes. An unknown key passes none.
    func matches(_ parameter: Parameter) -> Bool {
        let values = Values ?? []
        switch Key {
        case "Name": return values.contains { compare(parameter.name, $0) || compare(parameter.name, "/" + $0) }
        case "Type": return values.contains(parameter.current?.kind.rawValue ?? "")
        case "KeyId": return values.contains(parameter.current?.keyID ?? "")
        case "Tier": return values.contains(parameter.current?.tier ?? "")
        case "DataType": return values.contains(parameter.current?.dataType ?? "")
        case "Label": return parameter.versions.contains { $0.labels.contains { values.contains($0) } }
        case "Path":
            return values.contains { path in
                let folder = path.hasSuffix("/") ? path : path + "/"
                guard parameter.name.hasPrefix(folder) else { return false }
                return Option == "Recursive" || !parameter.name.dropFirst(folder.count).contains("/")
            }
        default:
            guard Key.hasPrefix("tag:"), let value = parameter.tags[String(Key.dropFirst(4))] else { return false }
            return values.isEmpty || values.contains(value)
        }
    }

    private func compare(_ name: String, _ value: String) -> Bool {
        switch Option {
        case "BeginsWith": name.hasPrefix(value)
        case "Contains": name.contains(value)
        default: name == value
        }
    }
}
