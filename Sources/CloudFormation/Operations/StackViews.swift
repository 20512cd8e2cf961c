internal import CloudFormationTemplate
package import Notation

/// Stacks, resources and events as CloudFormation answers with them.
package enum StackViews {
    static func stack(_ stack: Stack) -> JSON {
        var view: JSON = [
            "StackId": .string(stack.id), "StackName": .string(stack.name),
            "CreationTime": .double(stack.created.seconds),
            "StackStatus": .string(stack.status.rawValue), "DisableRollback": .bool(stack.isRollbackDisabled),
            "NotificationARNs": .array(stack.revision.notificationARNs.map(JSON.string)),
            "Capabilities": .array(stack.revision.capabilities.map(JSON.string)),
            "Tags": tags(stack.revision.tags), "Parameters": parameters(stack.revision.parameters),
            "EnableTerminationProtection": .bool(stack.isProtected),
            "DriftInformation": drift(stack),
        ]
        view["Description"] = stack.revision.description.map(JSON.string)
        view["StackStatusReason"] = stack.reason.map(JSON.string)
        view["LastUpdatedTime"] = stack.updated.map { .double($0.seconds) }
        view["DeletionTime"] = stack.deleted.map { .double($0.seconds) }
        view["RoleARN"] = stack.revision.roleARN.map(JSON.string)
        view["TimeoutInMinutes"] = stack.timeoutMinutes.map(JSON.int)
        view["ParentId"] = stack.parentID.map(JSON.string)
        view["RootId"] = stack.rootID.map(JSON.string)
        view["ChangeSetId"] = stack.changeSetID.map(JSON.string)
        view["DeploymentConfig"] = stack.deployment?.view
        view["LastOperations"] = stack.operationID.flatMap { id in
            let type = stack.operationType ?? ""
            guard type != "IMPORT_STACK" else { return nil }  // AWS has no word for it
            return [["OperationId": .string(id), "OperationType": .string(type)]]
        }
        view["RollbackConfiguration"] = monitor(stack.revision.monitor)
        let outputs = stack.revision.outputs
        if !outputs.isEmpty { view["Outputs"] = .array(outputs.map(output)) }
        return view
    }

    private static func drift(_ stack: Stack) -> JSON {
        var view: JSON = ["StackDriftStatus": .string(stack.driftStatus ?? "NOT_CHECKED")]
        view["LastCheckTimestamp"] = stack.driftTime.map { .double($0.seconds) }
        return view
    }

    private static func drift(_ resource: StackResource) -> JSON {
        var view: JSON = ["StackResourceDriftStatus": .string((resource.drift?.status ?? .notChecked).rawValue)]
        view["LastCheckTimestamp"] = resource.drift.map { .double($0.time.seconds) }
        return view
    }

    static func monitor(_ monitor: StackOperation.Monitor?) -> JSON {
        guard let monitor else { return [:] }
        let kinds = monitor.kinds ?? monitor.alarms.map { _ in "AWS::CloudWatch::Alarm" }
        return [
            "RollbackTriggers": .array(
                zip(monitor.alarms, kinds).map { ["Arn": .string($0), "Type": .string($1)] }),
            "MonitoringTimeInMinutes": .int(monitor.minutes),
        ]
    }

    static func summary(_ stack: Stack) -> JSON {
        var view: JSON = [
            "StackId": .string(stack.id), "StackName": .string(stack.name),
            "CreationTime": .double(stack.created.seconds),
            "StackStatus": .string(stack.status.rawValue), "DriftInformation": drift(stack),
        ]
        view["TemplateDescription"] = stack.revision.description.map(JSON.string)
        view["StackStatusReason"] = stack.reason.map(JSON.string)
        view["LastUpdatedTime"] = stack.updated.map { .double($0.seconds) }
        view["DeletionTime"] = stack.deleted.map { .double($0.seconds) }
        view["ParentId"] = stack.parentID.map(JSON.string)
        view["RootId"] = stack.rootID.map(JSON.string)
        return view
    }

    private static func output(_ output: StackOperation.OutputValue) -> JSON {
        var view: JSON = ["OutputKey": .string(output.name), "OutputValue": .string(output.value)]
        view["Description"] = output.description.map(JSON.string)
        view["ExportName"] = output.exportName.map(JSON.string)
        return view
    }

    /// Tags as the API answers with them.
    package static func tags(_ tags: [Stack.Tag]) -> JSON {
        .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    /// Parameters as the API answers with them: no secret is shown.
    package static func parameters(_ parameters: [Stack.Parameter]) -> JSON {
        .array(
            parameters.map { parameter in
                var view: JSON = [
                    "ParameterKey": .string(parameter.name),
                    "ParameterValue": .string(parameter.isNoEcho ? "****" : parameter.value),
                ]
                view["ResolvedValue"] = parameter.isNoEcho ? Optional.none : parameter.resolved.map(JSON.string)
                return view
            })
    }

    /// - Parameter timeMember: `Timestamp`, or `LastUpdatedTimestamp` in the newer operations.
    static func resource(_ resource: StackResource, timeMember: String) -> JSON {
        var view: JSON = [
            "LogicalResourceId": .string(resource.logicalID), "ResourceType": .string(resource.type),
            "ResourceStatus": .string(resource.status.rawValue),
            "DriftInformation": drift(resource),
        ]
        view[timeMember] = .double(resource.updated.seconds)
        let physicalID = resource.current?.physicalID ?? resource.leaving.last?.deployed.physicalID
        view["PhysicalResourceId"] = physicalID.map(JSON.string)
        view["ResourceStatusReason"] = resource.reason.map(JSON.string)
        view["ModuleInfo"] = resource.moduleInfo
        return view
    }

    static func event(_ event: StackEvent, _ stack: Stack) -> JSON {
        var view: JSON = [
            "StackId": .string(stack.id), "StackName": .string(stack.name), "EventId": .string(event.id),
            "LogicalResourceId": .string(event.logicalID), "PhysicalResourceId": .string(event.physicalID),
            "ResourceType": .string(event.type), "Timestamp": .double(event.time.seconds),
            "ResourceStatus": .string(event.status), "OperationId": .string(event.operationID),
        ]
        view["ResourceStatusReason"] = event.reason.map(JSON.string)
        view["ResourceProperties"] = event.properties.map(JSON.string)
        view["ClientRequestToken"] = event.token.map(JSON.string)
        if let hook = event.hook {
            view["HookType"] = .string(hook.type)
            view["HookStatus"] = .string(hook.status)
            view["HookStatusReason"] = .string(hook.reason)
            view["HookInvocationPoint"] = "PRE_PROVISION"
            view["HookFailureMode"] = .string(hook.mode)
        }
        return view
    }
}
