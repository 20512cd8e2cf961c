/// The API of one AWS service, as far as Slipway offers it.
package final class ServiceModel: Sendable {
    /// How clients and this code name it, such as `lambda` or `cloudformation`.
    package let id: String
    /// The service name in a signature's scope, such as `monitoring` for CloudWatch.
    package let signingName: String
    /// The date that names the API's version.
    package let apiVersion: String
    /// What is before the dot in `X-Amz-Target`; nil for services that do not speak AWS JSON.
    package let targetPrefix: String?
    /// Whether errors carry the code of the older Query protocol in `x-amzn-query-error`.
    package let isQueryCompatible: Bool
    /// The protocols that clients may speak to it.
    package let protocols: [WireProtocol]
    /// The operations offered, by name.
    package let operations: [String: OperationModel]
    /// The names of all operations that AWS has, offered or not, sorted.
    package let knownOperations: [String]

    let xmlNamespace: String?
    let routes: RouteTable?
    private let known: Set<String>
    private let faults: [String: Shape]

    init(_ facts: ServiceFacts) {
        id = facts.id
        signingName = facts.signingName
        apiVersion = facts.apiVersion
        targetPrefix = facts.targetPrefix
        isQueryCompatible = facts.isQueryCompatible
        protocols = facts.protocols
        operations = facts.operations
        known = Set(facts.operations.keys).union(facts.others)
        knownOperations = known.sorted()
        xmlNamespace = facts.xmlNamespace
        routes = facts.routes
        var faults: [String: Shape] = [:]
        for shape in facts.shapes {
            guard let traits = shape.fault else { continue }
            if let code = traits.code, faults[code] == nil { faults[code] = shape }
        }
        for shape in facts.shapes where shape.fault != nil { faults[shape.name] = shape }
        self.faults = faults
    }

    /// The operation of that name, if it is offered.
    package func operation(_ name: String) -> OperationModel? { operations[name] }

    /// Whether AWS has an operation of that name, offered here or not.
    package func knows(_ name: String) -> Bool { known.contains(name) }

    /// The exception of that shape name or wire code, if the operations offered name one.
    package func exception(_ code: String) -> Shape? { faults[code] }
}

struct ServiceFacts {
    var id: String
    var signingName: String
    var apiVersion: String
    var targetPrefix: String?
    var isQueryCompatible: Bool
    var protocols: [WireProtocol]
    var operations: [String: OperationModel]
    var others: [String]
    var xmlNamespace: String?
    var routes: RouteTable?
    var shapes: [Shape]
}
