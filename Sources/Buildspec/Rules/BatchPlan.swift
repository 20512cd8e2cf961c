/// The builds of a batch, and what is to be done about them next.
///
/// Source: CodeBuild User Guide, "Run builds in batches".
package struct BatchPlan: Sendable, Hashable, Codable {
    /// A batch makes at most so many builds, unless its project says less.
    package static let buildLimit = 100

    /// One build.
    package struct Build: Sendable, Hashable, Codable {
        /// What the specification says of it; builds of a matrix are named by their number.
        package var entry: BatchSpec.Entry
        /// The place among builds that share their tests, and how many those are; nil outside a fanout.
        package var share: Share?
    }

    /// A place among equals.
    package struct Share: Sendable, Hashable, Codable {
        /// The place, from 0, and the number of places.
        package var index: Int, count: Int

        /// That place among so many.
        package init(index: Int, count: Int) {
            self.index = index
            self.count = count
        }
    }

    /// Where a build stands.
    package enum State: String, Sendable, Hashable, Codable { case waiting, running, succeeded, failed, stopped }

    /// What is to be done, and whether the batch is over.
    package struct Decision: Sendable, Hashable {
        /// Builds that can begin now.
        package var start: [String] = []
        /// Builds that can never begin, because one they wait for did not succeed.
        package var blocked: [String] = []
        /// Builds that are to be stopped, because another failed.
        package var stop: [String] = []
        /// Whether the batch succeeded; nil while it goes on.
        package var verdict: Bool?
    }

    /// The builds, in the order of the specification.
    package let builds: [Build]
    /// Whether the others are stopped as soon as one fails.
    package let failsFast: Bool

    /// Makes the builds of a batch.
    package init(_ batch: BatchSpec) {
        failsFast = batch.failsFast
        switch batch.kind {
        case .graph(let entries), .list(let entries): builds = entries.map { Build(entry: $0) }
        case .matrix(let matrix): builds = Self.combinations(matrix)
        case .fanout(let count, let ignores):
            builds = (0..<count).map { index in
                var entry = BatchSpec.Entry(identifier: "build\(index)")
                entry.ignoresFailure = ignores
                return Build(entry: entry, share: Share(index: index, count: count))
            }
        }
    }

    // MARK: Matrix

    /// How many builds a matrix makes.
    static func size(of matrix: BatchSpec.Matrix) -> Int {
        let lists = [matrix.buildspecs.count, matrix.computeTypes.count, matrix.images.count]
        return (lists + matrix.variables.map(\.values.count)).reduce(1) { min($0 * max($1, 1), buildLimit + 1) }
    }

    private static func combinations(_ matrix: BatchSpec.Matrix) -> [Build] {
        var first = BatchSpec.Entry(identifier: "build")
        first.environment = matrix.environment
        first.ignoresFailure = matrix.ignoresFailure
        var entries = [first]
        func cross(_ values: [String], _ set: (inout BatchSpec.Entry, String) -> Void) {
            guard !values.isEmpty else { return }
            entries = entries.flatMap { entry in
                values.map { value in
                    var entry = entry
                    set(&entry, value)
                    return entry
                }
            }
        }
        cross(matrix.buildspecs) { $0.buildspec = $1 }
        cross(matrix.computeTypes) { $0.environment.computeType = $1 }
        cross(matrix.images) { $0.environment.image = $1 }
        for axis in matrix.variables { cross(axis.values) { $0.environment.variables[axis.name] = $1 } }
        return entries.enumerated().map { index, entry in
            var entry = entry
            entry.identifier = "build\(index)"
            return Build(entry: entry)
        }
    }

    // MARK: What is next

    /// What is to be done, given where each build stands; one that is not named waits.
    ///
    /// A build begins when all it waits for succeeded, or failed and may fail. The batch ends when nothing runs and
    /// nothing can begin; it succeeded if every build did, except those that may fail.
    package func decide(_ states: [String: State]) -> Decision {
        var decision = Decision()
        let failed = builds.contains { states[$0.entry.identifier] == .failed && !$0.entry.ignoresFailure }
        let stopped = builds.contains { states[$0.entry.identifier] == .stopped }
        let settled = settle(states)
        let mayStart = !stopped && !(failsFast && failed)
        var isRunning = false
        for build in builds {
            let name = build.entry.identifier
            switch states[name] ?? .waiting {
            case .waiting:
                if settled[name] == .stopped || !mayStart {
                    decision.blocked.append(name)
                } else if build.entry.dependsOn.allSatisfy({ passes($0, settled) }) {
                    decision.start.append(name)
                }
            case .running:
                isRunning = true
                if failsFast, failed { decision.stop.append(name) }
            case .succeeded, .failed, .stopped: break
            }
        }
        guard !isRunning, decision.start.isEmpty else { return decision }
        decision.verdict = builds.allSatisfy { build in
            let state = states[build.entry.identifier] ?? .waiting
            return state == .succeeded || (state == .failed && build.entry.ignoresFailure)
        }
        return decision
    }

    /// The states with builds that can never begin counted as stopped, as far as that spreads.
    private func settle(_ states: [String: State]) -> [String: State] {
        var settled = states
        var isChanging = true
        while isChanging {
            isChanging = false
            for build in builds where (settled[build.entry.identifier] ?? .waiting) == .waiting {
                if build.entry.dependsOn.contains(where: { isLost($0, settled) }) {
                    settled[build.entry.identifier] = .stopped
                    isChanging = true
                }
            }
        }
        return settled
    }

    private func passes(_ name: String, _ states: [String: State]) -> Bool {
        states[name] == .succeeded || (states[name] == .failed && ignoresFailure(name))
    }

    private func isLost(_ name: String, _ states: [String: State]) -> Bool {
        states[name] == .stopped || (states[name] == .failed && !ignoresFailure(name))
    }

    private func ignoresFailure(_ name: String) -> Bool {
        builds.first { $0.entry.identifier == name }?.entry.ignoresFailure ?? false
    }
}
