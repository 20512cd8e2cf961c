internal import Cloud
internal import HTTP
internal import Ledger
internal import Logging
internal import Notation
internal import Wire

/// Takes requests off the wire to the one door, and answers back onto the wire.
struct FrontDoor: Sendable {
    let cloud: Cloud
    let ledger: Ledger
    let sentry: any Guard
    let surroundings: Surroundings
    let bodyLimit: Int
    let virtualHosts: [String]
    /// Answers requests that are for Slipway itself: console, function URLs, its own calls. Nil when the request is AWS's.
    let inside: @Sendable (HTTPRequest) async -> HTTPResponse?

    private let router = WireRouter()
    private let log = Logger(label: "door")

    /// Answers. Nobody is told what a power cut could still undo: what the answer rests on is on disk before it leaves.
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let response = if let inside = await inside(request) { inside } else { await aws(request) }
        do { try await ledger.synced() } catch {
            log.critical("the disk failed", metadata: ["error": "\(error)"])
            return router.answer(
                .internalFailure(), to: router.outline(request, virtualHosts: virtualHosts),
                requestID: surroundings.chance.uuid())
        }
        return response
    }

    private func aws(_ request: HTTPRequest) async -> HTTPResponse {
        let requestID = surroundings.chance.uuid()
        let outline = router.outline(request, virtualHosts: virtualHosts)
        do {
            let now = surroundings.now
            let (caller, checked) = try await sentry.admit(request, outline, now: now)
            let incoming = try await router.parse(checked, bodyLimit: bodyLimit, virtualHosts: virtualHosts)
            return await answer(incoming, caller, requestID, now, request)
        } catch let fault as Fault {
            return router.answer(fault, to: outline, requestID: requestID)
        } catch let rejection as Rejection {
            return router.answer(rejection.fault, to: rejection.format, requestID: requestID)
        } catch {
            log.error("a request failed", metadata: ["request": "\(requestID)", "error": "\(error)"])
            return router.answer(.internalFailure(), to: outline, requestID: requestID)
        }
    }

    private func answer(
        _ incoming: Incoming, _ caller: Caller, _ requestID: String, _ now: Timestamp, _ request: HTTPRequest
    ) async -> HTTPResponse {
        let call = Call(
            service: incoming.service, operation: incoming.operation, caller: caller, requestID: requestID, time: now,
            input: incoming.input, payload: incoming.payload?.translatingFaults { AWSError($0) },
            endpoint: cloud.endpoint, peer: request.peer)
        do {
            let reply = try await cloud.dispatch(call)
            return router.answer(
                incoming, output: reply.output, payload: reply.payload, requestID: requestID, hostID: requestID)
        } catch {
            let refusal = error as? AWSError ?? .internalFailure(requestID)
            return router.answer(Fault(refusal), to: incoming.format, requestID: requestID, hostID: requestID)
        }
    }
}

extension AWSError {
    /// What reading a body found wrong, as a service sees it.
    init(_ fault: Fault) {
        self.init(fault.code, fault.message, status: fault.status ?? 400, members: fault.members)
    }
}

extension Fault {
    /// The refusal as it goes onto the wire. A plain 400 leaves the status to the model, which may know a better one.
    init(_ refusal: AWSError) {
        self.init(
            refusal.code, refusal.message, status: refusal.status == 400 ? nil : refusal.status,
            isSender: refusal.isSender,
            members: refusal.members)
    }
}
