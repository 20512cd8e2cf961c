import Notation

/// A kind of event that a function or state machine can be started by.
protocol EventSource: Sendable {
    /// Checks what the event refers to, before anything is generated for the resource it belongs to.
    ///
    /// - Throws: ``Fault``; an event's fault is told as one of the resource.
    func link(_ event: Declaration, in translation: Translation) throws

    /// What has to be there for the event to reach its target. May write into declared resources (an API's
    /// definition, a bucket's notifications) and complete the target's role.
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource]
}

extension EventSource {
    /// Nothing to check, unless the kind says otherwise.
    func link(_ event: Declaration, in translation: Translation) throws {}
}

/// What an event starts.
struct EventTarget {
    /// The alias of the function if it has one, else the function; the state machine (or its alias).
    let resource: Resource
    /// The role the function runs with. Generated even where the template gives a role, and then not used.
    let role: Resource?
    /// The boundary that a state machine's roles are kept within.
    var permissionsBoundary: JSON?

    /// The name to call it by: `Ref` of a function, and of an alias (whose `Ref` is its ARN).
    var name: JSON { resource.ref }

    /// The ARN.
    var arn: JSON {
        switch resource.type {
        case "AWS::Lambda::Function": resource.getAtt("Arn")
        default: resource.ref
        }
    }

    /// The condition, deletion policy and so on that what is generated takes over.
    var passedOnAttributes: JSONObject { resource.passedOnAttributes }
}
