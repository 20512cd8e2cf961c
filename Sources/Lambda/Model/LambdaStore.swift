import Cloud
import Ledger
import Notation

/// Lambda's documents, and the questions asked of them.
struct LambdaStore: Sendable {
    static let functions = Collection<Function>("lambda.function")
    static let versions = Collection<FunctionVersion>("lambda.version")
    static let aliases = Collection<Alias>("lambda.alias")
    static let urls = Collection<FunctionURL>(
        "lambda.url", lookups: ["function": { ["\($0.account)/\($0.region)/\($0.function)"] }])
    static let layers = Collection<LayerVersion>("lambda.layer")
    /// How many versions a layer has had, by the layer's key: numbers are never used twice.
    static let layerCounts = Collection<Int>("lambda.layerCount")

    let ledger: Ledger

    /// Numbers are padded in keys so that documents come in the order of their numbers.
    static func versionKey(_ function: String, _ number: Int) -> String {
        let text = String(number)
        return function + "/" + String(repeating: "0", count: max(0, 9 - text.count)) + text
    }

    static func aliasKey(_ function: String, _ alias: String) -> String { function + "/" + alias }

    func function(_ name: FunctionName) async throws -> Function {
        guard let found = try await ledger.get(Self.functions, name.key) else {
            throw LambdaError.functionNotFound(name.arn)
        }
        return found.value
    }

    func version(_ name: FunctionName, _ number: String) async throws -> FunctionVersion? {
        guard let number = Int(number) else { return nil }
        return try await ledger.get(Self.versions, Self.versionKey(name.key, number))?.value
    }

    func alias(_ name: FunctionName, _ alias: String) async throws -> Alias? {
        try await ledger.get(Self.aliases, Self.aliasKey(name.key, alias))?.value
    }

    /// What a name with its qualifier leads to.
    struct Target: Sendable {
        let function: Function
        /// The name as it was asked for.
        let asked: FunctionName
        /// `$LATEST` or a number.
        let version: String
        let configuration: FunctionConfiguration
        /// The alias by which it was found.
        let alias: Alias?
    }

    /// Follows a name to a version, an alias's chance included.
    func target(_ name: FunctionName, draw: @autoclosure () -> Double) async throws -> Target {
        let function = try await function(name)
        guard let qualifier = name.qualifier, qualifier != "$LATEST" else {
            return Target(
                function: function, asked: name, version: "$LATEST", configuration: function.latest, alias: nil)
        }
        var number = qualifier
        var alias: Alias?
        if !FunctionName.isVersion(qualifier) {
            alias = try await self.alias(name, qualifier)
            guard let alias else { throw LambdaError.functionNotFound(name.arn) }
            number = alias.version(draw: draw())
        }
        if number == "$LATEST" {
            return Target(
                function: function, asked: name, version: number, configuration: function.latest, alias: alias)
        }
        guard let version = try await version(name, number) else { throw LambdaError.functionNotFound(name.arn) }
        return Target(
            function: function, asked: name, version: number, configuration: version.configuration, alias: alias)
    }
}

extension Transaction {
    /// The function inside this write.
    func function(_ name: FunctionName) throws -> Function {
        guard let found = try get(LambdaStore.functions, name.key) else {
            throw LambdaError.functionNotFound(name.with(nil).arn)
        }
        return found.value
    }

    /// Whether that version is there: `$LATEST` always is.
    func hasVersion(_ name: FunctionName, _ version: String) throws -> Bool {
        if version == "$LATEST" { return true }
        guard let number = Int(version) else { return false }
        return try get(LambdaStore.versions, LambdaStore.versionKey(name.key, number)) != nil
    }

    func put(_ function: Function) throws { try put(LambdaStore.functions, function.id.key, function) }
}
