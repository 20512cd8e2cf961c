package import Cloud
package import Notation

/// How the invocation of a hook function ended. What the function *reports* comes through
/// PutLifecycleEventHookExecutionStatus.
package enum HookEnd: Sendable, Hashable {
    /// It was accepted and nothing more will be known of it.
    case accepted
    /// The function returned; whether it reported is another matter.
    case returned
    /// It could not be invoked at all.
    case refused(String)
    /// It failed for good: threw, timed out, or its process died.
    case failed(reason: String, logTail: String)
}

/// What a deployment needs of Lambda to ask a function for its judgement.
package protocol HookInvoker: Sendable {
    /// Invokes the function and returns when it is known how that ended.
    ///
    /// - Parameters:
    ///   - key: The same for every repeat after a crash: an invocation of that key that is under way or was answered
    ///     is not made again
    ///     where the invoker can tell.
    ///   - isStrict: Whether to invoke as AWS does, asynchronously, and return as soon as that is accepted.
    /// - Throws: When the attempt was cut short, for another.
    func invoke(_ function: String, payload: JSON, key: String, isStrict: Bool, as caller: Caller) async throws
        -> HookEnd
}
