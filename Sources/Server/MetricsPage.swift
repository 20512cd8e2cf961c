internal import Console
internal import DORA
internal import HTTP
internal import Ledger
internal import Notation
internal import Synchronization
internal import Wire

/// `GET /_slipway/metrics`: what Prometheus reads, in its text format (version 0.0.4).
///
/// Who may: programs on this machine, and whoever has a key, by HTTP basic authentication as at the console's login or
/// by
/// a signature.
final class MetricsPage: Sendable {
    static let path = "/_slipway/metrics"

    private let figures: DORAService
    private let ledger: Ledger
    private let sentry: any Guard
    private let access: ConsoleAccess
    private let started: Timestamp
    private let requests = Atomic<Int>(0)

    init(figures: DORAService, ledger: Ledger, sentry: any Guard, access: ConsoleAccess) {
        self.figures = figures
        self.ledger = ledger
        self.sentry = sentry
        self.access = access
        started = ledger.surroundings.now
    }

    /// Counts a request.
    func count() { requests.add(1, ordering: .relaxed) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            return .text(405, "Metrics are read with GET.\n")
        }
        guard await isAdmitted(request) else {
            var refusal = HTTPResponse.text(401, "Log in with an access key and its secret, or sign the request.\n")
            refusal.fields.add("WWW-Authenticate", "Basic realm=\"Slipway\"")
            return refusal
        }
        do {
            let text = try await counters() + figures.metrics()
            return .text(200, request.method == "HEAD" ? "" : text, type: "text/plain; version=0.0.4; charset=utf-8")
        } catch {
            return .text(500, "The metrics cannot be read: \(error)\n")
        }
    }

    private func counters() async throws -> String {
        // This request is not one of those it tells of.
        let answered = max(0, requests.load(ordering: .relaxed) - 1)
        return """
            # HELP slipway_requests_total Requests answered since the start.
            # TYPE slipway_requests_total counter
            slipway_requests_total \(answered)
            # HELP slipway_events_total Events appended to the log so far.
            # TYPE slipway_events_total counter
            slipway_events_total \(ledger.lastSequence)
            # HELP slipway_start_time_seconds When the server started.
            # TYPE slipway_start_time_seconds gauge
            slipway_start_time_seconds \(started.seconds)

            """
    }

    // MARK: Who may

    private func isAdmitted(_ request: HTTPRequest) async -> Bool {
        if Self.isFromThisMachine(request) { return true }
        if let (name, secret) = Self.basic(request), case .login(let check) = access {
            return await check(name, secret) != nil
        }
        guard case .login = access else { return false }  // without authentication a signature says nothing
        return (try? await sentry.admit(request, AnswerFormat(.json11), now: ledger.surroundings.now)) != nil
    }

    /// Whether a program on this machine asks: not a proxy on it on somebody's behalf, nor a page of a site whose name
    /// points here.
    static func isFromThisMachine(_ request: HTTPRequest) -> Bool {
        let isLoopback = ["127.", "::1:", "::ffff:127."].contains(where: request.peer.hasPrefix)
        let isProxied = ["X-Forwarded-For", "Forwarded", "Via"].contains { request.fields[$0] != nil }
        return isLoopback && !isProxied && Console.namesThisMachine(request)
    }

    /// Name and password of HTTP basic authentication (RFC 7617).
    static func basic(_ request: HTTPRequest) -> (name: String, secret: String)? {
        guard let field = request.fields["Authorization"], field.lowercased().hasPrefix("basic "),
            let bytes = Base64.decode(String(field.dropFirst(6).drop { $0 == " " })),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
