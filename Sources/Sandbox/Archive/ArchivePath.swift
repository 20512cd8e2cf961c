/// The place of an archive's entry below the folder it is expanded to.
struct ArchivePath: Hashable {
    /// The names on the way down; none is the folder itself.
    let names: [String]

    /// Refuses names that lead out of the folder: absolute ones, `..`, and what other systems read as either.
    init(parsing text: String) throws(Archive.Failure) {
        func refuse(_ why: String) -> Archive.Failure {
            Archive.Failure(.unsafePath, "The archive's entry '\(text.prefix(200))' \(why).")
        }
        guard !text.isEmpty, !text.utf8.contains(0) else { throw refuse("has no usable name") }
        guard !text.hasPrefix("/"), !text.hasPrefix("\\") else { throw refuse("has an absolute path") }
        let names = text.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !names.contains("..") else { throw refuse("leads out of the folder with '..'") }
        guard names.allSatisfy({ $0.utf8.count <= 255 }), text.utf8.count <= 4_096 else {
            throw refuse("has a name longer than the file system takes")
        }
        self.names = names
    }

    private init(names: [String]) { self.names = names }

    var text: String { names.joined(separator: "/") }

    /// The places above this one, the nearest last, without the folder itself.
    var above: [ArchivePath] { names.indices.dropFirst().map { ArchivePath(names: Array(names[..<$0])) } }

    /// Where a link standing here leads, refused when that is outside the folder.
    ///
    /// `..` is taken only at a target's start: after a name, which may itself be a link, it would lead where no reading
    /// of the text can tell.
    func following(_ target: String) throws(Archive.Failure) -> ArchivePath {
        let refusal = Archive.Failure(
            .unsafePath, "The archive's link '\(text)' leads out of the folder, to '\(target.prefix(200))'.")
        guard !target.isEmpty, !target.hasPrefix("/"), !target.utf8.contains(0) else { throw refusal }
        var place = Array(names.dropLast())
        var climbs = true
        for name in target.split(separator: "/") where name != "." {
            if name == ".." {
                guard climbs, place.popLast() != nil else { throw refusal }
            } else {
                climbs = false
                place.append(String(name))
            }
        }
        return ArchivePath(names: place)
    }
}
