internal import Cloud
internal import Notation

/// What can be done with a build.
enum BuildAction: String, Sendable, CaseIterable {
    case stop, retry

    /// What the button says.
    var word: String { self == .stop ? "Stop" : "Run again" }

    /// Whether it can be done to a build as BatchGetBuilds tells it.
    func isPossible(_ build: JSON) -> Bool { (self == .stop) != build.isTrue("buildComplete") }

    /// The same by the command line.
    func command(_ id: String) -> String {
        self == .stop ? "slipway build stop \(id)" : "aws codebuild retry-build --id \(id)"
    }

    /// Carries it out as the visitor.
    ///
    /// - Returns: The page that shows it.
    /// - Throws: The refusal, in AWS's words.
    func perform(_ id: String, _ desk: Desk) async throws(AWSError) -> Address {
        let operation = self == .stop ? "StopBuild" : "RetryBuild"
        let answer = try await desk.call("codebuild", operation, ["id": .string(id)])
        return .page("builds", answer["build"]?["id"]?.string ?? id)
    }

    /// The button with its command.
    func html(_ id: String, _ desk: Desk) -> HTML {
        tag("form", Attribute("method", "post"), .action(.page("builds", id, rawValue)), .id("form-\(rawValue)")) {
            Action.token(desk)
            tag("button", .class("do \(self == .stop ? "abort" : "promote")"), .id("do-\(rawValue)"), text: word)
            Parts.command(command(id))
        }
    }
}
