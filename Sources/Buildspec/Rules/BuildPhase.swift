/// A stage of a build's life, in order. Source: CodeBuild User Guide, "Build phase transitions".
package enum BuildPhase: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case submitted = "SUBMITTED", queued = "QUEUED", provisioning = "PROVISIONING", downloadSource = "DOWNLOAD_SOURCE"
    case install = "INSTALL", preBuild = "PRE_BUILD", build = "BUILD", postBuild = "POST_BUILD"
    case uploadArtifacts = "UPLOAD_ARTIFACTS", finalizing = "FINALIZING", completed = "COMPLETED"

    /// The commands' phase of that name.
    package init(_ name: Buildspec.PhaseName) {
        self =
            switch name {
            case .install: .install
            case .preBuild: .preBuild
            case .build: .build
            case .postBuild: .postBuild
            }
    }

    /// The part of the specification that this phase runs; nil where the service works by itself.
    package var specName: Buildspec.PhaseName? {
        switch self {
        case .install: .install
        case .preBuild: .preBuild
        case .build: .build
        case .postBuild: .postBuild
        default: nil
        }
    }

    /// The phase that comes next when nothing goes wrong; nil after the last.
    package var following: BuildPhase? {
        let all = Self.allCases
        guard let place = all.firstIndex(of: self), place + 1 < all.count else { return nil }
        return all[place + 1]
    }

    package static func < (left: BuildPhase, right: BuildPhase) -> Bool {
        guard let first = allCases.firstIndex(of: left), let second = allCases.firstIndex(of: right) else {
            return false
        }
        return first < second
    }
}

/// Which phase comes after one that ended. Source: CodeBuild User Guide, "Build phase transitions".
package enum PhaseTransition {
    /// How a phase ended.
    package enum Outcome: Sendable, Hashable {
        /// Well.
        case succeeded
        /// With a failure, after that many runs of the phase, the last with that output.
        case failed(runs: Int, output: String)

        /// With a failure, in its first run, without output to look at.
        package static let failed = Outcome.failed(runs: 1, output: "")
    }

    /// What is to be done next.
    package enum Step: Sendable, Hashable {
        /// Another phase begins.
        case enter(BuildPhase)
        /// The same phase is run again.
        case again
        /// Nothing: the build is over.
        case end
    }

    /// The next step. A phase that failed makes the build fail, whatever comes next; only a run that is repeated and
    /// then goes well leaves no trace.
    package static func next(after phase: BuildPhase, _ outcome: Outcome, onFailure: OnFailure? = nil) -> Step {
        guard let following = phase.following else { return .end }
        guard case .failed(let runs, let output) = outcome, phase < .finalizing else { return .enter(following) }
        guard phase.specName != nil else { return .enter(.finalizing) }
        switch onFailure {
        case .abort?: return .enter(.finalizing)
        case .proceed?: return .enter(following)
        case .retry?:
            return onFailure?.runsAgain(afterRuns: runs, output: output) == true ? .again : .enter(.finalizing)
        case nil:
            // Before the build itself there is nothing worth keeping; after it there may be.
            return .enter(phase < .build ? .finalizing : following)
        }
    }
}
