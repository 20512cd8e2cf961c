internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox

/// A failed build whose folder is kept for a while, so that somebody can look into it.
struct KeptBuild: Codable, Sendable {
    var id: String
    var folder: String
    var order: BuildOrder
    var until: Timestamp
    var kept: Timestamp

    static let collection = Collection<KeptBuild>("codebuild.kept")
}

/// Keeps failed builds, a named number of them for a named time, and opens a shell in one.
struct KeptBuilds: Sendable {
    let workshop: Workshop

    /// Keeps a build whose sandbox has ended; the oldest one goes when there are too many.
    func keep(_ site: BuildSite) async {
        let now = workshop.surroundings.now
        // The address of the role's keys is closed with the build: a shell gets keys of its own.
        let kept = KeptBuild(
            id: site.order.id, folder: site.folders.root, order: site.order,
            until: now + .seconds(workshop.limits.keptMinutes * 60), kept: now)
        _ = try? await workshop.ledger.write { transaction in
            try transaction.put(KeptBuild.collection, site.order.key, kept)
        }
        await sweep()
    }

    /// Lets go what was kept long enough, and what is too much.
    func sweep() async {
        let now = workshop.surroundings.now
        guard let all = try? await workshop.ledger.list(KeptBuild.collection) else { return }
        let newest = all.sorted { $0.value.kept > $1.value.kept }
        for (index, document) in newest.enumerated()
        where index >= workshop.limits.keptBuilds || document.value.until <= now {
            await BuildPerformer.removeFolder(document.value.folder)
            _ = try? await workshop.ledger.write { try $0.delete(KeptBuild.collection, document.key) }
        }
    }

    /// Sweeps until cancelled.
    func run() async {
        while !Task.isCancelled {
            await sweep()
            guard (try? await workshop.surroundings.time.sleep(until: workshop.surroundings.now + .seconds(60))) != nil
            else { return }
        }
    }

    /// What a command line on this machine executes to be in a kept build: its folder, variables and system, with the
    /// keys of its role as they are now.
    ///
    /// - Throws: ``AWSError`` when the build is not kept, ``SandboxError`` where the sandbox has no such form.
    func open(_ key: String, id: String, command: [String], terminal: Bool) async throws -> ForegroundLaunch {
        guard let kept = try await workshop.ledger.get(KeptBuild.collection, key)?.value else {
            throw AWSError(
                "ResourceNotFoundException",
                "The build \(id) is not kept. Start it with debugSessionEnabled, or the server with "
                    + "--build-limit keepFailed=1; kept are the last \(workshop.limits.keptBuilds) that failed, for "
                    + "\(workshop.limits.keptMinutes) minutes.")
        }
        let layers = await workshop.layerSupport()
        let folders = workshop.folders(of: kept.order, layers)
        var program = try workshop.program(kept.order, folders, layers)
        program.arguments =
            [
                "/bin/sh", "-c", Self.entry, "sh", folders.inside("run"),
            ] + (command.isEmpty ? [Self.shell(folders)] : command)
        let keys = try await workshop.cloud.assume(
            kept.order.settings.serviceRole, session: "AWSCodeBuild-shell", for: "codebuild.amazonaws.com",
            as: kept.order.owner)
        program.environment["AWS_ENDPOINT_URL"] = workshop.cloud.endpoint
        program.environment["SLIPWAY_KEYS"] =
            "export AWS_ACCESS_KEY_ID='\(keys.accessKeyID)' AWS_SECRET_ACCESS_KEY='\(keys.secret)' "
            + (keys.sessionToken.isEmpty ? "" : "AWS_SESSION_TOKEN='\(keys.sessionToken)'")
        program.environment["TERM"] = "xterm-256color"
        return try workshop.sandbox.foreground(program, in: folders.root + "/shell", terminal: terminal)
    }

    /// Takes up what the build's shell wrote down when the phase failed, then becomes what was asked for.
    private static let entry = """
        run=$1; shift
        [ ! -r "$run/out/state" ] || . "$run/out/state"
        if [ -r "$run/out/cwd" ]; then IFS= read -r cwd <"$run/out/cwd"; cd "$cwd"; fi
        unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN
        eval "$SLIPWAY_KEYS"; unset SLIPWAY_KEYS
        exec "$@"
        """

    private static func shell(_ folders: BuildFolders) -> String { "/bin/bash" }
}
