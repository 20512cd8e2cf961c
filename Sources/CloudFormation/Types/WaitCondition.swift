internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// `AWS::CloudFormation::WaitConditionHandle` and `AWS::CloudFormation::WaitCondition`.
///
/// Source: "Create wait conditions in a CloudFormation template" in the User Guide.
struct WaitCondition: Sendable {
    private let inbox: ResponseInbox

    init(inbox: ResponseInbox) { self.inbox = inbox }

    /// The declaration of the handle: an address that takes signals.
    var handleType: ResourceType {
        ResourceType(
            "AWS::CloudFormation::WaitConditionHandle", enforces: "",
            .init(
                create: { request in
                    let token = StableID.uuid(request.stackID, request.logicalID, request.suffix)
                    return ResourceState(try await inbox.open(token))
                },
                update: { ResourceState($0.physicalID ?? "") },
                delete: { request in
                    guard let token = Self.token(of: request.physicalID) else { return }
                    try await inbox.close(token)
                })
        ).withinLedger()
    }

    /// The declaration of the condition: it stands when enough signals have come.
    var type: ResourceType {
        ResourceType(
            "AWS::CloudFormation::WaitCondition", enforces: "Handle Timeout Count",
            replacedBy: "", attributes: "Data",
            .init(
                create: { request in
                    guard let policy = request.creationPolicy else { return try await wait(request) }
                    return try await waitForSignals(request, CreationPolicy(policy))
                },
                update: { _ in
                    throw AWSError(
                        "InvalidRequest", "Update to resource type AWS::CloudFormation::WaitCondition is not supported."
                    )
                },
                delete: { _ in }))
    }

    /// The token in a handle's address.
    private static func token(of handle: String?) -> String? { handle?.split(separator: "/").last.map(String.init) }

    private func wait(_ request: ResourceRequest) async throws -> ResourceState {
        let properties = request.properties.loose
        guard let token = Self.token(of: properties["Handle"]?.string) else {
            throw AWSError("InvalidRequest", "Handle must be a Ref to an AWS::CloudFormation::WaitConditionHandle.")
        }
        guard let timeout = properties["Timeout"]?.string.flatMap(Int.init), (0...43_200).contains(timeout) else {
            throw AWSError("InvalidRequest", "Timeout must be 0 to 43200 seconds.")
        }
        _ = try await inbox.open(token)  // a handle of an older Slipway, or of long ago
        let count = properties["Count"]?.string.flatMap(Int.init) ?? 1
        let end = inbox.now + .seconds(timeout)
        var pause = Duration.milliseconds(20)
        while true {
            let signals = try await inbox.messages(token)
            if let failure = signals.values.first(where: { $0["Status"]?.string == "FAILURE" }) {
                throw AWSError(
                    "NotStabilized",
                    "WaitCondition received failed message: '\(failure["Reason"]?.string ?? "")' for uniqueId: "
                        + "\(failure["UniqueId"]?.string ?? "")")
            }
            if signals.count >= count { return state(signals, request) }
            guard inbox.now < end else {
                throw AWSError(
                    "NotStabilized",
                    "WaitCondition timed out. Received \(signals.count) conditions when expecting \(count)")
            }
            try await inbox.pause(pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    /// Waits as the resource's creation policy says, for signals to the resource itself.
    private func waitForSignals(_ request: ResourceRequest, _ policy: CreationPolicy) async throws -> ResourceState {
        let token = try await inbox.signalToken(request.logicalID, in: request.stackID)
        let end = inbox.now + policy.timeout
        var pause = Duration.milliseconds(20)
        var told: Set<String> = []
        while true {
            let signals = try await inbox.messages(token)
            for (id, signal) in signals.sorted(by: { $0.key < $1.key }) where told.insert(id).inserted {
                let words = "Received \(signal["Status"]?.string ?? "") signal with UniqueId \(id)"
                guard signal["Status"]?.string == "SUCCESS" else { throw AWSError("NotStabilized", words) }
                await request.report(words)
            }
            if signals.count >= policy.count { return state(signals, request) }
            guard inbox.now < end else {
                throw AWSError(
                    "NotStabilized",
                    "Failed to receive \(policy.count - signals.count) resource signal(s) within the specified duration"
                )
            }
            try await inbox.pause(pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    private func state(_ signals: [String: JSON], _ request: ResourceRequest) -> ResourceState {
        let data = JSON.object(
            JSONObject(signals.sorted { $0.key < $1.key }.map { ($0.key, $0.value["Data"] ?? "") }))
        let id = "arn:aws:cloudformation:\(request.caller.region):\(request.caller.account):stack/\(request.stackName)/"
        return ResourceState(
            id + "\(request.suffix)/\(request.logicalID)", attributes: ["Data": .string(data.text())])
    }
}
