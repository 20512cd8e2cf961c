internal import Notation

/// Why a text is no AppSpec: every problem found, each with its line where one is known.
struct AppSpecError: Error, Hashable, CustomStringConvertible {
    let problems: [String]
    var description: String { problems.joined(separator: " ") }
}

/// Reads AppSpec files, YAML or JSON, for the Lambda and ECS platforms. Collects every problem before it gives up.
struct AppSpecReader {
    /// The events that may have hooks, by platform, in the order they come.
    static let lambdaHooks = ["BeforeAllowTraffic", "AfterAllowTraffic"]
    /// Those of a container service.
    static let ecsHooks = [
        "BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic",
    ]
    /// Texts above this are refused unread: CodeDeploy takes AppSpec content of at most 256 KB.
    static let textLimit = 262_144

    private let marks: SourceMap?
    private var problems: [String] = []

    /// Reads the text.
    ///
    /// - Throws: ``AppSpecError``.
    static func read(_ text: String) throws -> AppSpec {
        guard text.utf8.count <= textLimit else {
            throw AppSpecError(problems: ["The AppSpec file is larger than \(textLimit) bytes."])
        }
        let (tree, marks) = try parse(text)
        var reader = AppSpecReader(marks: marks)
        let spec = reader.spec(tree)
        guard let spec, reader.problems.isEmpty else { throw AppSpecError(problems: reader.problems) }
        return spec
    }

    private init(marks: SourceMap?) { self.marks = marks }

    /// The tree of the text, and where in it its values stand (not known of JSON).
    private static func parse(_ text: String) throws -> (JSON, SourceMap?) {
        // JSON is read as such: it may be indented with tabs, which YAML forbids.
        if text.first(where: { !$0.isWhitespace }) == "{", let tree = try? JSON(parsing: text) { return (tree, nil) }
        do {
            let (tree, marks) = try YAML(tags: .refused, valueLimit: 10_000, depthLimit: 32).parseWithMarks(text)
            return (tree, marks)
        } catch {
            throw AppSpecError(problems: ["The AppSpec file is neither YAML nor JSON: \(error)."])
        }
    }

    /// Notes a problem, with its line where that is known.
    private mutating func report(_ message: String, at path: Path) {
        guard let mark = marks?.mark(of: path) else { return problems.append(message) }
        problems.append("\(message) (line \(mark.line))")
    }

    // MARK: The file

    /// The whole file; nil when too little of it can be read to go on.
    private mutating func spec(_ tree: JSON) -> AppSpec? {
        guard let members = tree.object else {
            problems.append("The AppSpec file must be a mapping with 'version' and 'Resources'.")
            return nil
        }
        var known: [String: (key: String, value: JSON)] = [:]
        for (key, value) in members {
            let name = key.lowercased()
            guard ["version", "resources", "hooks"].contains(name) else {
                report("'\(key)' has no place in an AppSpec file for Lambda or ECS.", at: Path([.key(key)]))
                continue
            }
            known[name] = (key, value)
        }
        version(known["version"])
        guard let resource = resource(known["resources"]) else { return nil }
        return AppSpec(resource: resource, hooks: hooks(known["hooks"], for: resource))
    }

    /// The only version there is, as a number or as text.
    private mutating func version(_ entry: (key: String, value: JSON)?) {
        guard let entry else { return problems.append("The AppSpec file has no 'version'; it must be 0.0.") }
        if entry.value.double == 0 || entry.value.string == "0.0" { return }
        report("The 'version' must be 0.0.", at: Path([.key(entry.key)]))
    }

    /// The one resource. Its name in the file means nothing.
    private mutating func resource(_ entry: (key: String, value: JSON)?) -> AppSpec.Resource? {
        guard let entry, let list = entry.value.array, list.count == 1, let single = list[0].object, single.count == 1,
            let (name, body) = single.first(where: { _ in true })
        else {
            problems.append("The AppSpec file must have 'Resources': a list of exactly one resource.")
            return nil
        }
        let path = Path([.key(entry.key), .index(0), .key(name)])
        let properties = body["Properties"] ?? .null
        switch body["Type"]?.string {
        case "AWS::Lambda::Function": return lambda(properties, path.appending("Properties"))
        case "AWS::ECS::Service": return ecs(properties, path.appending("Properties"))
        case let other?: report("'\(other)' is no type that CodeDeploy deploys.", at: path.appending("Type"))
        case nil: report("The resource '\(name)' has no 'Type'.", at: path)
        }
        return nil
    }

