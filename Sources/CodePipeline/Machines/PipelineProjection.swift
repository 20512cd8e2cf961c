internal import Ledger
internal import Notation

/// Makes documents of the executions that end, in the write of the step that ends them.
enum PipelineProjection {
    /// What it changes is changed with the machine or not at all.
    static func project(
        _ transaction: Transaction, _ id: String, _ before: PipelineMachine?, _ after: PipelineMachine
    ) throws {
        for execution in after.ended {
            let finished = FinishedExecution(pipeline: after.pipeline, execution: execution)
            try transaction.put(FinishedExecution.collection, finished.key, finished)
            try dropOld(execution, after, transaction)
        }
    }

    /// Keeps the history within its bound: each end may push one out.
    private static func dropOld(_ execution: Execution, _ machine: PipelineMachine, _ transaction: Transaction) throws {
        let oldest = "\(machine.pipeline.machine)/\(execution.number - FinishedExecution.keptCount)"
        for old in try transaction.find(FinishedExecution.collection, "number", oldest, limit: 1) {
            try forget(old, transaction)
        }
    }

    private static func forget(_ old: Document<FinishedExecution>, _ transaction: Transaction) throws {
        try transaction.delete(FinishedExecution.collection, old.key)
        try Job.remove(of: old.value.execution, in: transaction)
    }
}
