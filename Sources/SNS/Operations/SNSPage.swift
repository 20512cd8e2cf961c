internal import Cloud
internal import Notation

/// A page of a list in the order of its keys; SNS's lists take no size: a page is a hundred.
struct SNSPage<Item> {
    private let items: ArraySlice<Item>
    private let next: String?

    /// - Throws: `InvalidParameter` for a token that is none of this operation's.
    init(_ all: [Item], _ call: Call, key: (Item) -> String) throws {
        let token = try call.input["NextToken"]?.string.map { text in
            guard let token = PageMark.open(text, call) else { throw SNSError.invalid("NextToken") }
            return token
        }
        let rest = token.map { token in all.drop { key($0) <= token } } ?? all[...]
        items = rest.prefix(100)
        next = rest.count > items.count ? items.last.map { PageMark.seal(key($0), call) } : nil
    }

    func reply(_ name: String, _ view: (Item) -> JSON) -> Reply {
        var output: JSON = [:]
        output[name] = .array(items.map(view))
        output["NextToken"] = next.map(JSON.string)
        return Reply(output)
    }
}

extension Call {
    /// A text of the input; empty when it is not there.
    func text(_ member: String) -> String { input[member]?.string ?? "" }

    /// A map of texts of the input.
    func strings(_ member: String) -> [String: String] {
        (input[member]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string ?? $1.value.text() }
    }

    /// The tags of the input.
    ///
    /// - Throws: `InvalidParameter` for a key that is there twice.
    func tags() throws -> [String: String] {
        var tags: [String: String] = [:]
        for tag in input["Tags"]?.array ?? [] {
            guard tags.updateValue(tag["Value"]?.string ?? "", forKey: tag["Key"]?.string ?? "") == nil else {
                throw SNSError.invalid("Duplicated keys are not allowed.")
            }
            guard caller.mayTag(tag["Key"]?.string ?? "") else {
                throw SNSError.invalid("Tag keys must not begin with aws:, which is reserved.")
            }
        }
        guard tags.count <= 50 else {
            throw AWSError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
        }
        return tags
    }
}
