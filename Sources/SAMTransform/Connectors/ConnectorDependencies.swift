import Notation

/// `DependsOn` of resources that connectors are between.
enum ConnectorDependencies {
    /// Makes a resource wait for another.
    static func add(_ needed: String, to logicalID: String, in translation: Translation) {
        guard let resource = translation.output[logicalID] else { return }
        let old = resource["DependsOn"] ?? []
        translation.output[logicalID]?["DependsOn"] = .array(merged(old.asList, [needed]))
    }

    /// Makes resources that wait for a connector wait for what it generates.
    static func replace(_ connector: String, by generated: [String], in translation: Translation) {
        for (logicalID, resource) in translation.output {
            var names = resource["DependsOn"]?.asList ?? []
            guard let place = names.firstIndex(of: .string(connector)) else { continue }
            names.remove(at: place)
            translation.output[logicalID]?["DependsOn"] = .array(merged(names, generated))
        }
    }

    /// The event source mappings by which a function reads an event source.
    static func mappings(from source: String, to function: String, in translation: Translation) -> [String] {
        translation.output.compactMap { logicalID, resource in
            guard resource["Type"] == "AWS::Lambda::EventSourceMapping", let properties = resource["Properties"],
                properties["FunctionName"]?.referredID == function,
                properties["EventSourceArn"]?.referredID == source
            else { return nil }
            return logicalID
        }
    }

    private static func merged(_ names: [JSON], _ more: [String]) -> [JSON] {
        var result = names
        for name in more where !result.contains(.string(name)) { result.append(.string(name)) }
        return result
    }
}
