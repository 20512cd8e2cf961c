// swift-tools-version: 6.2
// The manifest is the map of the house: a target per room, arrows only downwards.
// What each room is for, and why the floors are as they are: docs/architecture.md.

import Foundation
import PackageDescription

let habits: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The pages for readers that stand in a room's folder, which are no sources.
func pages(in room: String) -> [String] {
    let folder = Context.packageDirectory + "/Sources/" + room
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(".md") }.sorted()
}

/// A room of the house: its code in `Sources/<name>`, its tests in `Tests/<name>Tests`.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency]? = []) -> [Target] {
    let code = Target.target(
        name: name, dependencies: dependencies, exclude: pages(in: name), swiftSettings: habits)
    guard let tests else { return [code] }
    let own: Target.Dependency = .target(name: name)
    let proof = Target.testTarget(
        name: name + "Tests", dependencies: [own] + dependencies + tests, swiftSettings: habits)
    return [code, proof]
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let libraries: [Target] = [
    .systemLibrary(name: "CLibYAML", path: "Sources/C/CLibYAML", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLibArchive", path: "Sources/C/CLibArchive", providers: [.apt(["libarchive-dev"])]),
]

let ground: [Target] = [
    room("Notation", ["CLibYAML"]),
    room("NotationTesting", tests: nil),
    room("HTTP"),
    room("Ledger", ["Notation", grdb, log, lifecycle], tests: ["LedgerTesting"]),
    room("LedgerTesting", ["Ledger", "Notation", log, lifecycle], tests: nil),
    room("Wire", ["HTTP", "Notation", crypto]),
    room("Sandbox", ["Notation", log, "CLibArchive"]),
    room("Traffic", ["HTTP", "Notation", log, lifecycle] + nio),
    room("Vault", ["Ledger", crypto], tests: ["LedgerTesting"]),
].reduce([], +)

let languages: [Target] = [
    room("CloudFormationTemplate", ["Notation", crypto]),
    room("SAMTransform", ["Notation", crypto]),
    room("Buildspec", ["Notation", "Patterns"], tests: ["NotationTesting"]),
    room("TestReports", ["Notation"], tests: ["NotationTesting"]),
    room("Patterns", ["Notation"], tests: ["NotationTesting"]),
    room("Guard", ["Notation"], tests: ["NotationTesting"]),
    room("GitHooks", ["Notation"]),
].reduce([], +)

/// What every service stands on: the one door, and the ledger.
let door: [Target.Dependency] = ["Cloud", "HTTP", "Ledger", "Notation", log]
let services: [Target] = [
    room("Cloud", ["HTTP", "Ledger", "Notation", log], tests: ["CloudTesting"]),
    room("CloudTesting", ["Cloud", "HTTP", "Ledger", "LedgerTesting", "Notation"], tests: nil),
    room("STS", door, tests: ["CloudTesting"]),
    room("IAM", door + [crypto], tests: ["CloudTesting", "LedgerTesting"]),
    room("SSM", door + ["Vault"], tests: ["CloudTesting"]),
    room("S3", door + [crypto], tests: ["CloudTesting"]),
    room("Logs", door + [lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room("CloudWatch", door + [lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "Lambda", door + ["Patterns", "Sandbox", "Traffic", crypto, lifecycle],
        tests: ["CloudTesting", "LedgerTesting"]),
    room("CodeDeploy", door + [crypto], tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "CloudFormation", door + ["CloudFormationTemplate", "SAMTransform", "Guard", crypto],
        tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "SecretsManager", door + ["Patterns", "Vault", crypto, lifecycle],
        tests: ["CloudTesting", "LedgerTesting"]),
    room("SNS", door + ["Patterns", crypto, cryptoExtras, lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room("SQS", door + [crypto, lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room("EventBridge", door + ["Patterns", "Vault", crypto, lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "CodeConnections", door + ["GitHooks", "Patterns", "Vault", crypto, lifecycle],
        tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "CodeCommit", door + ["Sandbox", "CLibArchive", crypto, lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "CodeBuild",
        door + [
            "Buildspec", "GitHooks", "TestReports", "Patterns", "Sandbox", "Traffic", "Vault", crypto, lifecycle,
            nio[1],
        ],
        tests: ["CloudTesting", "LedgerTesting"]),
    room(
        "CodePipeline", door + ["Patterns", "Sandbox", crypto, lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
    room("DORA", door + [lifecycle], tests: ["CloudTesting", "LedgerTesting"]),
].reduce([], +)

let top: [Target] = [
    room("Console", ["Cloud", "HTTP", "Ledger", "Notation", "Traffic"]),
    room(
        "Server",
        door + [
            "Wire", "Sandbox", "Traffic", "Console", "SAMTransform", "CloudFormationTemplate", lifecycle, signals,
            "STS", "IAM", "SSM", "S3", "Logs", "CloudWatch", "Lambda", "CodeDeploy", "CloudFormation",
            "SecretsManager", "SNS", "SQS", "EventBridge", "CodeConnections", "CodeCommit", "CodeBuild", "CodePipeline",
            "DORA",
            "Patterns", "Buildspec",
        ] + nio),
    [
        .executableTarget(
            name: "slipway",
            dependencies: [
                "Server", "Cloud", "HTTP", "Wire", "Notation", "Traffic", "SAMTransform", "CloudFormationTemplate",
                "CodeDeploy",
                "Ledger", "Buildspec", "CodeBuild", "DORA", "Sandbox", "Guard",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), log,
            ] + nio,
            swiftSettings: habits)
    ],
].reduce([], +)

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
