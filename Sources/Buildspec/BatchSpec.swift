/// The `batch` of a build specification: several builds from one.
///
/// Source: CodeBuild User Guide, "Batch build buildspec reference".
package struct BatchSpec: Sendable, Hashable, Codable {
    /// Whether the others are stopped as soon as one fails.
    package var failsFast = false
    /// How the builds are described.
    package var kind: Kind

    /// The four ways to describe them.
    package enum Kind: Sendable, Hashable, Codable {
        /// Builds that wait for one another.
        case graph([Entry])
        /// Builds side by side.
        case list([Entry])
        /// One build for each combination.
        case matrix(Matrix)
        /// The same build that often, its tests shared out.
        case fanout(parallelism: Int, ignoresFailure: Bool)
    }

    /// One build.
    package struct Entry: Sendable, Hashable, Codable {
        /// Its name in the batch.
        package var identifier: String
        /// Another specification's path, or its text; nil for this one.
        package var buildspec: String?
        /// The builds it waits for.
        package var dependsOn: [String] = []
        /// What is different in its environment.
        package var environment = Environment()
        /// Whether the batch may succeed without it.
        package var ignoresFailure = false
        /// Whether a person may look into it.
        package var allowsDebugging = false
    }

    /// What a build's environment has instead of the project's.
    package struct Environment: Sendable, Hashable, Codable {
        /// Each nil where the project's counts.
        package var computeType: String?, fleet: String?, image: String?, type: String?, isPrivileged: Bool?
        /// Variables on top of the project's.
        package var variables: [String: String] = [:]
    }

    /// Lists of which each combination makes a build.
    package struct Matrix: Sendable, Hashable, Codable {
        /// Whether the batch may succeed without one of them, and what is the same for all.
        package var ignoresFailure = false, environment = Environment()
        /// The lists; an empty one leaves the project's setting.
        package var buildspecs: [String] = [], computeTypes: [String] = [], images: [String] = []
        /// Lists of values by variable, in the order written.
        package var variables: [Axis] = []

        /// The values of one variable.
        package struct Axis: Sendable, Hashable, Codable {
            /// The variable's name and its values.
            package var name: String, values: [String]
        }
    }
}
