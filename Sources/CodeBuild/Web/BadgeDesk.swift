internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

/// Serves badges: how the newest build of a project ended, as a picture, without authentication.
///
/// Source: AWS CodeBuild User Guide, "Build badges sample".
struct BadgeDesk: Sendable {
    static let path = "/_slipway/codebuild/badge"
    let ledger: Ledger

    /// The picture; nil when the request is none for a badge.
    func respond(_ request: HTTPRequest) async -> HTTPResponse? {
        guard request.path == Self.path else { return nil }
        guard request.method == "GET" || request.method == "HEAD" else { return .text(405, "Write GET.\n") }
        var wanted: [String: String] = [:]
        for (name, value) in PercentEncoding.pairs(request.query, isForm: true) { wanted[name] = value }
        let status = (try? await status(wanted)) ?? "unknown"
        return HTTPResponse(
            status: 200, fields: ["Content-Type": "image/svg+xml", "Cache-Control": "no-cache, no-store"],
            body: .bytes(Array(Self.picture(status).utf8)))
    }

    private func status(_ wanted: [String: String]) async throws -> String {
        guard let token = wanted["uuid"],
            let project = try await ledger.find(Project.collection, "badge", token).first?.value,
            project.settings.badgeEnabled == true,
            !["S3", "CODEPIPELINE", "NO_SOURCE"].contains(project.settings.source.type)
        else { return "unknown" }
        let parts = project.arn.split(separator: ":").map(String.init)
        let scope = "\(parts[4])/\(parts[3])/"
        let builds = try await ledger.find(BuildRecord.collection, "project", scope + project.settings.name).map(
            \.value)
        let branch = wanted["branch"] ?? wanted["tag"]
        let ofBranch = builds.filter { build in
            // A build that was asked for no version is one of the default branch, whatever that is called.
            guard let branch, let version = build.sourceVersion, !version.isEmpty else { return true }
            return version == branch || version == "refs/heads/\(branch)" || version == "refs/tags/\(branch)"
        }
        guard let newest = ofBranch.max(by: { $0.number < $1.number }) else { return "unknown" }
        switch newest.status {
        case .inProgress: return "in progress"
        case .succeeded: return "passing"
        default: return "failing"
        }
    }

    private static func picture(_ status: String) -> String {
        let colors = ["passing": "#4c1", "failing": "#e05d44", "in progress": "#007ec6"]
        let width = status.count * 7 + 12
        let color = colors[status] ?? "#9f9f9f"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(42 + width)" height="20" role="img">
            <title>Build: \(status)</title>
            <rect width="42" height="20" fill="#555"/>
            <rect x="42" width="\(width)" height="20" fill="\(color)"/>
            <g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
            <text x="21" y="14">Build</text><text x="\(42 + width / 2)" y="14">\(status)</text></g></svg>

            """
    }
}
