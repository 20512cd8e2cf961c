// swift-tools-version: 6.2
// The manifest is the map of the house: a target per room, arrows only downwards, and its tests beside it.
// What each room is for, and why the floors are as they are: docs/architecture.md.

import PackageDescription

let habits: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let libraries: [Target] = [
    .systemLibrary(name: "CLibYAML", path: "Sources/C/CLibYAML", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLibArchive", path: "Sources/C/CLibArchive", providers: [.apt(["libarchive-dev"])]),
]

/// The ground floor: what knows nothing of any service.
let ground: [Target] = [
    .target(name: "Notation", dependencies: ["CLibYAML"], swiftSettings: habits),
    .testTarget(name: "NotationTests", dependencies: ["CLibYAML", "Notation"], swiftSettings: habits),
    .target(name: "NotationTesting", swiftSettings: habits),
    .target(name: "HTTP", swiftSettings: habits),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: habits),
    .target(name: "Ledger", dependencies: ["Notation", grdb, lifecycle, log], swiftSettings: habits),
    .testTarget(
        name: "LedgerTests",
        dependencies: ["Ledger", "LedgerTesting", "Notation", grdb, lifecycle, log],
        swiftSettings: habits),
    .target(name: "LedgerTesting", dependencies: ["Ledger", "Notation", lifecycle, log], swiftSettings: habits),
    .target(name: "Wire", dependencies: ["HTTP", "Notation", crypto], swiftSettings: habits),
    .testTarget(name: "WireTests", dependencies: ["HTTP", "Notation", "Wire", crypto], swiftSettings: habits),
    .target(name: "Sandbox", dependencies: ["CLibArchive", "Notation", log], swiftSettings: habits),
    .testTarget(
        name: "SandboxTests", dependencies: ["CLibArchive", "Notation", "Sandbox", log], swiftSettings: habits),
    .target(
        name: "Traffic",
        dependencies: ["HTTP", "Notation", lifecycle, log, nioConcurrency, nioCore, nioHTTP1, nioPosix],
        swiftSettings: habits),
    .testTarget(
        name: "TrafficTests",
        dependencies: ["HTTP", "Notation", "Traffic", lifecycle, log, nioConcurrency, nioCore, nioHTTP1, nioPosix],
        swiftSettings: habits),
    .target(name: "Vault", dependencies: ["Ledger", crypto], swiftSettings: habits),
    .testTarget(
        name: "VaultTests", dependencies: ["Ledger", "LedgerTesting", "Vault", crypto], swiftSettings: habits),
]

/// The languages: pure, no input or output.
let languages: [Target] = [
    .target(name: "CloudFormationTemplate", dependencies: ["Notation", crypto], swiftSettings: habits),
    .testTarget(
        name: "CloudFormationTemplateTests",
        dependencies: ["CloudFormationTemplate", "Notation", crypto],
        swiftSettings: habits),
    .target(
        name: "SAMTransform",
        dependencies: ["Notation", crypto],
        exclude: ["Api/README.md", "README.md"], swiftSettings: habits),
    .testTarget(name: "SAMTransformTests", dependencies: ["Notation", "SAMTransform", crypto], swiftSettings: habits),
    .target(name: "Buildspec", dependencies: ["Notation", "Patterns"], swiftSettings: habits),
    .testTarget(
        name: "BuildspecTests",
        dependencies: ["Buildspec", "Notation", "NotationTesting", "Patterns"],
        swiftSettings: habits),
    .target(name: "TestReports", dependencies: ["Notation"], swiftSettings: habits),
    .testTarget(
        name: "TestReportsTests",
        dependencies: ["Notation", "NotationTesting", "TestReports"],
        swiftSettings: habits),
    .target(name: "Patterns", dependencies: ["Notation"], swiftSettings: habits),
    .testTarget(
        name: "PatternsTests", dependencies: ["Notation", "NotationTesting", "Patterns"], swiftSettings: habits),
    .target(name: "Guard", dependencies: ["Notation"], swiftSettings: habits),
    .testTarget(name: "GuardTests", dependencies: ["Guard", "Notation", "NotationTesting"], swiftSettings: habits),
    .target(name: "GitHooks", dependencies: ["Notation"], swiftSettings: habits),
    .testTarget(name: "GitHooksTests", dependencies: ["GitHooks", "Notation"], swiftSettings: habits),
]

