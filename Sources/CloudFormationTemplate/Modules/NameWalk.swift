internal import Notation

/// Replaces names in a tree, wherever a function names something: what a name stands for is asked of the one who walks.
struct NameWalk {
    /// What `Ref` of that name becomes; nil leaves it.
    var ref: (String) throws -> JSON? = { _ in nil }
    /// What `Fn::GetAtt` of that dotted name becomes; nil leaves it.
    var attribute: (String) throws -> JSON? = { _ in nil }
    /// What the condition is called.
    var condition: (String) throws -> String = { $0 }
    /// What the mapping is called.
    var mapping: (String) throws -> String = { $0 }

    /// The tree with the names replaced.
    ///
    /// - Parameter inConditions: whether `Condition` names a condition here, rather than being somebody's data.
    func walk(_ value: JSON, inConditions: Bool = false) throws -> JSON {
        switch value {
        case .array(let elements): return .array(try elements.map { try walk($0, inConditions: inConditions) })
        case .object(let members):
            if members.count == 1, let name = members.keys.first, let argument = members[name],
                let replaced = try function(name, argument, inConditions)
            {
                return replaced
            }
            return .object(try members.mapValues { try walk($0, inConditions: inConditions) })
        default: return value
        }
    }

    private func function(_ name: String, _ argument: JSON, _ inConditions: Bool) throws -> JSON? {
        switch name {
        case "Ref": return try argument.string.flatMap(ref)
        case "Fn::GetAtt": return try getAtt(argument)
        case "Fn::Sub": return try sub(argument)
        case "Fn::If":
            guard let parts = argument.array, parts.count == 3, let name = parts[0].string else { return nil }
            let rest = try parts[1...].map { try walk($0, inConditions: inConditions) }
            return ["Fn::If": .array([.string(try condition(name))] + rest)]
        case "Condition" where inConditions:
            return try argument.string.map { ["Condition": .string(try condition($0))] }
        case "Fn::FindInMap":
            guard let parts = argument.array, let name = parts.first?.string else { return nil }
            let rest = try parts[1...].map { try walk($0, inConditions: inConditions) }
            return ["Fn::FindInMap": .array([.string(try mapping(name))] + rest)]
        default: return nil
        }
    }

    private func getAtt(_ argument: JSON) throws -> JSON? {
        if let text = argument.string { return try attribute(text) }
        guard let parts = argument.array, parts.count == 2, let resource = parts[0].string else { return nil }
        if let name = parts[1].string { return try attribute(resource + "." + name) }
        // The attribute's name is a function's: only the resource is replaced.
        guard case .object = parts[1], let target = try ref(resource)?["Ref"] else { return nil }
        return ["Fn::GetAtt": [target, try walk(parts[1])]]
    }

    // MARK: Fn::Sub

    private func sub(_ argument: JSON) throws -> JSON? {
        var variables = JSONObject()
        guard let text = argument.string ?? argument.array?.first?.string else { return nil }
        for (name, value) in argument.array?.last?.object ?? [:] { variables[name] = try walk(value) }
        let given = Set(variables.keys)
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstRange(of: "${"), let close = rest[open.upperBound...].firstIndex(of: "}") {
            let name = String(rest[open.upperBound..<close])
            result += rest[..<open.lowerBound]
            result += "${" + (try variable(name, given, &variables)) + "}"
            rest = rest[rest.index(after: close)...]
        }
        result += rest
        return ["Fn::Sub": variables.isEmpty ? .string(result) : [.string(result), .object(variables)]]
    }

    /// What stands between the braces instead; what cannot be said there becomes a variable.
    private func variable(_ name: String, _ given: Set<String>, _ variables: inout JSONObject) throws -> String {
        guard !name.hasPrefix("!"), !given.contains(name) else { return name }
        guard let value = try name.contains(".") ? attribute(name) : ref(name) else { return name }
        if let target = value["Ref"]?.string { return target }
        if let parts = value["Fn::GetAtt"]?.array, parts.count == 2, let resource = parts[0].string,
            let attribute = parts[1].string
        {
            return resource + "." + attribute
        }
        variables[name] = value
        return name
    }
}

