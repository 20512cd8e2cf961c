internal import Cloud
internal import Notation

/// Which resources a call of CodeBuild is about: builds and batches are judged by their project, reports by their group.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS CodeBuild".
enum BuildAccess {
    /// Members that name projects, builds or reports; the first that is there counts.
    private static let members = [
        "projectName", "names", "ids", "id", "name", "reportArns", "reportArn", "reportGroupArns", "reportGroupArn",
        "arn",
    ]

    /// The ARNs; `*` when the call names nothing.
    static func resources(_ call: Call) -> [String] {
        for member in members {
            guard let value = call.input[member] else { continue }
            let names = (value.array ?? [value]).compactMap(\.string)
            // A report group is made by a name that is no project's.
            let kind = call.operation.contains("Report") ? "report-group" : "project"
            if !names.isEmpty { return names.map { resource($0, kind, call.caller) } }
        }
        return ["*"]
    }

    /// `orders:<uuid>` and `arn:…:build/orders:<uuid>` are the project `orders`; `arn:…:report/unit:<uuid>` is the group `unit`.
    private static func resource(_ name: String, _ kind: String, _ caller: Caller) -> String {
        guard name.hasPrefix("arn:") else {
            return caller.arn("codebuild", kind + "/" + name.prefix { $0 != ":" })
        }
        let parts = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { return name }
        let place = parts[5].split(separator: "/", maxSplits: 1).map(String.init)
        let kinds = ["build": "project", "build-batch": "project", "report": "report-group"]
        guard place.count == 2, let owner = kinds[place[0]] else { return name }
        return (parts[..<5] + ["\(owner)/\(place[1].prefix { $0 != ":" })"]).joined(separator: ":")
    }
}
