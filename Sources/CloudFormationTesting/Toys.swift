package import Cloud
package import CloudFormation
internal import HTTP
package import Notation
package import Synchronization

/// Services that stand in for those which stacks call, and remember what they were asked.
package final class Toys: Sendable {
    /// What they remember, and what they are told to answer.
    package struct State {
        /// What stands, by physical id.
        package var things: [String: JSON] = [:]
        /// What was made under which key.
        package var made: [String: String] = [:]
        /// What was done, first to last.
        package var calls: [String] = []
        /// What was made without waiting for it to come to rest.
        package var express: [String] = []
        /// The parameters of Systems Manager, by name.
        package var parameters: [String: JSON] = [:]
        /// The objects of S3, as text, by bucket and key.
        package var objects: [String: String] = [:]
        /// The alias as it is read.
        package var alias: JSON = ["FunctionVersion": "1"]
        /// How deployments stand.
        package var deploymentStatus = "Succeeded"
        /// The deployments that were begun.
        package var deployments: [JSON] = []
        /// What topics were told, first to last.
        package var published: [JSON] = []
        /// Roles that may be assumed, by ARN.
        package var roles: Set<String> = []
        /// Who acted, by thing.
        package var actors: [String: String] = [:]
        /// What listens to topics.
        package var subscriptions: [JSON] = [["Endpoint": "somebody"]]
    }
    /// See ``State``.
    package let state = Mutex(State())
    /// What a function does when it is invoked; it may answer to the inbox.
    package typealias Function = @Sendable (_ event: JSON, _ inbox: ResponseInbox) async -> Reply
    /// The functions, by name.
    package let functions = Mutex<[String: Function]>([:])
    /// Where functions answer.
    package let inbox = Mutex<ResponseInbox?>(nil)

    /// Changes what they remember, or looks at it.
    package func change<Result>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }
    /// What stands, by physical id.
    package var things: [String: JSON] { change { $0.things } }
    /// What was done, first to last.
    package var calls: [String] { change { $0.calls } }

    /// Nothing stands, and nothing was asked yet.
    package init() {}

    /// The desks to be put behind the door.
    package var services: [any CloudService] {
        [
            Toy(id: "toys", operations: [], resourceTypes: [thing, alias, role, function]),
            Toy(id: "ssm", operations: [Operation("GetParameter", enforces: "Name WithDecryption", raw: parameter)]),
            Toy(id: "s3", operations: [Operation("GetObject", enforces: "Bucket Key VersionId", raw: object)]),
            Toy(
                id: "lambda",
                operations: [
                    Operation("Invoke", enforces: "FunctionName InvocationType LogType", raw: invoke),
                    Operation("GetAlias", enforces: "FunctionName Name") { [self] _ in Reply(change { $0.alias }) },
                    Operation("UpdateAlias", enforces: "FunctionName Name Description") { [self] call in
                        change { $0.calls.append("UpdateAlias") }
                        return Reply()
                    },
                ]),
            Toy(id: "codedeploy", operations: codeDeploy),
            Toy(
                id: "sts",
                operations: [Operation("AssumeRole", enforces: "RoleArn RoleSessionName", raw: assumeRole)]),
            Toy(
                id: "sns",
                operations: [
                    Operation("Publish", enforces: "TopicArn Subject Message", raw: publish),
                    Operation("ListSubscriptionsByTopic", enforces: "TopicArn") { [self] _ in
                        Reply(["Subscriptions": .array(change { $0.subscriptions })])
                    },
                ]),
        ]
    }

    // MARK: Types

    /// A thing: its size can be changed, its name cannot. `Fail` names the action that does not work.
    private var thing: ResourceType {
        ResourceType(
            "Test::Thing", enforces: "Name Size Parent Password Tags Fail Nested.Inner", requires: "",
            replacedBy: "Name",
            attributes: "Arn Size",
            .init(
                create: { [self] in try make($0) },
                update: { [self] request in
                    try refuse(request, "update")
                    let id = request.physicalID ?? ""
                    change { $0.things[id] = request.properties }
                    return state(id, request)
                },
                delete: { [self] request in
                    try refuse(request, "delete")
                    _ = change { $0.things.removeValue(forKey: request.physicalID ?? "") }
                }, read: { [self] request in change { $0.things[request.physicalID ?? ""] } },
                list: { [self] _ in change { $0.things.keys.sorted() }.map { ResourceState($0) } }))
    }

    private func make(_ request: ResourceRequest) throws -> ResourceState {
        try refuse(request, "create")
        let id = change { state in
            let id = state.made[request.key] ?? request.generatedName()
            state.made[request.key] = id
            state.things[id] = request.properties
            state.calls.append("create \(request.logicalID)")
            if request.isExpress { state.express.append(request.logicalID) }
            state.actors[id] = request.caller.principal
            return id
        }
        return state(id, request)
    }

    private func state(_ id: String, _ request: ResourceRequest) -> ResourceState {
        ResourceState(id, attributes: ["Arn": .string("arn:\(id)"), "Size": request.properties["Size"] ?? 0])
    }

    private func refuse(_ request: ResourceRequest, _ action: String) throws {
        guard request.properties["Fail"]?.string == action else { return }
        throw AWSError("InvalidThing", "This thing cannot \(action).", members: ["Evidence": "last line of the log"])
    }

    private func plain(_ name: String, _ enforces: String) -> ResourceType {
        ResourceType(
            name, enforces: enforces, attributes: "Arn",
            .init(
                create: { request in
                    ResourceState(
                        request.generatedName(), attributes: ["Arn": .string("arn:" + request.generatedName())])
                },
                update: { ResourceState($0.physicalID ?? "", attributes: $0.attributes) }, delete: { _ in }))
    }
    private var role: ResourceType {
        plain("AWS::IAM::Role", "AssumeRolePolicyDocument ManagedPolicyArns RoleName Tags")
    }
    private var function: ResourceType { plain("AWS::Lambda::Function", "Code Handler Runtime Role Tags") }
    private var alias: ResourceType { plain("AWS::Lambda::Alias", "FunctionName FunctionVersion Name Description") }

    // MARK: Operations

    private func parameter(_ call: Call) async throws -> Reply {
        let name = call.input["Name"]?.string ?? ""
        guard let parameter = change({ $0.parameters[name] }) else { throw AWSError("ParameterNotFound", "none") }
        return Reply(["Parameter": parameter])
    }

    private func object(_ call: Call) async throws -> Reply {
        let place = "\(call.input["Bucket"]?.string ?? "")/\(call.input["Key"]?.string ?? "")"
        guard let text = change({ $0.objects[place] }) else {
            throw AWSError("NoSuchKey", "The specified key does not exist.", status: 404)
        }
        return Reply([:], payload: .bytes(Array(text.utf8)))
    }

    private func assumeRole(_ call: Call) async throws -> Reply {
        let arn = call.input["RoleArn"]?.string ?? ""
        guard change({ $0.roles.contains(arn) }) else { throw AWSError("AccessDenied", "not \(arn)", status: 403) }
        let parts = arn.split(separator: ":").map(String.init)
        let session =
            "arn:aws:sts::\(parts.count > 3 ? parts[3] : ""):assumed-"
            + "\(parts.last ?? "")/\(call.input["RoleSessionName"]?.string ?? "")"
        return Reply([
            "AssumedRoleUser": ["Arn": .string(session)],
            "Credentials": [
                "AccessKeyId": "ASIA1", "SecretAccessKey": "s", "SessionToken": "t",
                "Expiration": .double((call.time + .seconds(3600)).seconds),
            ],
        ])
    }

    private func publish(_ call: Call) async throws -> Reply {
        guard call.input["TopicArn"]?.string?.hasSuffix(":gone") == false else {
            throw AWSError("NotFound", "Topic does not exist", status: 404)
        }
        change { $0.published.append(call.input) }
        return Reply(["MessageId": "1"])
    }

    private func invoke(_ call: Call) async throws -> Reply {
        let name = call.input["FunctionName"]?.string ?? ""
        let bytes = try await call.payload?.collected(limit: 1 << 20) ?? []
        guard let function = functions.withLock({ $0[name] }), let inbox = inbox.withLock({ $0 }) else {
            throw AWSError("ResourceNotFoundException", "Function not found: \(name)", status: 404)
        }
        return await function(try JSON(parsing: bytes), inbox)
    }

    private var codeDeploy: [Operation] {
        let names = "applicationName deploymentGroupName"
        return [
            Operation("ListDeployments", enforces: names + " externalId includeOnlyStatuses") { _ in
                Reply(["deployments": []])
            },
            Operation("CreateDeployment", enforces: names + " revision creator externalId idempotencyToken") {
                [self] call in
                change { $0.deployments.append(call.input) }
                return Reply(["deploymentId": "d-1"])
            },
            Operation("GetDeployment", enforces: "deploymentId") { [self] _ in
                let status = change { $0.deploymentStatus }
                return Reply([
                    "deploymentInfo": [
                        "status": .string(status),
                        "errorInformation": ["code": "ALARM_ACTIVE", "message": "The alarm Errors fired."],
                    ]
                ])
            },
            Operation("StopDeployment", enforces: "deploymentId autoRollbackEnabled") { [self] _ in
                change { $0.deploymentStatus = "Stopped" }
                return Reply()
            },
        ]
    }
}

struct Toy: CloudService {
    let id: String
    let operations: [Operation]
    var resourceTypes: [ResourceType] = []
}
