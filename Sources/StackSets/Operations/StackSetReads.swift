internal import Cloud
internal import CloudFormation
internal import Ledger
internal import Notation

/// What can be asked about stack sets.
extension StackSetService {
    var stackSetReads: [Operation] {
        let page = " NextToken MaxResults CallAs"
        return [
            Operation("DescribeStackSet", enforces: "StackSetName CallAs", raw: describeSet),
            Operation("ListStackSets", enforces: "Status" + page, raw: listSets),
            Operation(
                "DescribeStackInstance", enforces: "StackSetName StackInstanceAccount StackInstanceRegion CallAs",
                raw: describeInstance),
            Operation(
                "ListStackInstances", enforces: "StackSetName StackInstanceAccount StackInstanceRegion Filters" + page,
                raw: listInstances),
            Operation(
                "DescribeStackSetOperation", enforces: "StackSetName OperationId CallAs", raw: describeSetOperation),
            Operation("ListStackSetOperations", enforces: "StackSetName" + page, raw: listSetOperations),
            Operation(
                "ListStackSetOperationResults", enforces: "StackSetName OperationId Filters" + page,
                raw: listSetResults),
            Operation(
                "ListStackInstanceResourceDrifts",
                enforces: "StackSetName StackInstanceAccount StackInstanceRegion OperationId "
                    + "StackInstanceResourceDriftStatuses" + page, raw: listInstanceDrifts),
        ]
    }

    private func asked(_ call: Call) async throws -> StackSet {
        let request = StackSetRequest(call)
        try request.checkSelfManaged()
        return try await stackSet(request.set, call.caller)
    }

