import Cloud

/// Which function, and which version or alias of it, a request means.
///
/// Requests name functions by name, by a part of their ARN, or by the whole of it, each with or without a qualifier
/// (Lambda API Reference, parameter `FunctionName`).
struct FunctionName: Hashable, Sendable {
    let account: String
    let region: String
    let name: String
    /// `$LATEST`, a version's number or an alias's name; nil when none was given.
    let qualifier: String?

    init(account: String, region: String, name: String, qualifier: String? = nil) {
        self.account = account
        self.region = region
        self.name = name
        self.qualifier = qualifier
    }

    /// Reads what a request says.
    ///
    /// - Throws: an ``AWSError`` when the text is no name, or the qualifier in it contradicts the one given beside it.
    init(parsing text: String, qualifier given: String? = nil, for caller: Caller) throws {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var account = caller.account
        var region = caller.region
        if parts.first == "arn" {
            guard parts.count >= 7, parts[2] == "lambda", parts[5] == "function" else { throw Self.refusal(text) }
            region = parts[3]
            account = parts[4]
            parts.removeFirst(6)
        } else if parts.count >= 3, parts[1] == "function" {
            account = parts[0]
            parts.removeFirst(2)
        } else if parts.first == "function", parts.count > 1 {
            parts.removeFirst()
        }
        guard let name = parts.first, (1...2).contains(parts.count), Self.isName(name), name.count <= 64 else {
            throw Self.refusal(text)
        }
        let derived = parts.count == 2 ? parts[1] : nil
        if let derived, !Self.isQualifier(derived) { throw Self.refusal(text) }
        if let derived, let given, derived != given {
            throw LambdaError.invalid(
                "The derived qualifier from the function name does not match the specified qualifier.")
        }
        self.init(account: account, region: region, name: name, qualifier: given ?? derived)
    }

    private static func refusal(_ text: String) -> AWSError {
        LambdaError.validation(
            "1 validation error detected: Value '\(text)' at 'functionName' failed to satisfy constraint: Member must "
                + "satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|"
                + "(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)"
                + "(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 == 0x2D || $0 == 0x5F || isAlphanumeric($0) }
    }

    private static func isQualifier(_ text: String) -> Bool { text == "$LATEST" || isName(text) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Whether a qualifier is a version's number.
    static func isVersion(_ qualifier: String) -> Bool {
        !qualifier.isEmpty && qualifier.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The key of the function's document.
    var key: String { "\(account)/\(region)/\(name)" }

    /// The function's ARN without a qualifier.
    var functionARN: String { "arn:aws:lambda:\(region):\(account):function:\(name)" }

    /// The ARN as it was asked for, qualifier included.
    var arn: String { qualifier.map { "\(functionARN):\($0)" } ?? functionARN }

    /// The same function with another qualifier.
    func with(_ qualifier: String?) -> FunctionName {
        FunctionName(account: account, region: region, name: name, qualifier: qualifier)
    }

    /// The caller, moved into the function's account and region.
    var owner: Caller { .root(account: account, region: region) }
}
