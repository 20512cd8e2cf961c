import Cloud

/// Which commit somebody wants of a repository, in words that git cannot take for something else.
struct WantedCommit: Sendable, Hashable {
    /// `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/head`; nil when the commit alone is named.
    let ref: String?
    let commit: String?

    /// - Throws: ``AWSError`` for what is no name of a ref or id of a commit.
    init(ref: String?, commit: String?) throws {
        guard ref != nil || commit != nil else { throw AWSError.connection("Name a ref or a commit.") }
        if let ref {
            // What is no full name is a branch, as CodePipeline's BranchName has it.
            let full = ref.hasPrefix("refs/") ? ref : "refs/heads/" + ref
            guard Self.isRef(full) else {
                throw AWSError.connection("'\(ref.prefix(100))' is no name of a branch or tag.")
            }
            self.ref = full
        } else {
            self.ref = nil
        }
        if let commit {
            guard Self.isCommit(commit) else {
                throw AWSError.connection("'\(commit.prefix(100))' is no id of a commit.")
            }
        }
        self.commit = commit?.lowercased()
    }

    static func isCommit(_ text: String) -> Bool {
        (7...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
    }

    /// Source: git-check-ref-format(1).
    static func isRef(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 1024 && parts.count >= 3
            && parts.allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("-") && !$0.hasSuffix(".lock") && !$0.hasSuffix(".")
            }
            && !text.contains("..") && !text.contains("@{") && !text.contains("//")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"~^:?*[\\".utf8.contains($0) }
    }
}
