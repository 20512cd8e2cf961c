internal import Buildspec
internal import Cloud
internal import Foundation
internal import Notation
internal import Sandbox

/// UPLOAD_ARTIFACTS: artifacts, reports and the cache, in this order.
extension BuildPerformer {
    func upload(_ site: BuildSite) async throws -> BuildMachine.Answer {
        Self.announceEmpty(before: .uploadArtifacts, site)
        guard let spec = site.now.spec else { return .uploaded([], reports: [], exported: nil, failure: nil) }
        let shell = try site.shell()
        if site.note({ findings in
            defer { findings.user = nil }
            return findings.user != nil
        }) {
            _ = try await shell.use(shell: "/bin/sh", user: nil)
        }
        // A command may have been the last that its sandbox could run, as one that leaves no room for another process.
        guard let values = try await shell.variables() else {
            throw StepFailure("CLIENT_ERROR", "Nothing can be uploaded: \(await whyGone(shell, site)).")
        }
        let exported = exported(spec, values, site)
        let selector = FileSelector(
            files: try site.files(), source: site.folders.inside(BuildFolders.source(0)),
            variables: values)
        site.log.say("Entering phase UPLOAD_ARTIFACTS")
        var results: [ArtifactResult] = []
        var failure: PhaseContext?
        do {
            let upload = ArtifactUpload(site: site, workshop: workshop, selector: selector)
            for one in try await wanted(site, spec) {
                results.append(try await upload.upload(one.rules, keepsLinks: one.keepsLinks, to: one.target))
            }
        } catch let error as StepFailure {
            failure = error.context
        } catch let error as BuildspecError {
            failure = PhaseContext(statusCode: BuildspecError.code, message: "\(error)")
        }
        let reports = await ReportProcessor(site: site, workshop: workshop, selector: selector).process(spec)
        if failure == nil, site.now.isSucceeding {
            await BuildCache(site: site, workshop: workshop).save(spec, selector)
        }
        site.log.say("Phase complete: UPLOAD_ARTIFACTS State: \(failure == nil ? "SUCCEEDED" : "FAILED")")
        site.log.say("Phase context status code: \(failure?.statusCode ?? "") Message: \(failure?.message ?? "")")
        return .uploaded(results, reports: reports, exported: exported, failure: failure)
    }

    /// An artifact that is to be made.
    struct Wanted {
        var rules: FileRules
        var keepsLinks: Bool
        var target: ArtifactUpload.Target
    }

    private func wanted(_ site: BuildSite, _ spec: Buildspec) async throws -> [Wanted] {
        if let pipeline = site.order.pipeline { return try pipelineArtifacts(pipeline, spec) }
        let settings = site.order.settings
        var wanted: [Wanted] = []
        if settings.artifacts.type == "S3" {
            guard let block = spec.artifacts else {
                throw StepFailure("CLIENT_ERROR", "The buildspec names no artifacts, but the project uploads them.")
            }
            let place = try await place(settings.artifacts, name: block.name, prefix: block.prefix, site)
            wanted.append(
                Wanted(
                    rules: block.files, keepsLinks: block.keepsSymlinks,
                    target: .init(place: place, isZip: settings.artifacts.packaging == "ZIP")))
        }
        for secondary in settings.secondaryArtifacts ?? [] where secondary.type == "S3" {
            let identifier = secondary.artifactIdentifier ?? ""
            guard let block = spec.artifacts?.secondary[identifier] else {
                throw StepFailure("CLIENT_ERROR", "The buildspec has no secondary artifact '\(identifier)'.")
            }
            let place = try await place(secondary, name: block.name, prefix: nil, site)
            wanted.append(
                Wanted(
                    rules: block.files, keepsLinks: spec.artifacts?.keepsSymlinks ?? false,
                    target: .init(identifier: identifier, place: place, isZip: secondary.packaging == "ZIP")))
        }
        return wanted
    }

    /// One output of a pipeline takes the main block; several take the blocks of their own names.
    private func pipelineArtifacts(_ pipeline: BuildOrder.PipelineOrder, _ spec: Buildspec) throws -> [Wanted] {
        let outputs = pipeline.outputs ?? []
        return try outputs.map { output in
            let place = S3Place(bucket: output.bucket, key: output.key)
            var target = ArtifactUpload.Target(identifier: output.artifact, place: place, isZip: true)
            if let files = pipeline.files {
                var rules = FileRules()
                rules.files = files
                target.identifier = nil
                return Wanted(rules: rules, keepsLinks: false, target: target)
            }
            let keepsLinks = spec.artifacts?.keepsSymlinks ?? false
            if let block = spec.artifacts?.secondary[output.artifact] {
                return Wanted(rules: block.files, keepsLinks: keepsLinks, target: target)
            }
            guard outputs.count == 1, let block = spec.artifacts else {
                throw StepFailure(
                    "CLIENT_ERROR", "The buildspec has no artifacts for the pipeline's output '\(output.artifact)'.")
            }
            target.identifier = nil
            return Wanted(rules: block.files, keepsLinks: keepsLinks, target: target)
        }
    }

    /// `path/` + `<build>/` + name, as the project's settings have it (API Reference, ProjectArtifacts).
    private func place(
        _ settings: ArtifactSettings, name: String?, prefix: String?, _ site: BuildSite
    ) async throws -> S3Place {
        guard let location = settings.location, let bucket = S3Place(location: location) else {
            throw StepFailure("CLIENT_ERROR", "The project's artifacts name no bucket.")
        }
        var last = settings.name ?? site.order.project
        if settings.overrideArtifactName == true, let name, let said = try await site.shell().expand(name) {
            last = said
        }
        var parts = [bucket.key, prefix ?? "", settings.path ?? ""]
        if settings.namespaceType == "BUILD_ID" { parts.append(site.order.uuid) }
        parts.append(last)
        let key = parts.flatMap { $0.split(separator: "/") }.joined(separator: "/")
        return S3Place(bucket: bucket.bucket, key: key)
    }
}
