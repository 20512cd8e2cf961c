import CLibArchive
import Glibc
import Testing

@testable import Sandbox

@Suite("Archives")
struct ArchiveTests {
    private struct Entry {
        var name: String
        var text = ""
        var mode: mode_t = S_IFREG | 0o644
        var link: String?
        var hardLink: String?
    }

    /// An archive with just those entries, however ill-meant.
    private func archive(_ entries: [Entry], tar: Bool = false) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4 << 20)
        var used = 0
        let writer = archive_write_new()
        if tar { archive_write_set_format_pax_restricted(writer) } else { archive_write_set_format_zip(writer) }
        archive_write_set_bytes_in_last_block(writer, 1)
        buffer.withUnsafeMutableBytes { bytes in
            archive_write_open_memory(writer, bytes.baseAddress, bytes.count, &used)
            for one in entries {
                let entry = archive_entry_new()
                archive_entry_set_pathname(entry, one.name)
                archive_entry_set_mode(entry, one.mode)
                archive_entry_set_size(entry, la_int64_t(one.text.utf8.count))
                if let link = one.link { archive_entry_set_symlink(entry, link) }
                if let link = one.hardLink { archive_entry_set_hardlink(entry, link) }
                archive_write_header(writer, entry)
                archive_write_data(writer, one.text, one.text.utf8.count)
                archive_entry_free(entry)
            }
            archive_write_close(writer)
        }
        archive_write_free(writer)
        return Array(buffer.prefix(used))
    }

    @Test("Files, folders, links and modes come out as they went in", arguments: [false, true])
    func roundTrip(tar: Bool) throws {
        let folder = Folder()
        let bytes = archive(
            [
                Entry(name: "app.py", text: "print(1)"), Entry(name: "bin/", mode: S_IFDIR | 0o755),
                Entry(name: "bin/run", text: "#!", mode: S_IFREG | 0o4755), Entry(name: "./a/b/c.txt", text: "deep"),
                Entry(name: "bin/link", mode: S_IFLNK | 0o777, link: "../a/b/c.txt"),
            ], tar: tar)
        let summary = try Archive.expand(bytes, into: folder.path)
        #expect(summary == Archive.Summary(bytes: 14, entries: 5))
        #expect(Files.text(folder.path + "/app.py") == "print(1)")
        #expect(Files.text(folder.path + "/bin/link") == "deep")
        var facts = stat()
        stat(folder.path + "/bin/run", &facts)
        #expect(facts.st_mode & 0o7777 == 0o755)
    }

    @Test(
        "What would land outside the folder is refused",
        arguments: [
            "../x", "/etc/x", "a/../../x", "a/..", "\\windows\\x", "..",
        ])
    func traversal(name: String) {
        let folder = Folder()
        for tar in [false, true] {
            let bytes = archive([Entry(name: name, text: "x")], tar: tar)
            #expect { try Archive.expand(bytes, into: folder.path + "/in") } throws: {
                ($0 as? Archive.Failure)?.reason == .unsafePath
            }
        }
        #expect(Files.names(in: folder.path) == ["in"])
    }

    @Test(
        "Links out of the folder, and files behind links, are refused",
        arguments: [
            ["/etc"], ["../.."], ["inside/../../.."], ["in/../.."], [""],
        ])
    func links(targets: [String]) {
        let folder = Folder()
        for target in targets {
            let bytes = archive([Entry(name: "a/link", mode: S_IFLNK | 0o777, link: target)], tar: true)
            #expect(throws: Archive.Failure.self) { try Archive.expand(bytes, into: folder.path) }
        }
    }

    @Test("A link inside the folder is no way to write through, not by its name, not behind it, not by a hard link")
    func throughLinks() throws {
        let folder = Folder()
        folder.write("kept", to: "secret")
        let link = Entry(name: "link", mode: S_IFLNK | 0o777, link: "here")
        #expect {
            try Archive.expand(archive([link, Entry(name: "link/x", text: "x")]), into: folder.path + "/1")
        } throws: {
            ($0 as? Archive.Failure)?.reason == .unsafePath
        }
        let twice = archive([link, Entry(name: "link", text: "now a file")])
        try Archive.expand(twice, into: folder.path + "/2")
        #expect(Files.names(in: folder.path + "/2") == ["link"])
        #expect(Files.text(folder.path + "/2/link") == "now a file")
        for target in ["../secret", "/etc/passwd", "link"] {
            let bytes = archive([link, Entry(name: "hard", hardLink: target)], tar: true)
            #expect(throws: Archive.Failure.self) { try Archive.expand(bytes, into: folder.path + "/3") }
        }
        #expect(Files.text(folder.path + "/secret") == "kept")
    }

    @Test("Each limit refuses with its own name and number")
    func limits() {
        let folder = Folder()
        let path = folder.path
        func reason(_ bytes: [UInt8], _ limits: Archive.Limits) -> Archive.Failure.Reason? {
            do throws(Archive.Failure) { try Archive.expand(bytes, into: path, limits: limits) } catch {
                return error.reason
            }
            return nil
        }
        let zeros = archive([Entry(name: "zeros", text: String(repeating: "0", count: 1 << 20))])
        #expect(reason(zeros, .init()) == nil)
        #expect(reason(zeros, .init(totalBytes: 1 << 19)) == .tooLarge)
        #expect(reason(zeros, .init(ratio: 100, ratioFloor: 1_000)) == .bomb)
        #expect(reason(archive((0..<10).map { Entry(name: "f\($0)") }), .init(entries: 9)) == .tooManyEntries)
        #expect(reason(archive([Entry(name: "p", mode: S_IFIFO | 0o644)], tar: true), .init()) == .unsupportedEntry)
    }

    @Test("Code that only its owner might read can be opened to all")
    func openToAll() throws {
        let folder = Folder()
        let bytes = archive([
            Entry(name: "d/", mode: S_IFDIR | 0o700), Entry(name: "d/app.py", text: "1", mode: S_IFREG | 0o600),
            Entry(name: "bootstrap", text: "#!", mode: S_IFREG | 0o700),
        ])
        try Archive.expand(bytes, into: folder.path, access: .everyone)
        let modes = ["d", "d/app.py", "bootstrap"].map { name in
            var facts = stat()
            stat(folder.path + "/" + name, &facts)
            return facts.st_mode & 0o777
        }
        #expect(modes == [0o755, 0o644, 0o755])
    }

    @Test("What is no archive, or only half of one, is refused")
    func damaged() {
        let folder = Folder()
        let whole = archive((0..<20).map { Entry(name: "f\($0)", text: "some text \($0)") })
        for bytes in [[], Array("not a zip".utf8), Array(whole.prefix(whole.count / 2))] {
            #expect { try Archive.expand(bytes, into: folder.path) } throws: {
                ($0 as? Archive.Failure)?.reason == .unreadable
            }
        }
        #expect(throws: Archive.Failure.self) { try Archive.expand(file: "/nonexistent.zip", into: folder.path) }
    }

    @Test("Damage anywhere ends in an error or an expansion, never outside the folder")
    func fuzz() {
        let folder = Folder()
        let whole = archive((0..<5).map { Entry(name: "d/f\($0)", text: "some text \($0)") })
        var seed: UInt64 = 20_260_101
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<4 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
            }
            _ = try? Archive.expand(bytes, into: folder.path + "/in")
            Files.remove(folder.path + "/in")
        }
        #expect(Files.names(in: folder.path).isEmpty)
    }

    @Test("A folder is zipped to the same bytes each time, and comes back whole")
    func zipping() throws {
        let folder = Folder()
        mkdir(folder.path + "/in", 0o755)
        mkdir(folder.path + "/in/lib", 0o755)
        folder.write("exports.handler = 1", to: "in/index.js")
        folder.write("#!/bin/sh", to: "in/lib/bootstrap", mode: 0o755)
        symlink("lib/bootstrap", folder.path + "/in/link")
        try Archive.zip(folder: folder.path + "/in", to: folder.path + "/1.zip")
        try Archive.zip(folder: folder.path + "/in", to: folder.path + "/2.zip")
        #expect(Files.text(folder.path + "/1.zip") == Files.text(folder.path + "/2.zip"))
        try Archive.expand(file: folder.path + "/1.zip", into: folder.path + "/out")
        #expect(Files.names(in: folder.path + "/out") == ["index.js", "lib", "link"])
        #expect(Files.text(folder.path + "/out/link") == "#!/bin/sh")
        #expect(access(folder.path + "/out/lib/bootstrap", X_OK) == 0)
    }
}