/// The services. None knows another: they meet at the one door, `Cloud`. What CloudFormation has besides stacks are rooms
/// above it, which do not know each other either.
let services: [Target] = [
    .target(name: "Cloud", dependencies: ["HTTP", "Ledger", "Notation", log], swiftSettings: habits),
    .testTarget(
        name: "CloudTests",
        dependencies: ["Cloud", "CloudTesting", "HTTP", "Ledger", "Notation", log],
        swiftSettings: habits),
    .target(
        name: "CloudTesting",
        dependencies: ["Cloud", "HTTP", "Ledger", "LedgerTesting", "Notation"],
        swiftSettings: habits),
    .target(
        name: "STS",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "STSTests",
        dependencies: ["Cloud", "CloudTesting", "HTTP", "Ledger", "Notation", "STS", log],
        swiftSettings: habits),
    .target(
        name: "IAM",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", crypto, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "IAMTests",
        dependencies: ["Cloud", "CloudTesting", "HTTP", "IAM", "Ledger", "LedgerTesting", "Notation", crypto, log],
        swiftSettings: habits),
    .target(
        name: "SSM",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Vault", log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "SSMTests",
        dependencies: ["Cloud", "CloudTesting", "HTTP", "Ledger", "Notation", "SSM", "Vault", log],
        swiftSettings: habits),
    .target(
        name: "S3",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", crypto, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "S3Tests",
        dependencies: ["Cloud", "CloudTesting", "HTTP", "Ledger", "Notation", "S3", crypto, log],
        swiftSettings: habits),
    .target(
        name: "Logs",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", lifecycle, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "LogsTests",
        dependencies: [
            "Cloud", "CloudTesting", "HTTP", "Ledger", "LedgerTesting", "Logs", "Notation", lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CloudWatch",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", lifecycle, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CloudWatchTests",
        dependencies: [
            "Cloud", "CloudTesting", "CloudWatch", "HTTP", "Ledger", "LedgerTesting", "Notation", lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "Lambda",
        dependencies: [
            "Cloud", "HTTP", "Ledger", "Notation", "Patterns", "Sandbox", "Traffic", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .testTarget(
        name: "LambdaTests",
        dependencies: [
            "Cloud", "CloudTesting", "HTTP", "Lambda", "Ledger", "LedgerTesting", "Notation", "Patterns", "Sandbox",
            "Traffic", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CodeDeploy",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", crypto, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CodeDeployTests",
        dependencies: [
            "Cloud", "CloudTesting", "CodeDeploy", "HTTP", "Ledger", "LedgerTesting", "Notation", crypto, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CloudFormation",
        dependencies: [
            "Cloud", "CloudFormationTemplate", "Guard", "HTTP", "Ledger", "Notation", "SAMTransform", crypto, lifecycle,
            log,
        ],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CloudFormationTests",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "CloudFormationTesting", "CloudTesting", "Guard",
            "HTTP", "Ledger", "LedgerTesting", "Notation", "SAMTransform", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CloudFormationTesting",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "CloudTesting", "HTTP", "LedgerTesting", "Notation",
            lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "CloudControl",
        dependencies: ["Cloud", "CloudFormation", "CloudFormationTemplate", "Ledger", "Notation", lifecycle],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CloudControlTests",
        dependencies: [
            "Cloud", "CloudControl", "CloudFormation", "CloudFormationTesting", "CloudTesting", "Ledger",
            "LedgerTesting", "Notation", lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "Environments",
        dependencies: ["Cloud", "CloudFormation", "CloudFormationTemplate", "Ledger", "Notation", lifecycle],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "EnvironmentsTests",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "CloudTesting", "Environments", "Ledger",
            "LedgerTesting", "Notation", lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "GeneratedTemplates",
        dependencies: ["Cloud", "CloudFormation", "CloudFormationTemplate", "Ledger", "Notation", lifecycle],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "GeneratedTemplatesTests",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "CloudFormationTesting", "CloudTesting",
            "GeneratedTemplates", "Ledger", "LedgerTesting", "Notation", lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "StackSets",
        dependencies: ["Cloud", "CloudFormation", "CloudFormationTemplate", "Ledger", "Notation", lifecycle],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "StackSetsTests",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "CloudTesting", "Ledger", "LedgerTesting", "Notation",
            "StackSets", lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "TypeRegistry",
        dependencies: [
            "Cloud", "CloudFormation", "CloudFormationTemplate", "HTTP", "Ledger", "Notation", "Sandbox", lifecycle,
        ],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "TypeRegistryTests",
        dependencies: [
            "Cloud", "CloudFormation", "CloudTesting", "Ledger", "LedgerTesting", "Notation", "TypeRegistry", lifecycle,
        ],
        swiftSettings: habits),
    .target(
        name: "SecretsManager",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Patterns", "Vault", crypto, lifecycle, log],
        swiftSettings: habits),
    .testTarget(
        name: "SecretsManagerTests",
        dependencies: [
            "Cloud", "CloudTesting", "HTTP", "Ledger", "LedgerTesting", "Notation", "Patterns", "SecretsManager",
            "Vault", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "SNS",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Patterns", crypto, cryptoExtras, lifecycle, log],
        swiftSettings: habits),
    .testTarget(
        name: "SNSTests",
        dependencies: [
            "Cloud", "CloudTesting", "HTTP", "Ledger", "LedgerTesting", "Notation", "Patterns", "SNS", crypto,
            cryptoExtras, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "SQS",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", crypto, lifecycle, log],
        swiftSettings: habits),
    .testTarget(
        name: "SQSTests",
        dependencies: [
            "Cloud", "CloudTesting", "HTTP", "Ledger", "LedgerTesting", "Notation", "SQS", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "EventBridge",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Patterns", "Vault", crypto, lifecycle, log],
        swiftSettings: habits),
    .testTarget(
        name: "EventBridgeTests",
        dependencies: [
            "Cloud", "CloudTesting", "EventBridge", "HTTP", "Ledger", "LedgerTesting", "Notation", "Patterns",
            "Vault", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CodeConnections",
        dependencies: [
            "Cloud", "GitHooks", "HTTP", "Ledger", "Notation", "Patterns", "Vault", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .testTarget(
        name: "CodeConnectionsTests",
        dependencies: [
            "Cloud", "CloudTesting", "CodeConnections", "GitHooks", "HTTP", "Ledger", "LedgerTesting", "Notation",
            "Patterns", "Vault", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CodeCommit",
        dependencies: ["CLibArchive", "Cloud", "HTTP", "Ledger", "Notation", "Sandbox", crypto, lifecycle, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CodeCommitTests",
        dependencies: [
            "CLibArchive", "Cloud", "CloudTesting", "CodeCommit", "HTTP", "Ledger", "LedgerTesting", "Notation",
            "Sandbox", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "CodeBuild",
        dependencies: [
            "Buildspec", "Cloud", "GitHooks", "HTTP", "Ledger", "Notation", "Patterns", "Sandbox", "TestReports",
            "Traffic", "Vault", crypto, lifecycle, log, nioPosix,
        ],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CodeBuildTests",
        dependencies: [
            "Buildspec", "Cloud", "CloudTesting", "CodeBuild", "GitHooks", "HTTP", "Ledger", "LedgerTesting",
            "Notation", "Patterns", "Sandbox", "TestReports", "Traffic", "Vault", crypto, lifecycle, log, nioPosix,
        ],
        swiftSettings: habits),
    .target(
        name: "CodePipeline",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Patterns", "Sandbox", crypto, lifecycle, log],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "CodePipelineTests",
        dependencies: [
            "Cloud", "CloudTesting", "CodePipeline", "HTTP", "Ledger", "LedgerTesting", "Notation", "Patterns",
            "Sandbox", crypto, lifecycle, log,
        ],
        swiftSettings: habits),
    .target(
        name: "DORA", dependencies: ["Cloud", "HTTP", "Ledger", "Notation", lifecycle, log], swiftSettings: habits),
    .testTarget(
        name: "DORATests",
        dependencies: [
            "Cloud", "CloudTesting", "DORA", "HTTP", "Ledger", "LedgerTesting", "Notation", lifecycle, log,
        ],
        swiftSettings: habits),
]

/// The top floor: pages, the composition root, the program.
let top: [Target] = [
    .target(
        name: "Console",
        dependencies: ["Cloud", "HTTP", "Ledger", "Notation", "Traffic"],
        exclude: ["README.md"], swiftSettings: habits),
    .testTarget(
        name: "ConsoleTests",
        dependencies: ["Cloud", "Console", "HTTP", "Ledger", "LedgerTesting", "Notation", "Traffic"],
        swiftSettings: habits),
    .target(
        name: "Server",
        dependencies: [
            "Buildspec", "Cloud", "CloudControl", "CloudFormation", "CloudFormationTemplate", "CloudWatch", "CodeBuild",
            "CodeCommit", "CodeConnections", "CodeDeploy", "CodePipeline", "Console", "DORA", "Environments",
            "EventBridge", "GeneratedTemplates", "HTTP", "IAM", "Lambda", "Ledger", "Logs", "Notation", "Patterns",
            "S3", "SAMTransform", "SNS", "SQS", "SSM", "STS", "Sandbox", "SecretsManager", "StackSets", "Traffic",
            "TypeRegistry", "Wire", lifecycle, log, nioConcurrency, nioCore, nioHTTP1, nioPosix, signals,
        ],
        swiftSettings: habits),
    .testTarget(
        name: "ServerTests",
        dependencies: [
            "Buildspec", "Cloud", "CloudControl", "CloudFormation", "CloudFormationTemplate", "CloudWatch", "CodeBuild",
            "CodeCommit", "CodeConnections", "CodeDeploy", "CodePipeline", "Console", "DORA", "Environments",
            "EventBridge", "GeneratedTemplates", "HTTP", "IAM", "Lambda", "Ledger", "Logs", "Notation", "Patterns",
            "S3", "SAMTransform", "SNS", "SQS", "SSM", "STS", "Sandbox", "SecretsManager", "Server", "StackSets",
            "Traffic", "TypeRegistry", "Wire", lifecycle, log, nioConcurrency, nioCore, nioHTTP1, nioPosix, signals,
        ],
        swiftSettings: habits),
    .executableTarget(
        name: "slipway",
        dependencies: [
            "Buildspec", "Cloud", "CloudFormationTemplate", "CodeBuild", "CodeDeploy", "DORA", "Guard", "HTTP",
            "Ledger", "Notation", "SAMTransform", "Sandbox", "Server", "Traffic", "Wire", argumentParser, log,
            nioConcurrency, nioCore, nioHTTP1, nioPosix,
        ],
        swiftSettings: habits),
]

let package = Package(
    name: "slipway",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "slipway", targets: ["slipway"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: libraries + ground + languages + services + top,
    swiftLanguageModes: [.v6]
)
