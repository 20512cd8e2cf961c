internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What a resource has because another resource of a stack gave it: a role's policies that are an `AWS::IAM::Policy` of
/// their own, a topic's subscriptions, a bus's statements, and the stack's own tags.
///
/// It is not the resource's to drift by, and above all not a revert's to take away. Source: AWS CloudFormation User Guide,
/// "Detect unmanaged configuration changes", Considerations: resources that can have attachments. AWS looks at the stack's
/// own template; here other stacks of the account are looked at as well.
struct OwnedElsewhere {
    let ledger: Ledger

    /// The properties without what others own and the stack's own template does not ask of this resource.
    func left(
        out actual: JSON, of resource: StackResource, in stack: Stack, expected: JSON
    ) async throws -> JSON {
        guard let current = resource.current else { return actual }
        var actual = actual
        actual["Tags"] = withoutStackTags(actual["Tags"], stack, expected["Tags"])
        let ways = Self.ways[current.type, default: []].filter { expected[$0.property] != nil }
        guard ways.contains(where: { !$0.elements(actual).isEmpty }) else { return actual }
        let others = try await attachments(ways, besides: resource, of: stack)
        for way in ways {
            let asked = way.elements(expected)
            way.filter(&actual) { element in
                asked.contains { way.isSame($0, element) }
                    || !others.contains { way.types.contains($0.type) && way.gives($0, element, current.physicalID) }
            }
        }
        return actual
    }

    /// The tags without those that CloudFormation puts on everything and those of the stack.
    private func withoutStackTags(_ tags: JSON?, _ stack: Stack, _ asked: JSON?) -> JSON? {
        let given = StackRules.tags(stack.revision.tags)
        // A few types have a map of tags.
        if let tags = tags?.object {
            return .object(
                tags.filter { key, value in
                    asked?[key] != nil || !key.hasPrefix("aws:") && given[key] != value.string
                })
        }
        guard let tags = tags?.array else { return tags }
        let keys = Set((asked?.array ?? []).compactMap { $0["Key"]?.string })
        return .array(
            tags.filter { tag in
                guard let key = tag["Key"]?.string, !keys.contains(key) else { return true }
                return !key.hasPrefix("aws:") && given[key] != tag["Value"]?.string
            })
    }

    /// The resources of the account's stacks that can give in one of these ways. IAM is the same in all regions.
    private func attachments(
        _ ways: [Way], besides resource: StackResource, of stack: Stack
    ) async throws -> [DeployedResource] {
        let types = Set(ways.flatMap(\.types))
        let own = StackStore.key(stack.id, resource.logicalID)
        let account = ":\(stack.account):stack/"
        return try await ledger.list(StackStore.resources, prefix: "arn:aws:cloudformation:").compactMap { entry in
            guard entry.key != own, entry.key.contains(account), let other = entry.value.current else { return nil }
            return types.contains(other.type) ? other : nil
        }
    }

    /// A way in which resources of some types give something to one of another.
    private struct Way: Sendable {
        /// The types of those that give.
        var types: Set<String>
        /// The property that shows it.
        var property: String
        /// The list in that property; empty when the property itself is the list.
        var list = ""
        /// Whether that resource gave this element to the one of that physical id.
        var gives: @Sendable (_ other: DeployedResource, _ element: JSON, _ id: String) -> Bool
        /// The member by which an element is known; nil when it is known by itself.
        var key: String?

        func elements(_ properties: JSON) -> [JSON] {
            let value = properties[property]
            return (list.isEmpty ? value : value?[list])?.array ?? []
        }

        func isSame(_ left: JSON, _ right: JSON) -> Bool {
            guard let key else { return left == right }
            return left[key] == right[key]
        }

        func filter(_ properties: inout JSON, _ isKept: (JSON) -> Bool) {
            let kept = JSON.array(elements(properties).filter(isKept))
            if list.isEmpty {
                if properties[property]?.array != nil { properties[property] = kept }
            } else if var document = properties[property], document[list]?.array != nil {
                document[list] = kept
                properties[property] = document
            }
        }
    }

    private static let ways: [String: [Way]] = {
        var ways: [String: [Way]] = [
            "AWS::SNS::Topic": [
                Way(types: ["AWS::SNS::Subscription"], property: "Subscription") { other, element, topic in
                    other.properties["TopicArn"]?.string == topic
                        && ["Protocol", "Endpoint"].allSatisfy { other.properties[$0] == element[$0] }
                }
            ],
            "AWS::Events::EventBus": [
                Way(
                    types: ["AWS::Events::EventBusPolicy"], property: "Policy", list: "Statement",
                    gives: { other, element, bus in
                        other.physicalID == "\(bus)|\(element["Sid"]?.string ?? "")"
                    }, key: "Sid")
            ],
        ]
        // The other way round: who a policy was attached to by those themselves.
        ways["AWS::IAM::ManagedPolicy"] = [("Role", "Roles"), ("User", "Users"), ("Group", "Groups")].map {
            kind, list in
            Way(types: ["AWS::IAM::" + kind], property: list) { other, element, policy in
                other.physicalID == element.string
                    && other.properties["ManagedPolicyArns"]?.array?.contains(.string(policy)) == true
            }
        }
        for (type, holders) in [("Role", "Roles"), ("User", "Users"), ("Group", "Groups")] {
            ways["AWS::IAM::" + type] = [
                Way(
                    types: ["AWS::IAM::Policy"], property: "Policies",
                    gives: { other, element, name in
                        other.properties[holders]?.array?.contains(.string(name)) == true
                            && other.properties["PolicyName"] == element["PolicyName"]
                    }, key: "PolicyName"),
                Way(types: ["AWS::IAM::ManagedPolicy"], property: "ManagedPolicyArns") { other, element, name in
                    other.properties[holders]?.array?.contains(.string(name)) == true
                        && element.string == other.physicalID
                },
            ]
        }
        return ways
    }()
}
