internal import Cloud
internal import Notation

/// A page of a list. CodeDeploy's lists take no size: a page is a hundred.
struct Page {
    static let size = 100
    private static let mark = "after:"

    /// What is on it.
    let items: [String]
    /// Where the next one begins; nil when this is the last.
    let nextToken: String?

    /// The page that the token points at, of a list in whatever order.
    ///
    /// - Throws: `InvalidNextTokenException` when the token is none, or points at something gone.
    init(_ all: [String], token: String?) throws {
        var rest = all[...]
        if let token {
            guard token.hasPrefix(Self.mark), let place = all.firstIndex(of: String(token.dropFirst(Self.mark.count)))
            else {
                throw AWSError("InvalidNextTokenException", "The next token was specified in an invalid format.")
            }
            rest = all[(place + 1)...]
        }
        items = Array(rest.prefix(Self.size))
        nextToken = rest.count > Self.size ? items.last.map { Self.mark + $0 } : nil
    }

    /// The answer with the items under that name.
    func answer(_ name: String) -> JSON {
        var answer: JSON = [:]
        answer[name] = .array(items.map(JSON.string))
        answer["nextToken"] = nextToken.map(JSON.string)
        return answer
    }
}

/// How many things may be asked for at once.
enum Batch {
    /// - Throws: `BatchLimitExceededException`.
    static func check(_ count: Int, limit: Int = 100) throws {
        guard count <= limit else {
            throw AWSError(
                "BatchLimitExceededException",
                "The maximum number of names or IDs allowed for this request (\(limit)) was exceeded.")
        }
    }
}
