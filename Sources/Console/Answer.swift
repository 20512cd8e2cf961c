internal import HTTP

/// What the console answers with, before it is put into HTTP.
enum Answer: Sendable {
    case page(Page)
    case redirect(Address, cookie: String?)
    case stream(LiveStream)
}

/// Puts answers into HTTP, with the headers that keep a page from being anything but read.
struct Seal: Sendable {
    /// What marks the style and script as ours; new for every answer.
    let nonce: String

    func response(_ answer: Answer, to visit: Visit) -> HTTPResponse {
        var response: HTTPResponse
        switch answer {
        case .page(let page):
            let html = visit.wantsPart ? page.part : page.document(nonce: nonce)
            let text = visit.wantsPart ? html.markup : "<!doctype html>\n" + html.markup
            response = .text(page.status, text, type: "text/html; charset=utf-8")
        case .redirect(let address, let cookie):
            response = HTTPResponse(status: 303, fields: ["Location": address.text])
            if let cookie { response.fields.add("Set-Cookie", cookie) }
        case .stream(let stream):
            response = HTTPResponse(status: 200, fields: ["Content-Type": "text/event-stream"], body: stream.body)
        }
        if visit.request.method == "HEAD" { response.body = .bytes([]) }
        for (name, value) in headers { response.fields.add(name, value) }
        return response
    }

    /// Sources: Content Security Policy Level 3; OWASP Secure Headers Project.
    private var headers: [(String, String)] {
        [
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; img-src data:; "
                    + "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
            ),
            ("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ]
    }
}
