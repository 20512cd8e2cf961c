internal import Buildspec
internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox

/// PROVISIONING: the role, the folders, the log and a sandbox with a shell that waits.
extension BuildPerformer {
    func provision(_ order: BuildOrder, restarts: Int) async throws -> BuildMachine.Answer {
        try Self.checkEnvironment(order.settings.environment)
        let layers = await workshop.layerSupport()
        let keys = RoleKeys(
            cloud: workshop.cloud, role: order.settings.serviceRole, session: "AWSCodeBuild-\(order.uuid)",
            owner: order.owner)
        do { _ = try await keys.current() } catch let error as AWSError {
            throw StepFailure(
                "CLIENT_ERROR",
                "CodeBuild cannot assume the service role \(order.settings.serviceRole): \(error.message) The role "
                    + "must exist and trust codebuild.amazonaws.com.")
        }
        let folders = workshop.folders(of: order, layers)
        let count = order.sources.count
        try await OwnThread.run(throwing: { try folders.make(sources: count) })
        let site = BuildSite(order: order, folders: folders, log: makeLog(order), keys: keys)
        workshop.add(site)
        greet(site, layers, restarts)
        try await warnOfReport(site)
        var program = try workshop.program(order, folders, layers)
        let word = workshop.surroundings.chance.hexadecimal(32)
        let desk = workshop.desk.admit(order.uuid, word: workshop.surroundings.chance.hexadecimal(32), keys: keys)
        program.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = desk.address
        program.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = desk.word
        program.environment["AWS_ENDPOINT_URL"] = workshop.cloud.endpoint
        do {
            site.take(try await BuildShell.start(program, folders: folders, word: word, in: workshop.sandbox))
        } catch let error as SandboxError {
            throw StepFailure("INTERNAL_ERROR", error.message, isFault: true)
        }
        return .provisioned(site.log.place)
    }

    /// An image is a name for this machine's own system; one of somebody else's would need an engine for images.
    static func checkEnvironment(_ environment: EnvironmentSettings) throws {
        let image = environment.image
        guard image.hasPrefix("aws/codebuild/") || image == "slipway/machine" else {
            throw StepFailure(
                "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
                "Unable to pull customer's container image. \(image) needs a container engine, which this Slipway does "
                    + "not use for builds. Name aws/codebuild/standard:7.0 or slipway/machine to build on the system "
                    + "of the machine itself.")
        }
        let other = ["WINDOWS", "MAC"].first { environment.type.hasPrefix($0) }
        guard other == nil else {
            throw StepFailure(
                "CLIENT_ERROR",
                "Builds of the type \(environment.type) need a machine of that kind; this one runs Linux.")
        }
    }

    /// Where the log goes, and a file of it when it goes to S3 too.
    private func makeLog(_ order: BuildOrder) -> BuildLog {
        let settings = order.settings.logsConfig
        let watch = settings?.cloudWatchLogs
        var place: LogPlace?
        if watch?.status != "DISABLED" {
            let prefix = watch?.streamName.map { $0 + "/" } ?? ""
            place = LogPlace(
                group: watch?.groupName ?? "/aws/codebuild/\(order.project)", stream: prefix + order.uuid)
        }
        let wantsFile = settings?.s3Logs?.status == "ENABLED"
        return BuildLog(
            place: place, sink: workshop.sink, owner: (order.owner.account, order.owner.region),
            time: workshop.surroundings.time, file: wantsFile ? workshop.folder(of: order) + "/build.log" : nil,
            limit: workshop.limits.logBytes)
    }

    /// Says so when the host of the source will not be told although the project wants it.
    private func warnOfReport(_ site: BuildSite) async throws {
        let (order, source) = (site.order, site.order.settings.source)
        guard source.reportBuildStatus == true, order.pipeline == nil else { return }
        let imported = try await workshop.ledger.get(SourceCredential.collection, order.owner.key(source.type))?.value
        guard CommitReports.connection(of: source, imported: imported) == nil else { return }
        site.log.say("reportBuildStatus has no effect: only connections tell hosts, the source is read without")
    }

    /// What the reader of the log must know of the machine the build runs on.
    private func greet(_ site: BuildSite, _ layers: LayerSupport, _ restarts: Int) {
        let environment = site.order.settings.environment
        if restarts > 0 { site.log.say("The server ended while this build ran. It starts anew.") }
        site.log.say("Waiting for nothing: \(environment.image) is the system of this machine")
        if let problem = layers.problem {
            site.log.say("The system is read-only, packages cannot be installed into it: \(problem)")
        }
        for gap in workshop.sandbox.enforcement.gaps { site.log.say("Not isolated: \(gap)") }
        if environment.privilegedMode == true {
            site.log.say("privilegedMode has no effect: there is no Docker engine for builds on this machine")
        }
        if environment.type.hasPrefix("ARM") || environment.type.contains("GPU") {
            site.log.say("\(environment.type) is run on this machine's own processor")
        }
    }
}
