internal import Cloud
internal import Notation

/// A page of a list of names, ids or ARNs.
struct Page {
    private static let mark = "after:"

    /// What is on it.
    let items: [String]
    /// Where the next one begins; nil when this is the last.
    let nextToken: String?

    /// The page that the token points at.
    ///
    /// - Throws: `InvalidInputException` when the token is none.
    init(_ all: [String], token: String?, size: Int = 100) throws {
        var rest = all[...]
        if let token {
            guard token.hasPrefix(Self.mark), let place = all.firstIndex(of: String(token.dropFirst(Self.mark.count)))
            else { throw AWSError.invalidInput("Invalid next token: it is none, or points at something gone.") }
            rest = all[(place + 1)...]
        }
        items = Array(rest.prefix(size))
        nextToken = rest.count > size ? items.last.map { Self.mark + $0 } : nil
    }

    /// The answer with the items under that name.
    func answer(_ name: String) -> JSON {
        var answer: JSON = [:]
        answer[name] = .array(items.map(JSON.string))
        answer["nextToken"] = nextToken.map(JSON.string)
        return answer
    }
}

/// What nearly all inputs of lists have.
struct ListInput: Decodable, Sendable {
    var projectName: String?
    var reportGroupArn: String?
    var sortBy: String?
    var sortOrder: String?
    var nextToken: String?
    var maxResults: Int?
    var filter: Filter?

    struct Filter: Decodable, Sendable {
        var status: String?
        var keyword: String?
    }

    /// Newest first, unless told otherwise.
    var isDescending: Bool { sortOrder != "ASCENDING" }
    /// How many items a page has.
    var size: Int { min(maxResults ?? 100, 100) }
}

extension AWSError {
    /// The one code that CodeBuild has for everything that is wrong with an input.
    static func invalidInput(_ message: String) -> AWSError { AWSError("InvalidInputException", message) }
}
