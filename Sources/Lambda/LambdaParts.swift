import Cloud
import Ledger
import Logging
import Notation

/// What the operations are made with.
struct LambdaParts: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let store: LambdaStore
    let code: CodeStore
    let pool: EnvironmentPool
    let invoker: Invoker
    let interpreters: Interpreters
    let reservations: Reservations
    let asyncInvocations: MachineRunner<AsyncInvocation>
    let pollers: QueuePollers
    let isStrict: Bool
    let log: Logger

    var surroundings: Surroundings { ledger.surroundings }
}

extension Call {
    /// The function that `FunctionName` and `Qualifier` name.
    func function(qualifier: String? = nil) throws -> FunctionName {
        try FunctionName(
            parsing: text("FunctionName"), qualifier: qualifier ?? input["Qualifier"]?.string, for: caller)
    }

    /// A member that is a text; empty when it is absent.
    func text(_ member: String) -> String { input[member]?.string ?? "" }

    /// How many items a page of a list has.
    func pageSize(_ most: Int = 50) -> Int { max(1, min(input["MaxItems"]?.int ?? most, most)) }
}

extension Transaction {
    /// Notes in the one log that something of Lambda's has changed.
    func note(_ operation: String, _ name: FunctionName, _ detail: JSON = [:]) throws {
        var detail = detail
        detail["functionName"] = .string(name.name)
        detail["operation"] = .string(operation)
        try append(
            LedgerEvent(
                time: now, source: "aws.lambda", detailType: "Lambda Function Change", account: name.account,
                region: name.region, resources: [name.arn], detail: detail))
    }
}

/// A page of a list whose markers are the keys of its items.
struct Page<Item> {
    /// The items on it.
    let items: [Item]
    /// Where the next page begins; nil at the end.
    let next: String?

    /// The first of the items after the call's marker, `MaxItems` or `size`. `items` are in the order of `key`.
    ///
    /// - Throws: `InvalidParameterValueException` for a marker that is none of this operation's.
    init(_ items: [Item], _ call: Call, size: Int = 50, key: (Item) -> String) throws {
        let size = call.pageSize(size)
        let marker = try call.input["Marker"]?.string.map { text in
            guard let marker = PageMark.open(text, call) else {
                throw LambdaError.invalid("Invalid marker: \(text.prefix(100))")
            }
            return marker
        }
        let rest = marker.map { marker in Array(items.drop { key($0) <= marker }) } ?? items
        self.items = Array(rest.prefix(size))
        next = rest.count > size ? self.items.last.map { PageMark.seal(key($0), call) } : nil
    }

    /// The page as an answer.
    func answer(_ member: String, _ render: (Item) -> JSON) -> JSON {
        var answer: JSON = [:]
        answer[member] = .array(items.map(render))
        if let next { answer["NextMarker"] = .string(next) }
        return answer
    }
}
