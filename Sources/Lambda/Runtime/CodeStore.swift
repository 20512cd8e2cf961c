import Cloud
import Crypto
import FoundationEssentials
import Ledger
import Notation
import Sandbox
import Synchronization

/// The zips of functions and layers, and the folders they expand to: each once, under the hash of its bytes.
///
/// `FOLDER/code/HASH.zip` and `FOLDER/code/HASH/`. Both are renamed into place when they are whole and synced, so what is
/// there is good, also after a power cut; a crash leaves at most something below `FOLDER/new`, which the next start removes.
struct CodeStore: Sendable {
    /// What a stored zip is known by.
    struct Package: Sendable, Hashable {
        /// SHA-256, base64, as answers have it.
        let sha256: String
        /// Bytes of the zip.
        let size: Int
    }

    private let folder: String
    private static let places = Atomic(0)
    /// The most bytes a zip may have when it comes with the request, and when it comes from S3 (Lambda quotas).
    static let zippedLimit = 52_428_800

    /// The store in that folder of the data folder.
    init(folder: String, below root: String) throws {
        self.folder = folder
        try? FileManager.default.removeItem(atPath: folder + "/new")
        for part in ["code", "new", "opt"] {
            try DurableFiles.makeFolder(
                "\(folder)/\(part)", below: root, permissions: 0o755)
        }
    }

    private static func hexadecimal(_ sha256: String) -> String {
        Hexadecimal.encode(Data(base64Encoded: sha256) ?? Data())
    }

    func zipPath(_ sha256: String) -> String { "\(folder)/code/\(Self.hexadecimal(sha256)).zip" }
    func treePath(_ sha256: String) -> String { "\(folder)/code/\(Self.hexadecimal(sha256))" }

    /// Keeps a zip and what it holds, checking it while that is done.
    ///
    /// - Throws: ``AWSError`` when it is no zip that Lambda takes.
    func store(_ bytes: [UInt8]) async throws -> Package {
        try await OwnThread.run(throwing: { try storeBlocking(bytes) })
    }

    private func storeBlocking(_ bytes: [UInt8]) throws -> Package {
        let digest = SHA256.hash(data: bytes)
        let package = Package(sha256: Data(digest).base64EncodedString(), size: bytes.count)
        let files = FileManager.default
        if files.fileExists(atPath: zipPath(package.sha256)), files.fileExists(atPath: treePath(package.sha256)) {
            return package
        }
        let place = unfinished()
        defer { try? files.removeItem(atPath: place) }
        do {
            // Zips often let only their owner read: Python's zipfile writes them so. Functions run as somebody else.
            try Archive.expand(bytes, into: place + "/tree", access: .everyone)
        } catch { throw Self.refusal(error) }
        do {
            try DurableFiles.write(bytes, to: place + "/zip", permissions: 0o644)
            // The zip last: it is what says that the pair is whole.
            try keep(place + "/tree", as: treePath(package.sha256))
            try DurableFiles.move(place + "/zip", to: zipPath(package.sha256))
        } catch let error as DiskError {
            throw LambdaError.invalid("The code could not be stored. \(error)")
        }
        return package
    }

    /// A place of its own for something that is not whole yet: the same code may be on its way twice.
    private func unfinished() -> String {
        "\(folder)/new/\(Self.places.add(1, ordering: .relaxed).newValue)"
    }

    /// Gives a whole tree its name, durably. Losing a race against the same tree is winning.
    private func keep(_ tree: String, as name: String) throws {
        try DurableFiles.sync(tree: tree)
        do { try DurableFiles.move(tree, to: name) } catch let error as DiskError {
            guard FileManager.default.fileExists(atPath: name) else { throw error }
        }
    }

    private static func refusal(_ failure: Archive.Failure) -> AWSError {
        switch failure.reason {
        case .tooLarge:
            LambdaError.invalid("Unzipped size must be smaller than 262144000 bytes")
        case .unreadable:
            LambdaError.invalid(
                "Could not unzip uploaded file. Please check your file, then try to upload again.")
        default:
            LambdaError.invalid("Could not unzip uploaded file. \(failure.message)")
        }
    }

    /// The bytes of a stored zip; nil when there is none.
    func zip(_ hash: String) async -> [UInt8]? {
        guard hash.count == 64, hash.allSatisfy(\.isHexDigit) else { return nil }
        let path = "\(folder)/code/\(hash.lowercased()).zip"
        return await OwnThread.run { (try? Data(contentsOf: URL(filePath: path))).map(Array.init) }
    }

    /// The part of an address under which a stored zip can be fetched.
    static func addressPart(_ sha256: String) -> String { hexadecimal(sha256) }

    /// The folder that shows at /opt: the layers' trees, later ones over earlier ones; nil without layers.
    func layersFolder(_ layers: [LayerReference]) async throws -> String? {
        guard let first = layers.first else { return nil }
        if layers.count == 1 { return treePath(first.codeSha256) }
        let key = SHA256.hash(data: Data(layers.map(\.codeSha256).joined(separator: " ").utf8))
        let name = Hexadecimal.encode(key)
        let merged = "\(folder)/opt/\(name)"
        if FileManager.default.fileExists(atPath: merged) { return merged }
        return try await OwnThread.run(throwing: {
            let place = unfinished()
            defer { try? FileManager.default.removeItem(atPath: place) }
            for layer in layers { try Archive.expand(file: zipPath(layer.codeSha256), into: place, access: .everyone) }
            try keep(place, as: merged)
            return merged
        })
    }
}
