internal import CloudFormation
internal import HTTP
internal import Lambda

/// What is for Slipway itself and not for a service of AWS's: told by the path `/_slipway/`, which no bucket can have, or by a function URL's host.
struct InsidePages: Sendable {
    let calls: InsideCalls
    let functions: LambdaService
    let inbox: ResponseInbox

    /// The answer; nil when the request is for AWS's services.
    @Sendable
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard request.target.hasPrefix("/_slipway/") else {
            let host = request.fields["Host"] ?? ""
            return host.contains(".lambda-url.") ? await functions.http(request) : nil
        }
        if request.target.hasPrefix(InsideCalls.prefix) { return await calls.respond(to: request) }
        if request.target.hasPrefix(ResponseInbox.path) { return await inbox.receive(request) }
        if request.path == "/_slipway/health" {
            return .text(200, "{\"status\":\"ok\"}\n", type: "application/json")
        }
        if let response = await functions.http(request) { return response }
        return .text(404, "There is no such page. The console is at /_slipway/console.\n")
    }
}
