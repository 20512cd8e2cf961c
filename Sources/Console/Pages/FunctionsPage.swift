internal import Cloud
internal import Notation

/// All functions.
enum FunctionsPage {
    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let functions = try await desk.all(
            "lambda", "ListFunctions", list: "Functions", token: ("Marker", "NextMarker"))
        return Page("Functions", place: "functions", desk: desk) {
            tag("h1", text: "Functions")
            Parts.table(
                ["Function", "State", "Runtime", "Memory", "Code", "Changed"],
                empty: "There is no function in this region yet.",
                rows: functions.sorted { $0.text("FunctionName") < $1.text("FunctionName") }.map { row($0, desk) })
            Parts.command("aws lambda list-functions")
        }
    }

    private static func row(_ function: JSON, _ desk: Desk) -> [HTML] {
        let name = function.text("FunctionName")
        return [
            Parts.link(name, .page("functions", name)), Parts.badge(function.text("State")),
            .text(function["Runtime"]?.string ?? function.text("PackageType")),
            .text("\(function["MemorySize"]?.int ?? 128) MB"), .text(size(function["CodeSize"]?.int ?? 0)),
            Moments.ago(changed(function), now: desk.now),
        ]
    }

    /// When it was changed last. Lambda writes times as `2026-11-24T00:54:53.599+0000`.
    static func changed(_ function: JSON) -> Timestamp? {
        Timestamp(parsing: function.text("LastModified").replacing("+0000", with: "Z"))
    }

    /// Bytes for people.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<(1 << 20): "\(bytes >> 10) KB"
        default: "\(Moments.number(Double(bytes * 10 / (1 << 20)) / 10)) MB"
        }
    }
}
