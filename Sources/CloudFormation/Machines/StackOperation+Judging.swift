internal import Notation

/// Hooks for stacks: asked before anything of the operation is done. One that fails ends it as a failed resource
/// would.
///
/// Source: "CloudFormation Hooks concepts" in the Hooks User Guide: a `STACK` target is judged when the operation on
/// the stack begins, and `FAIL` stops the operation.
extension StackOperation {
    /// Whether hooks are to be asked first: whoever began the operation found some that apply.
    mutating func isJudging() -> Bool {
        guard subject.judged != nil else { return false }
        phase = .judging
        tokens += 1
        outbox.commands.append(.judge(token: "\(subject.operationID)-\(tokens)"))
        return true
    }

    /// The hooks have spoken: nil when none that stops is discontent. A repeat changes nothing.
    mutating func judged(_ problem: String?) {
        guard phase == .judging else { return }
        guard let problem else { return goAhead() }
        guard intent == .delete else { return stop(because: problem + ". ") }
        setStatus(.deleteFailed, problem)
        phase = .over
    }

    /// Begins with what the operation is for.
    mutating func goAhead() {
        switch intent {
        case .create, .adopt: beginForward()
        case .update:
            takeObserved()
            beginForward()
        case .delete: return beginDeletingAll()
        case .rollback: return
        }
        if intent != .adopt { watchAlarms() }
    }
}
