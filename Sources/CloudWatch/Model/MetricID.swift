/// What tells a metric from every other in its account and region: namespace, name and dimensions, whose order does
/// not count.
package struct MetricID: Sendable, Hashable, Codable {
    /// The namespace, such as `AWS/Lambda`.
    package let namespace: String
    /// The name, such as `Errors`.
    package let name: String
    /// The dimensions, by name.
    package let dimensions: [Dimension]

    /// A metric of these parts; a dimension named twice counts once, with its last value.
    package init(_ namespace: String, _ name: String, _ dimensions: [Dimension] = []) {
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions.count < 2 ? dimensions : Self.sorted(dimensions)
    }

    private static func sorted(_ dimensions: [Dimension]) -> [Dimension] {
        var byName: [String: Dimension] = [:]
        for dimension in dimensions { byName[dimension.Name] = dimension }
        return byName.values.sorted { $0.Name < $1.Name }
    }

    /// The parts in one text, under which the metric is stored: equal for equal metrics, and beginning with the
    /// namespace.
    var text: String {
        ([namespace, name] + dimensions.flatMap { [$0.Name, $0.Value] }).joined(separator: Self.separator)
    }

    /// Between the parts of a key: a character AWS allows in none of them.
    static let separator = "\u{1F}"
}

/// A name and a value that tell a metric from others of its name. The members are AWS's.
package struct Dimension: Sendable, Hashable, Codable {
    /// What is told apart by, such as `FunctionName`.
    package let Name: String
    /// Which one it is, such as `orders`.
    package let Value: String

    /// A dimension.
    package init(_ name: String, _ value: String) {
        Name = name
        Value = value
    }
}

/// A metric of one account and region.
struct Series: Sendable, Hashable, Codable {
    /// `account/region/`.
    let scope: String
    let metric: MetricID

    /// The key of its documents.
    var key: String { scope + metric.text }
}
