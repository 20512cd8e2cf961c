/// Whether programs can have a system of their own here.
package enum LayerSupport: Sendable {
    /// They can, on these layers.
    case works(SystemLayers)
    /// They cannot, for this reason: they see the system read-only.
    case missing(String)

    /// The layers, if they work.
    package var layers: SystemLayers? { if case .works(let layers) = self { layers } else { nil } }
    /// Why they do not.
    package var problem: String? { if case .missing(let why) = self { why } else { nil } }
}

extension Sandbox {
    /// Tries whether programs can write to a layer over the machine's system, by really running one that does.
    ///
    /// - Parameters:
    ///   - folder: Where layers will be kept: on the same disk, since overlays depend on it. Made if missing.
    ///   - extra: Further folders of the machine to show, such as those of version managers.
    package func tryLayers(in folder: String, extra: [String] = []) async -> LayerSupport {
        guard enforcement.contains(.layers) else {
            return .missing("\(backend.rawValue) has no layers; runc or crun, used by root, does")
        }
        do {
            let layers = try await OwnThread.run(throwing: {
                try SystemLayers(template: folder + "/system", avoiding: [folder], extra: extra)
            })
            let trial = folder + "/trial"
            defer { Files.remove(trial) }
            Files.remove(trial)
            var program = Program(
                name: "layers", arguments: ["/bin/sh", "-c", "echo written >/usr/slipway && cat /usr/slipway"],
                environment: ["PATH": "/usr/bin:/bin"], scratch: [])
            program.layer = try layers.layer(in: trial)
            program.user = .root
            let finished = try await run(program, outputLimit: 4_096)
            let said = String(decoding: finished.output + finished.errors.suffix(300), as: UTF8.self)
            guard finished.exit.status.succeeded, said.hasPrefix("written") else {
                return .missing("a trial ended with \(finished.exit.status): \(said.isEmpty ? "no word" : said)")
            }
            return .works(layers)
        } catch {
            return .missing("\(error)")
        }
    }
}
