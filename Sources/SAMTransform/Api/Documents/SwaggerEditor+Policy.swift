/// The API's resource policy: who may call which methods from where.
extension SwaggerEditor {
    /// Adds the statements that a `ResourcePolicy` stands for, for all methods of a path.
    mutating func addResourcePolicy(_ policy: PyDict, _ path: PyText, stage: PyValue) throws {
        let resources = try methodResources(path, stage: stage)
        try addAccounts(policy.given("AwsAccountWhitelist"), effect: "Allow", resources)
        try addAccounts(policy.given("AwsAccountBlacklist"), effect: "Deny", resources)
        addRanges(policy.given("IpRangeWhitelist"), operator: "NotIpAddress", resources)
        addRanges(policy.given("IpRangeBlacklist"), operator: "IpAddress", resources)
        for (kind, comparison) in [("Blacklist", "StringEquals"), ("Whitelist", "StringNotEquals")] {
            let sources = policy.given("SourceVpc\(kind)")
            if let sources, !sources.asList.allSatisfy({ $0.text != nil }) {
                throw Fault.document(
                    "SourceVpc\(kind) must be a list of strings. Use IntrinsicVpc\(kind) instead for values that use "
                        + "Intrinsic Functions")
            }
            let networks = Networks(
                names: sources, networks: policy.given("IntrinsicVpc\(kind)"),
                endpoints: policy.given("IntrinsicVpce\(kind)"))
            addNetworks(networks, operator: comparison, resources)
        }
        doc[Self.policyKey] = .dict(resourcePolicy)
    }

    /// Adds statements as they are written.
    mutating func addCustomStatements(_ statements: PyValue) {
        resourcePolicy["Version"] = "2012-10-17"
        if let existing = resourcePolicy.given("Statement") {
            append(statements.asList, to: existing, onlyNew: true)
        } else {
            resourcePolicy["Statement"] = statements
        }
        doc[Self.policyKey] = .dict(resourcePolicy)
    }

    /// Virtual private clouds and endpoints of such.
    private struct Networks {
        var names: PyValue?
        var networks: PyValue?
        var endpoints: PyValue?
    }

    private func methodResources(_ path: PyText, stage: PyValue) throws -> PyValue {
        let place = Self.wildcardPath(path)
        return .list(
            try paths.fields(of: path).map { field in
                let isAny = field.text.lowercased() == APIPaths.anyMethod || field.text.lowercased() == "any"
                let method = isAny ? PyText("*") : field.with(field.text.uppercased())
                let text = "execute-api:/${__Stage__}/" + method.text + place.text
                return .sub(PyText(text, isUnicode: method.isUnicode || place.isUnicode), ("__Stage__", stage))
            })
    }

    private mutating func addAccounts(_ accounts: PyValue?, effect: PyValue, _ resources: PyValue) throws {
        guard let accounts = accounts.truthy else { return }
        switch accounts {
        case .list, .dict: break
        default: throw Fault.document("Type of '\(accounts.printed)' must be a list or dictionary")
        }
        resourcePolicy["Version"] = "2012-10-17"
        var statement = PyDict()
        statement["Effect"] = effect
        statement["Action"] = "execute-api:Invoke"
        statement["Resource"] = resources
        statement["Principal"] = .dict(PyDict(merging: [("AWS", .list(accounts.asList))]))
        if let existing = resourcePolicy.given("Statement") {
            append([.dict(statement)], to: existing, onlyNew: false)
        } else {
            resourcePolicy["Statement"] = .dict(statement)
        }
    }

    private mutating func addRanges(_ ranges: PyValue?, operator comparison: String, _ resources: PyValue) {
        guard let ranges = ranges.truthy else { return }
        addAllowAndDeny(resources, condition: .plain(comparison, .plain("aws:SourceIp", .list(ranges.asList))))
    }

    private mutating func addNetworks(_ sources: Networks, operator comparison: String, _ resources: PyValue) {
        var condition = PyDict()
        func add(_ key: String, _ values: [PyValue]) {
            condition[key] = .list((condition[key]?.list ?? []) + values)
        }
        if let names = sources.names?.asList {
            let networks = names.filter { $0.string?.hasPrefix("vpc-") ?? false }
            let endpoints = names.filter { $0.string?.hasPrefix("vpce-") ?? false }
            if !networks.isEmpty { add("aws:SourceVpc", networks) }
            if !endpoints.isEmpty { add("aws:SourceVpce", endpoints) }
        }
        if let networks = sources.networks { add("aws:SourceVpc", networks.elements) }
        if let endpoints = sources.endpoints { add("aws:SourceVpce", endpoints.elements) }
        guard condition["aws:SourceVpc"].isTruthy || condition["aws:SourceVpce"].isTruthy else { return }
        addAllowAndDeny(resources, condition: .plain(comparison, .dict(condition)))
    }

    /// Everybody may call, except where the condition holds.
    private mutating func addAllowAndDeny(_ resources: PyValue, condition: PyValue) {
        resourcePolicy["Version"] = "2012-10-17"
        func statement(_ effect: PyValue) -> PyDict {
            var statement = PyDict()
            statement["Effect"] = effect
            statement["Action"] = "execute-api:Invoke"
            statement["Resource"] = resources
            statement["Principal"] = "*"
            return statement
        }
        var deny = statement("Deny")
        deny["Condition"] = condition
        let both: [PyValue] = [.dict(statement("Allow")), .dict(deny)]
        if let existing = resourcePolicy.given("Statement") {
            append(both, to: existing, onlyNew: true)
        } else {
            resourcePolicy["Statement"] = .list(both)
        }
    }

    private mutating func append(_ statements: [PyValue], to existing: PyValue, onlyNew: Bool) {
        var all = existing.asList
        for statement in statements where !onlyNew || !all.contains(statement) { all.append(statement) }
        resourcePolicy["Statement"] = .list(all)
    }
}

extension PyValue {
    /// What Python goes through: a list's elements, a dictionary's names.
    fileprivate var elements: [PyValue] {
        switch self {
        case .list(let elements): elements
        case .dict(let members): members.keys.map(PyValue.text)
        default: []
        }
    }

    /// A plain dictionary of one member.
    fileprivate static func plain(_ key: String, _ value: PyValue) -> PyValue {
        var members = PyDict(isHashed: false)
        members[key] = value
        return .dict(members)
    }
}
