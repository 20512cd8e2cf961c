internal import Buildspec
internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox

/// FINALIZING: nothing of the build goes on running, its log is complete, and its folder is gone or kept.
extension BuildPerformer {
    /// Done again after a crash: then there is no site, and only the folder is left to remove.
    func finalize(_ machine: BuildMachine) async -> BuildMachine.Answer {
        let order = machine.order
        workshop.desk.dismiss(order.uuid)
        guard let site = workshop.remove(order.key) else {
            await Self.removeFolder(workshop.folder(of: order))
            return .finalized(reports: [], isKept: false)
        }
        let reports = await lateReports(site, machine)
        await site.close()
        if machine.ending == .timedOut { site.log.say("Build has timed out.") }
        if machine.ending == .stopped { site.log.say("Build was stopped.") }
        let hasFailed = machine.ending != nil || machine.phases.contains { $0.status == .failed || $0.status == .fault }
        let isWanted = order.debugSession == true || workshop.limits.keepFailed > 0
        let isKept = hasFailed && isWanted && machine.ending != .stopped && site.now.spec != nil
        if isKept {
            let canOpen = [.runc, .crun].contains(workshop.sandbox.backend)
            site.log.say(
                "The build is kept for \(workshop.limits.keptMinutes) minutes: "
                    + (canOpen
                        ? "slipway build shell \(order.id)"
                        : "its files are in \(site.folders.root); a shell in it needs runc or crun"))
        }
        site.log.close()
        await uploadLog(site)
        await keep(site, machine)
        if isKept {
            await KeptBuilds(workshop: workshop).keep(site)
        } else {
            await Self.removeFolder(site.folders.root)
        }
        await workshop.sink.flush()
        return .finalized(reports: reports, isKept: isKept)
    }

    /// The reports of a build whose BUILD ran and that never came to UPLOAD_ARTIFACTS.
    private func lateReports(_ site: BuildSite, _ machine: BuildMachine) async -> [String] {
        guard machine.phases.contains(where: { $0.name == .build }), !site.now.hasReported, let spec = site.now.spec,
            !spec.reports.isEmpty
        else { return [] }
        let files = try? site.files()
        let selector = files.map {
            FileSelector(files: $0, source: site.folders.inside(BuildFolders.source(0)), variables: [:])
        }
        return await ReportProcessor(site: site, workshop: workshop, selector: selector).process(spec)
    }

    private func uploadLog(_ site: BuildSite) async {
        guard let settings = site.order.settings.logsConfig?.s3Logs, settings.status == "ENABLED",
            let place = S3Place(location: settings.location ?? "")
        else { return }
        do {
            let file = site.folders.root + "/build.log"
            let packed = file + ".gz"
            try await OwnThread.run(throwing: { try Archive.gzip(file: file, to: packed) })
            let facts = try FileManager.default.attributesOfItem(atPath: packed)
            let upload = ArtifactUpload(
                site: site, workshop: workshop,
                selector: FileSelector(files: try ProgramFiles(root: site.folders.root), source: "/", variables: [:]))
            let key =
                (place.key.isEmpty || place.key.hasSuffix("/") ? place.key : place.key + "/") + site.order.uuid + ".gz"
            try await upload.put(
                packed, size: (facts[.size] as? NSNumber)?.intValue ?? 0, at: S3Place(bucket: place.bucket, key: key),
                [:])
        } catch {
            site.log.say("The log could not be written to S3: \(error)")
        }
    }

    /// What the console shows of the commands afterwards.
    private func keep(_ site: BuildSite, _ machine: BuildMachine) async {
        let timings = site.now.timings
        _ = try? await workshop.ledger.write { transaction in
            try transaction.put(BuildTimings.collection, site.order.key, BuildTimings(commands: timings))
        }
    }

    /// Removes a build's folder, which may hold hundreds of thousands of files.
    static func removeFolder(_ path: String) async {
        await OwnThread.run { try? FileManager.default.removeItem(atPath: path) }
    }
}
