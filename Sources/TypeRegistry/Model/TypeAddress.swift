/// A type as ARNs name it: `type/module/My-S3-Bucket-MODULE/00000001`.
struct TypeAddress: Sendable {
    /// The type's name, such as `My::S3::Bucket::MODULE`.
    var name: String
    /// The version's id; nil when none is named.
    var version: String?

    /// That type, and that version of it.
    init(name: String, version: String?) {
        self.name = name
        self.version = version
    }

    /// Reads an ARN; the name is empty for one that is no type's.
    init(_ arn: String) {
        let parts = arn.split(separator: "/").map(String.init)
        name = parts.count > 2 ? parts[2].replacing("-", with: "::") : ""
        version = parts.count > 3 ? parts[3] : nil
    }
}