    // MARK: Platforms

    /// All four properties are needed: the AppSpec of a function has no defaults.
    private mutating func lambda(_ properties: JSON, _ path: Path) -> AppSpec.Resource? {
        refuseUnknown(properties, ["Name", "Alias", "CurrentVersion", "TargetVersion"], path)
        let name = text(properties, "Name", path)
        let alias = text(properties, "Alias", path)
        let current = functionVersion(properties, "CurrentVersion", path)
        let target = functionVersion(properties, "TargetVersion", path)
        guard let name, let alias, let current, let target else { return nil }
        return .lambda(LambdaTarget(function: name, alias: alias, current: current, target: target))
    }

    /// The network and the capacity strategy are read by the platform's own room, once there is one.
    private mutating func ecs(_ properties: JSON, _ path: Path) -> AppSpec.Resource? {
        let members = [
            "TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy",
        ]
        refuseUnknown(properties, members, path)
        let definition = text(properties, "TaskDefinition", path)
        let balancer = properties["LoadBalancerInfo"] ?? .null
        let container = text(balancer, "ContainerName", path.appending("LoadBalancerInfo"))
        let port = balancer["ContainerPort"]?.int ?? balancer["ContainerPort"]?.string.flatMap { Int($0) }
        if port == nil { report("'LoadBalancerInfo' needs a 'ContainerPort'.", at: path) }
        guard let definition, let container, let port else { return nil }
        return .ecs(
            ECSTarget(
                taskDefinition: definition, containerName: container, containerPort: port,
                platformVersion: properties["PlatformVersion"]?.string))
    }

    /// A property misspelt would otherwise be passed over in silence.
    private mutating func refuseUnknown(_ properties: JSON, _ known: [String], _ path: Path) {
        for key in properties.object?.keys ?? [] where !known.contains(key) {
            report("'\(key)' is no property of the resource.", at: path.appending(key))
        }
    }

    private mutating func text(_ properties: JSON, _ name: String, _ path: Path) -> String? {
        if let text = properties[name]?.string, !text.isEmpty { return text }
        report("The resource needs the property '\(name)'.", at: path)
        return nil
    }

    /// A version as a number or as text. `$LATEST` and names of aliases are none: traffic cannot be split with them.
    private mutating func functionVersion(_ properties: JSON, _ name: String, _ path: Path) -> String? {
        guard let value = properties[name] else {
            report("The resource needs the property '\(name)'.", at: path)
            return nil
        }
        let number = value.int ?? value.string.flatMap { Int($0) }
        if let number, number > 0 { return String(number) }
        report(
            "'\(name)' must be the number of a published version, not '\(value.string ?? value.text())'.",
            at: path.appending(name))
        return nil
    }

    // MARK: Hooks

    /// The hooks by event. One function to an event.
    private mutating func hooks(_ entry: (key: String, value: JSON)?, for resource: AppSpec.Resource) -> [String:
        String]
    {
        guard let entry, !entry.value.isNull else { return [:] }
        let root = Path([.key(entry.key)])
        guard let list = entry.value.array else {
            report("'Hooks' must be a list of single entries, event to function.", at: root)
            return [:]
        }
        let events = if case .lambda = resource { Self.lambdaHooks } else { Self.ecsHooks }
        var hooks: [String: String] = [:]
        for (index, item) in list.enumerated() {
            let path = root.appending(index)
            guard let members = item.object, members.count == 1,
                let (event, value) = members.first(where: { _ in true })
            else {
                report("Each of the 'Hooks' must be one event and one function.", at: path)
                continue
            }
            guard events.contains(event) else {
                report(
                    "'\(event)' is no hook here; there are \(events.joined(separator: ", ")).",
                    at: path.appending(event))
                continue
            }
            guard let function = value.string, !function.isEmpty else {
                report("The hook '\(event)' must name a Lambda function.", at: path.appending(event))
                continue
            }
            if hooks.updateValue(function, forKey: event) != nil {
                report("The hook '\(event)' is given twice.", at: path.appending(event))
            }
        }
        return hooks
    }
}
