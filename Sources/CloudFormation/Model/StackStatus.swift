/// Where a stack stands, in CloudFormation's words.
package enum StackStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case createInProgress = "CREATE_IN_PROGRESS"
    case createFailed = "CREATE_FAILED"
    case createComplete = "CREATE_COMPLETE"
    case rollbackInProgress = "ROLLBACK_IN_PROGRESS"
    case rollbackFailed = "ROLLBACK_FAILED"
    case rollbackComplete = "ROLLBACK_COMPLETE"
    case deleteInProgress = "DELETE_IN_PROGRESS"
    case deleteFailed = "DELETE_FAILED"
    case deleteComplete = "DELETE_COMPLETE"
    case updateInProgress = "UPDATE_IN_PROGRESS"
    case updateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    case updateComplete = "UPDATE_COMPLETE"
    case updateFailed = "UPDATE_FAILED"
    case updateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS"
    case updateRollbackFailed = "UPDATE_ROLLBACK_FAILED"
    case updateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    case updateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE"
    case reviewInProgress = "REVIEW_IN_PROGRESS"
    case importInProgress = "IMPORT_IN_PROGRESS"
    case importComplete = "IMPORT_COMPLETE"
    case importRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS"
    case importRollbackComplete = "IMPORT_ROLLBACK_COMPLETE"

    /// Whether an operation is under way.
    package var isInProgress: Bool { rawValue.hasSuffix("_IN_PROGRESS") && self != .reviewInProgress }

    /// Whether UpdateStack may begin. After a failed update without rollback it may, so that the fix can be tried.
    var isUpdatable: Bool {
        switch self {
        case .createComplete, .updateComplete, .updateRollbackComplete, .updateFailed, .createFailed: true
        case .importComplete, .importRollbackComplete: true
        default: false
        }
    }

    /// Whether the stack was left half-way between its last good state and another.
    var isHalfway: Bool {
        switch self {
        case .createFailed, .updateFailed, .updateRollbackFailed, .rollbackFailed: true
        default: false
        }
    }
}

/// Where a resource stands, in CloudFormation's words.
package enum ResourceStatus: String, Codable, Sendable, Hashable {
    case createInProgress = "CREATE_IN_PROGRESS"
    case createFailed = "CREATE_FAILED"
    case createComplete = "CREATE_COMPLETE"
    case updateInProgress = "UPDATE_IN_PROGRESS"
    case updateFailed = "UPDATE_FAILED"
    case updateComplete = "UPDATE_COMPLETE"
    case deleteInProgress = "DELETE_IN_PROGRESS"
    case deleteFailed = "DELETE_FAILED"
    case deleteComplete = "DELETE_COMPLETE"
    case deleteSkipped = "DELETE_SKIPPED"
    case importInProgress = "IMPORT_IN_PROGRESS"
    case importComplete = "IMPORT_COMPLETE"
    case importFailed = "IMPORT_FAILED"
}
