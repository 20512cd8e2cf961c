import Notation

/// Connectors that are written as an attribute of the resource they start from. AWS: "AWS SAM connector reference".
enum EmbeddedConnectors {
    /// Makes each a resource of its own, and takes the attribute away.
    static func expand(in translation: Translation) throws {
        var found: [(String, JSON)] = []
        for (sourceID, resource) in translation.resources {
            guard let connectors = resource["Connectors"] else { continue }
            try translation.collect {
                let owner = Expectation.Owner.attribute(of: sourceID)
                for (name, connector) in try Expectation(connectors, of: owner, "\(sourceID).Connectors").map() {
                    try translation.collect {
                        found.append((sourceID + name, try generated(sourceID, name, connector, translation)))
                    }
                }
            }
        }
        for (logicalID, connector) in found { translation.resources[logicalID] = connector }
        for (logicalID, resource) in translation.resources where resource["Connectors"] != nil {
            translation.resources[logicalID]?["Connectors"] = nil
        }
    }

    private static func generated(
        _ sourceID: String, _ name: String, _ connector: JSON, _ translation: Translation
    ) throws -> JSON {
        let logicalID = sourceID + name
        guard var declared = connector.object else {
            throw Fault.resource(logicalID, "\(sourceID).\(logicalID) should be a map.")
        }
        declared["Type"] = "AWS::Serverless::Connector"
        let path = "Connectors.\(name).Properties"
        var properties = try Expectation(declared["Properties"], of: .attribute(of: sourceID), path).map()
        var source: JSONObject = ["Id": .string(sourceID)]
        if let given = properties["SourceReference"] {
            let reference = try Expectation(given, of: .resource(sourceID), path + ".SourceReference").map()
            guard !reference.contains("Id") else {
                throw Fault.resource(name, "'Id' shouldn't be defined in 'SourceReference'.")
            }
            source.merge(reference)
            properties.remove("SourceReference")
        }
        properties["Source"] = .object(source)
        declared["Properties"] = .object(properties)
        let declaration = try Declaration(logicalID, declared, table: "AWS::Serverless::Connector")
        guard translation.resources[logicalID] == nil else {
            throw Fault.duplicate(sourceID, generated: logicalID, type: declaration.type)
        }
        return try Resource(declaration).unjudgedJSON
    }
}
