package import HTTP
package import Ledger
internal import Logging
package import Notation
internal import Synchronization

/// The one door. A request from outside and a call from another service go through it alike: authorized, validated against AWS's model,
/// refused when it asks for what is not there, and dispatched.
package final class Cloud: Sendable {
    private struct Offer {
        var services: [String: any CloudService] = [:]
        var operations: [String: [String: Operation]] = [:]
        var resourceTypes: [String: ResourceType] = [:]
        var authorizer: (any Authorizer)?
    }
    private let offer = Mutex(Offer())
    private let log = Logger(label: "cloud")
    /// The time and chance that calls are stamped with.
    package let surroundings: Surroundings
    /// The address that clients reach this Slipway at, such as `http://127.0.0.1:4566`.
    package let endpoint: String
    private let validate: Validator

    /// Judges an input by AWS's model of the operation: the refusal AWS would answer, or nil when there is none.
    package typealias Validator = @Sendable (_ service: String, _ operation: String, _ input: JSON) -> AWSError?

    /// A door with nothing behind it yet.
    package init(surroundings: Surroundings, endpoint: String, validate: @escaping Validator) {
        self.surroundings = surroundings
        self.endpoint = endpoint
        self.validate = validate
    }

    /// Puts the services behind the door. Called once, by the composition root, before the first call: services hold the door, so it
    /// is made before them.
    package func install(_ services: [any CloudService], authorizer: (any Authorizer)? = nil) {
        offer.withLock { offer in
            offer.authorizer = authorizer
            for service in services {
                offer.services[service.id] = service
                offer.operations[service.id, default: [:]].merge(service.operations.map { ($0.name, $0) }) { $1 }
                for type in service.resourceTypes { offer.resourceTypes[type.name] = type }
            }
        }
    }

    /// The CloudFormation resource type of that name, if a service runs it.
    package func resourceType(_ name: String) -> ResourceType? { offer.withLock { $0.resourceTypes[name] } }

    /// All resource types that can be run, by name.
    package var resourceTypes: [ResourceType] {
        offer.withLock { Array($0.resourceTypes.values) }.sorted { $0.name < $1.name }
    }

    /// All operations offered, by service and name.
    package var operations: [(service: String, operation: Operation)] {
        offer.withLock { offer in
            offer.operations.sorted { $0.key < $1.key }.flatMap { service, operations in
                operations.values.sorted { $0.name < $1.name }.map { (service, $0) }
            }
        }
    }

    /// Makes a call on behalf of `caller` and returns the members of its output.
    ///
    /// - Throws: ``AWSError``, as the client of AWS would see it.
    @discardableResult
    package func call(_ service: String, _ operation: String, _ input: JSON = [:], as caller: Caller) async throws
        -> JSON
    {
        try await dispatch(makeCall(service, operation, input, nil, caller)).output
    }

    /// Makes a call with a raw body, or whose answer has one.
    ///
    /// - Throws: ``AWSError``, as the client of AWS would see it.
    package func call(
        _ service: String, _ operation: String, _ input: JSON, payload: HTTPBody?, as caller: Caller
    ) async throws -> Reply {
        try await dispatch(makeCall(service, operation, input, payload, caller))
    }

    private func makeCall(
        _ service: String, _ operation: String, _ input: JSON, _ payload: HTTPBody?, _ caller: Caller
    ) -> Call {
        Call(
            service: service, operation: operation, caller: caller, requestID: surroundings.chance.uuid(),
            time: surroundings.now, input: input, payload: payload, endpoint: endpoint)
    }

    /// Takes a call through the door.
    ///
    /// - Throws: ``AWSError`` whatever goes wrong; what is not in AWS's words is logged under the request's id and answered as `InternalFailure`.
    package func dispatch(_ call: Call) async throws -> Reply {
        do {
            guard let operation = offer.withLock({ $0.operations[call.service]?[call.operation] }) else {
                throw AWSError.notImplemented("\(call.service):\(call.operation)")
            }
            try await authorize(call)
            try check(call, operation)
            return try await operation.handle(call)
        } catch let error as AWSError {
            throw error
        } catch is CancellationError {
            throw AWSError("RequestAborted", "The request was given up before it was answered.", status: 503)
        } catch let error as LedgerError where error.code == .conflict {
            throw AWSError("ConflictException", error.message, status: 409)
        } catch {
            log.error(
                "a call failed",
                metadata: [
                    "request": "\(call.requestID)", "call": "\(call.service):\(call.operation)", "error": "\(error)",
                ])
            throw AWSError.fullDisk(error) ?? AWSError.internalFailure(call.requestID)
        }
    }

    /// Asks whether the call may be made, and makes it not.
    func authorize(_ call: Call) async throws {
        try await offer.withLock { $0.authorizer }?.authorize(call)
    }

    private func check(_ call: Call, _ operation: Operation) throws {
        if let refusal = validate(call.service, call.operation, call.input) { throw refusal }
        if let member = operation.uncovered(in: call.input) {
            throw AWSError.notImplemented("the property '\(member)' of \(call.service):\(call.operation)")
        }
    }
}
