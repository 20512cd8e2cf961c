package import Cloud
package import Ledger
package import ServiceLifecycle

/// AWS CodeCommit: repositories on real git, their files and history, pull requests, triggers.
///
/// Objects and references lie in bare git repositories below the data folder; everything else, and where each reference
/// was last told to stand, in the ledger. What a crash left between the two is put right at the next start.
package struct CodeCommitService: CloudService {
    /// The id in AWS's models.
    package let id = "codecommit"
    let cloud: Cloud
    let ledger: Ledger
    let store: RepositoryStore
    let book: ReferenceBook
    let maintenance: Maintenance
    let guests: (any GitGuests)?
    let region: String

    /// The service behind that door. Makes nothing yet.
    ///
    /// - Parameters:
    ///   - guests: Who may use git over HTTP; without it nobody may.
    ///   - region: Where a repository is looked for first when git's request names no region.
    package init(cloud: Cloud, ledger: Ledger, guests: (any GitGuests)? = nil, region: String = "us-east-1") {
        self.init(cloud: cloud, ledger: ledger, guests: guests, region: region, limits: Git.Limits())
    }

    init(cloud: Cloud, ledger: Ledger, guests: (any GitGuests)?, region: String, limits: Git.Limits) {
        self.cloud = cloud
        self.ledger = ledger
        self.guests = guests
        self.region = region
        store = RepositoryStore(
            root: ledger.folder + "/repositories", limits: limits, run: ledger.surroundings.chance.uuid(),
            started: ledger.surroundings.now)
        let deliveries = TriggerRun.makeRunner(ledger)
        deliveries.use(TriggerPerformer(cloud: cloud))
        book = ReferenceBook(ledger: ledger, store: store, deliveries: deliveries)
        maintenance = Maintenance(store: store)
    }

    /// All 79 operations of the API.
    package var operations: [Operation] {
        repositoryOperations + repositorySettings + branchOperations + tagOperations + readingOperations
            + differenceOperations
            + historyOperations + fileOperations + commitOperations + mergeReads + mergeOperations
            + pullRequestOperations
            + pullRequestReads + pullRequestMerges + ruleOperations + approvalOperations + templateOperations
            + associationOperations + commentOperations + commentReads + reactionOperations + triggerOperations
    }

    /// AWS::CodeCommit::Repository.
    package var resourceTypes: [ResourceType] { [repositoryType] }

    /// What runs for as long as the house is open: the comparison after a crash, trigger deliveries, the packing of
    /// repositories.
    package var services: [any Service] { [Reconciler(book), book.deliveries, maintenance] }
}
