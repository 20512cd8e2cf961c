/// What a compute type gives a build. Source: AWS CodeBuild User Guide, "Build environment compute modes and types".
struct ComputeSize: Equatable {
    let cpus: Double
    let memoryBytes: Int
    /// What the type itself says of the disk; nil where it says nothing that this machine should promise.
    var diskBytes: Int?

    /// The size of that environment.
    init(_ environment: EnvironmentSettings) {
        let gigabyte = 1 << 30
        let known: [String: (Double, Int)] = [
            "BUILD_GENERAL1_SMALL": (2, 4), "BUILD_GENERAL1_MEDIUM": (4, 8), "BUILD_GENERAL1_LARGE": (8, 16),
            "BUILD_GENERAL1_XLARGE": (36, 72), "BUILD_GENERAL1_2XLARGE": (72, 144), "BUILD_LAMBDA_1GB": (2, 1),
            "BUILD_LAMBDA_2GB": (2, 2), "BUILD_LAMBDA_4GB": (2, 4), "BUILD_LAMBDA_8GB": (4, 8),
            "BUILD_LAMBDA_10GB": (4, 10),
        ]
        let asked = environment.computeConfiguration
        let (cpus, memory) = known[environment.computeType] ?? (2, 4)
        self.cpus = asked?.vCpu.map(Double.init) ?? cpus
        memoryBytes = (asked?.memory ?? memory) * gigabyte
        diskBytes = asked?.disk.map { $0 * gigabyte }
    }
}