    private func page<Element>(_ all: [Element], _ call: Call) throws -> Page<Element> {
        try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 100)
    }

    // MARK: Sets

    private func describeSet(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let instances = try await ledger.list(StackSetStore.instances, prefix: set.id + "|").map(\.value)
        let text = try await ledger.get(StackSetStore.templates, set.revision.templateKey)?.value
        var view = Self.view(set)
        view["TemplateBody"] = text.map(JSON.string)
        view["Parameters"] = StackViews.parameters(set.revision.parameters)
        view["Capabilities"] = .array(set.revision.capabilities.map(JSON.string))
        view["Tags"] = StackViews.tags(set.revision.tags)
        view["StackSetARN"] = .string(set.arn)
        let role = "arn:aws:iam::\(set.account):role/\(StackSet.administrationRole)"
        view["AdministrationRoleARN"] = .string(set.administrationRoleARN ?? role)
        view["ExecutionRoleName"] = .string(set.executionRoleName ?? StackSet.executionRole)
        view["Regions"] = .array(Set(instances.map(\.region)).sorted().map(JSON.string))
        view["StackSetDriftDetectionDetails"] = set.drift
        return Reply(["StackSet": view])
    }

    private static func view(_ set: StackSet) -> JSON {
        var view: JSON = [
            "StackSetName": .string(set.name), "StackSetId": .string(set.id),
            "Status": set.isDeleted ? "DELETED" : "ACTIVE", "PermissionModel": "SELF_MANAGED",
            "ManagedExecution": ["Active": .bool(set.isManaged)],
        ]
        view["Description"] = set.description.map(JSON.string)
        return view
    }

    private func listSets(_ call: Call) async throws -> Reply {
        try StackSetRequest(call).checkSelfManaged()
        let status = call.input["Status"]?.string
        let sets = try await ledger.list(StackSetStore.sets, prefix: call.caller.scope).map(\.value)
            .filter { status == nil || ($0.isDeleted ? "DELETED" : "ACTIVE") == status }
        return Reply(
            try page(sets, call).answer("Summaries") { set in
                var view = Self.view(set)
                view["DriftStatus"] = set.drift?["DriftStatus"] ?? "NOT_CHECKED"
                view["LastDriftCheckTimestamp"] = set.drift?["LastDriftCheckTimestamp"]
                return view
            })
    }

    // MARK: Instances

    private func instance(_ call: Call, of set: StackSet) async throws -> StackInstance {
        let target = StackSetOperation.Target(
            account: call.input["StackInstanceAccount"]?.string ?? "",
            region: call.input["StackInstanceRegion"]?.string ?? "")
        guard let found = try await ledger.get(StackSetStore.instances, StackSetStore.key(set.id, target))?.value else {
            throw StackSetError.missingInstance(target, set)
        }
        return found
    }

    private func describeInstance(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let instance = try await instance(call, of: set)
        var view = Self.view(instance)
        view["ParameterOverrides"] = .array(
            instance.overrides.sorted { $0.key < $1.key }.map { name, value in
                let isSecret = set.revision.parameters.contains { $0.name == name && $0.isNoEcho }
                return ["ParameterKey": .string(name), "ParameterValue": .string(isSecret ? "****" : value)]
            })
        return Reply(["StackInstance": view])
    }

    private static func view(_ instance: StackInstance) -> JSON {
        var view: JSON = [
            "StackSetId": .string(instance.setID), "Account": .string(instance.account),
            "Region": .string(instance.region), "Status": .string(instance.status),
            "StackInstanceStatus": ["DetailedStatus": .string(instance.detailedStatus)],
            "DriftStatus": .string(instance.driftStatus),
        ]
        view["StackId"] = instance.stackID.map(JSON.string)
        view["StatusReason"] = instance.reason.map(JSON.string)
        view["LastDriftCheckTimestamp"] = instance.driftTime.map { .double($0.seconds) }
        view["LastOperationId"] = instance.lastOperationID.map(JSON.string)
        return view
    }

    private func listInstances(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let account = call.input["StackInstanceAccount"]?.string
        let region = call.input["StackInstanceRegion"]?.string
        let filters = (call.input["Filters"]?.array ?? []).map { ($0["Name"]?.string, $0["Values"]?.string) }
        let found = try await ledger.list(StackSetStore.instances, prefix: set.id + "|").map(\.value)
            .filter { account == nil || $0.account == account }.filter { region == nil || $0.region == region }
            .filter { instance in
                filters.allSatisfy { name, value in
                    switch name {
                    case "DETAILED_STATUS": instance.detailedStatus == value
                    case "LAST_OPERATION_ID": instance.lastOperationID == value
                    default: instance.driftStatus == value
                    }
                }
            }
        return Reply(try page(found, call).answer("Summaries", Self.view))
    }

    private func listInstanceDrifts(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let instance = try await instance(call, of: set)
        _ = try await operation(call, of: set)
        let wanted = Set(call.input["StackInstanceResourceDriftStatuses"]?.array?.compactMap(\.string) ?? [])
        guard let id = instance.stackID else { return Reply(["Summaries": []]) }
        let seen = try await stacks.driftSummaries(of: id, wanted)
        return Reply(try page(seen, call).answer("Summaries") { $0 })
    }

    // MARK: Operations

    private func operation(_ call: Call, of set: StackSet) async throws -> StackSetOperation.Record {
        let id = call.input["OperationId"]?.string ?? ""
        guard let found = try await ledger.get(StackSetStore.operations, Self.operationPrefix(set) + id)?.value else {
            throw StackSetError.missingOperation(id)
        }
        return found
    }

    private func describeSetOperation(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let record = try await operation(call, of: set)
        var view = Self.view(record)
        let machine = try await runner.machine(Self.operationPrefix(set) + record.operationID)
        let failed = machine?.results.values.count { $0.status == "FAILED" } ?? 0
        view["StatusDetails"] = ["FailedStackInstancesCount": .int(failed)]
        view["StackSetId"] = .string(set.id)
        view["RetainStacks"] = record.retainsStacks.map(JSON.bool)
        view["AdministrationRoleARN"] = record.administrationRoleARN.map(JSON.string)
        view["ExecutionRoleName"] = record.executionRoleName.map(JSON.string)
        view["StackSetDriftDetectionDetails"] = record.drift
        return Reply(["StackSetOperation": view])
    }

    private static func view(_ record: StackSetOperation.Record) -> JSON {
        var view: JSON = [
            "OperationId": .string(record.operationID), "Action": .string(record.action),
            "Status": .string(record.status), "CreationTimestamp": .double(record.created.seconds),
        ]
        view["EndTimestamp"] = record.ended.map { .double($0.seconds) }
        view["OperationPreferences"] = record.preferences
        return view
    }

    private func listSetOperations(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let all = try await ledger.list(StackSetStore.operations, prefix: Self.operationPrefix(set)).map(\.value)
            .sorted { $0.created > $1.created }
        return Reply(try page(all, call).answer("Summaries", Self.view))
    }

    private func listSetResults(_ call: Call) async throws -> Reply {
        let set = try await asked(call)
        let record = try await operation(call, of: set)
        let status = call.input["Filters"]?.array?.first?["Values"]?.string
        let machine = try await runner.machine(Self.operationPrefix(set) + record.operationID)
        let results = record.targets.compactMap { target in
            machine?.results[StackSetOperation.key(target)].map { (target, $0) }
        }.filter { status == nil || $0.1.status == status }
        return Reply(
            try page(results, call).answer("Summaries") { target, result in
                var view: JSON = [
                    "Account": .string(target.account), "Region": .string(target.region),
                    "Status": .string(result.status),
                    "AccountGateResult": ["Status": "SKIPPED", "StatusReason": "There is no account gate function."],
                ]
                view["StatusReason"] = result.reason.map(JSON.string)
                return view
            })
    }
}
