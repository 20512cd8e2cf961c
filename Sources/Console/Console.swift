package import Cloud
package import HTTP
package import Ledger
internal import Notation

/// The web console: what is deployed, what is under way and what went wrong, as plain pages that follow events live.
///
/// Everything shown comes through the door as the visitor's own calls, so a visitor sees and does what the visitor's
/// policies allow, and nothing more. It keeps no data but the sessions.
package final class Console: Sendable {
    /// The largest form that is read, in bytes.
    private static let formLimit = 16 << 10

    let cloud: Cloud
    let ledger: Ledger
    private let access: ConsoleAccess
    private let sessions: SessionBook
    private let closing = Closing()
    /// The token of the forms when there are no sessions.
    private let openToken: String

    /// A console for what is behind that door.
    package init(cloud: Cloud, ledger: Ledger, access: ConsoleAccess) {
        self.cloud = cloud
        self.ledger = ledger
        self.access = access
        sessions = SessionBook(surroundings: cloud.surroundings)
        openToken = cloud.surroundings.chance.hexadecimal(64)
    }

    /// Ends the live streams, and every later one at its beginning, so that open pages do not hold up a server that
    /// stops.
    /// The pages ask again until a server answers. Calling it again does nothing.
    package func close() { closing.close() }

    /// The answer to a request below `/_slipway/console`; nil when the request is for somebody else.
    package func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard request.path == Address.root || request.path.hasPrefix(Address.root + "/") else { return nil }
        let visit = Visit(request)
        let sealed = Seal(nonce: cloud.surroundings.chance.hexadecimal(32))
        let answer = await answer(visit)
        var response = sealed.response(answer, to: visit)
        if let region = visit.query["region"], visit.region == region {
            let cookie = visit.cookie(Visit.regionCookie, region, seconds: SessionBook.lifetime.components.seconds)
            response.fields.add("Set-Cookie", cookie)
        }
        return response
    }

    /// Whether the request names this machine's own loopback, as the page of a site that points its name here cannot.
    package static func namesThisMachine(_ request: HTTPRequest) -> Bool { Visit(request).namesLoopback }

    // MARK: Who it is

    private func answer(_ visit: Visit) async -> Answer {
        guard let path = visit.path else { return .page(.failure(400, "The address is badly encoded.", nil)) }
        switch visit.request.method {
        case "GET", "HEAD": break
        case "POST":
            guard !visit.isCrossSite else {
                return .page(.failure(403, "The form was sent by another site's page.", nil))
            }
        default: return .page(.failure(405, "The console answers GET and POST.", nil))
        }
        if case .open = access, !visit.namesLoopback {
            let why = "A server that accepts anyone is reached as localhost or 127.0.0.1, by no other name."
            return .page(.failure(403, why, nil))
        }
        if path == ["login"], case .login(let check) = access { return await logIn(visit, check) }
        guard let session = session(of: visit) else {
            return visit.request.method == "GET" ? .page(LoginPage(next: visit).page) : .page(LoginPage(next: nil).page)
        }
        if path == ["logout"], visit.request.method == "POST" { return await logOut(visit, session) }
        return await serve(path, visit, session)
    }

    private func session(of visit: Visit) -> Session? {
        switch access {
        case .open(let caller):
            Session(caller: caller, formToken: openToken, expires: cloud.surroundings.now + SessionBook.lifetime)
        case .login: visit.sessionID.flatMap { sessions.session($0) }
        }
    }

    private func logIn(_ visit: Visit, _ check: @Sendable (String, String) async -> Caller?) async -> Answer {
        guard visit.request.method == "POST" else { return .page(LoginPage(next: nil).page) }
        guard let form = await form(visit) else { return Self.tooLarge }
        let key = (form["accessKeyId"] ?? "").filter { !$0.isWhitespace }
        let secret = (form["secretAccessKey"] ?? "").filter { !$0.isWhitespace }
        guard let caller = await check(key, secret) else {
            return .page(LoginPage(next: nil, isRefused: true).page)
        }
        if let old = visit.sessionID { sessions.end(old) }
        let seconds = SessionBook.lifetime.components.seconds
        let cookie = visit.cookie(Visit.sessionCookie, sessions.begin(caller), seconds: seconds)
        return .redirect(LoginPage.destination(form["next"]), cookie: cookie)
    }

    private func logOut(_ visit: Visit, _ session: Session) async -> Answer {
        guard let form = await form(visit) else { return Self.tooLarge }
        guard Self.isSame(form["token"] ?? "", session.formToken) else { return Self.staleForm }
        if let id = visit.sessionID { sessions.end(id) }
        return .redirect(Address.page("login"), cookie: visit.cookie(Visit.sessionCookie, "", seconds: 0))
    }

    // MARK: What is asked for

    private func serve(_ path: [String], _ visit: Visit, _ session: Session) async -> Answer {
        var caller = session.caller
        if let region = visit.region { caller.region = region }
        let showsLogout = if case .login = access { true } else { false }
        let desk = Desk(cloud: cloud, caller: caller, formToken: session.formToken, canLogOut: showsLogout)
        if visit.request.method == "POST" { return await act(path, visit, desk) }
        if let deed = Deed(path) { return .redirect(deed.page, cookie: nil) }  // the answer to a form, loaded again
        if path == ["live"] { return .stream(LiveStream(ledger: ledger, caller: caller, closing: closing)) }
        return .page(await Router(desk: desk, query: visit.query).page(path))
    }

    private func act(_ path: [String], _ visit: Visit, _ desk: Desk) async -> Answer {
        guard let form = await form(visit) else { return Self.tooLarge }
        guard Self.isSame(form["token"] ?? "", desk.formToken) else { return Self.staleForm }
        guard let deed = Deed(path) else { return .page(.failure(404, "There is no such action.", desk)) }
        return await deed.answer(form, desk)
    }

    private func form(_ visit: Visit) async -> FormFields? {
        guard let bytes = try? await visit.request.body.collected(limit: Self.formLimit) else { return nil }
        return FormFields(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// Compares in a time that does not tell where the texts differ.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static var tooLarge: Answer { .page(.failure(413, "The form is too large.", nil)) }
    private static var staleForm: Answer {
        .page(.failure(403, "The form is older than your session. Go back, reload the page and try again.", nil))
    }
}
