internal import CloudFormation
internal import CodeBuild
internal import CodeCommit
internal import CodeConnections
internal import CodePipeline
internal import Console
internal import HTTP
internal import Lambda
internal import SNS

/// What is for Slipway itself and not for a service of AWS's: told by the path `/_slipway/`, which no bucket can have, or by a function URL's host.
struct InsidePages: Sendable {
    let calls: InsideCalls
    let functions: LambdaService
    let topics: SNSService
    let inbox: ResponseInbox
    let console: Console
    let repositories: CodeCommitService
    let pipelines: CodePipelineService
    let metrics: MetricsPage
    let builds: CodeBuildService
    let connections: CodeConnectionsService

    /// The answer; nil when the request is for AWS's services.
    @Sendable
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        metrics.count()
        guard request.target.hasPrefix("/_slipway/") else {
            if let answer = await topics.http(request) { return answer }
            if Self.isBrowser(request) {
                return HTTPResponse(status: 302, fields: ["Location": "/_slipway/console"])
            }
            if let response = await repositories.http(request) { return response }
            let host = request.fields["Host"] ?? ""
            return host.contains(".lambda-url.") ? await functions.http(request) : nil
        }
        if request.target.hasPrefix(InsideCalls.prefix) { return await calls.respond(to: request) }
        if request.target.hasPrefix(ResponseInbox.path) { return await inbox.receive(request) }
        if let response = await pipelines.http(request) { return response }
        if request.path == "/_slipway/health" {
            return .text(200, "{\"status\":\"ok\"}\n", type: "application/json")
        }
        if request.path == MetricsPage.path { return await metrics.respond(to: request) }
        if let response = await builds.http(request) { return response }
        if let response = await console.respond(to: request) { return response }
        if let response = await functions.http(request) { return response }
        if let response = await connections.http(request) { return response }
        return .text(404, "There is no such page. The console is at /_slipway/console.\n")
    }

    /// Somebody who opens the endpoint in a browser: no client of AWS asks the root for HTML, and none comes without a credential.
    private static func isBrowser(_ request: HTTPRequest) -> Bool {
        request.method == "GET" && request.target == "/" && request.fields["Authorization"] == nil
            && request.fields["Accept"]?.contains("text/html") == true
    }
}