/// The names by which a template refers to what its modules bring.
struct ModuleReferences {
    /// The logical id of each resource, by its name with dots.
    private(set) var places: [String: String] = [:]
    /// The logical ids of all resources of a module, by the module's.
    private var members: [String: [String]] = [:]

    /// Makes the resources of a module known.
    mutating func add(_ module: String, _ part: ModuleRun.Flat) {
        let ids = part.body["Resources"]?.object?.keys ?? []
        members[module] = ids.map { module + $0 }
        for id in ids { places[module + "." + id] = module + id }
        for (dotted, id) in part.places { places[module + "." + dotted] = module + id }
    }

    /// The template with references to what modules bring by their logical ids.
    ///
    /// - Throws: ``TemplateError`` for a module that does not have what is named.
    func rewriting(_ body: JSON) throws -> JSON {
        let walk = NameWalk(ref: ref, attribute: attribute)
        var body = body
        body["Resources"] = try body["Resources"]?.object.map { .object(try $0.mapValues { try resource($0, walk) }) }
        body["Outputs"] = try body["Outputs"].map { try walk.walk($0) }
        return body
    }

    private func resource(_ resource: JSON, _ walk: NameWalk) throws -> JSON {
        guard case .object(let members) = resource else { return try walk.walk(resource) }
        var rewritten = JSONObject()
        for (name, value) in members {
            rewritten[name] = name == "DependsOn" ? try dependsOn(value) : try walk.walk(value)
        }
        return .object(rewritten)
    }

    private func dependsOn(_ value: JSON) throws -> JSON {
        let names = value.array?.compactMap(\.string) ?? value.string.map { [$0] } ?? []
        let isTouched = names.contains { members[$0] != nil || $0.contains(".") }
        guard isTouched else { return value }
        return .array(try names.flatMap { name in try self.names(name).map(JSON.string) })
    }

    private func names(_ name: String) throws -> [String] {
        if let all = members[name] { return all }
        guard name.contains(".") else { return [name] }
        return [try place(name)]
    }

    private func ref(_ name: String) throws -> JSON? {
        if members[name] != nil {
            throw TemplateError(
                "Template error: \(name) is a module: name one of its resources, as in \(name).Resource",
                at: ["Resources", name] as Path)
        }
        guard name.contains("."), isOfModule(name) else { return nil }
        return ["Ref": .string(try place(name))]
    }

    /// The longest name that is a resource's is the resource, what follows is the attribute.
    private func attribute(_ dotted: String) throws -> JSON? {
        guard isOfModule(dotted) else { return nil }
        var end = dotted.endIndex
        while true {
            if let id = places[String(dotted[..<end])] {
                guard end < dotted.endIndex else { return ["Ref": .string(id)] }
                return ["Fn::GetAtt": [.string(id), .string(String(dotted[dotted.index(after: end)...]))]]
            }
            guard let dot = dotted[..<end].lastIndex(of: ".") else { break }
            end = dot
        }
        throw missing(dotted)
    }

    private func isOfModule(_ dotted: String) -> Bool {
        dotted.firstIndex(of: ".").map { members[String(dotted[..<$0])] != nil } ?? false
    }

    private func place(_ dotted: String) throws -> String {
        guard let id = places[dotted] else { throw missing(dotted) }
        return id
    }

    private func missing(_ dotted: String) -> TemplateError {
        let module = dotted.prefix { $0 != "." }
        let own = places.keys.filter { $0.hasPrefix(module + ".") }.sorted().joined(separator: ", ")
        return TemplateError(
            "Template format error: Unresolved resource dependencies [\(dotted)] in the Resources block of the "
                + "template",
            at: ["Resources", String(module)] as Path, fix: "The module \(module) has \(own).")
    }
}
