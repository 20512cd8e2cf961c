import Notation

/// The page that asks for an access key.
struct LoginPage: Sendable {
    /// The page that was asked for, to go on with; nil for the overview.
    let next: Visit?
    var isRefused = false

    var page: Page {
        Page("Log in", status: isRefused ? 403 : 401, desk: nil) {
            tag("div", .class("login")) {
                tag("h1", text: "Slipway")
                if isRefused {
                    tag(
                        "p", .class("banner bad"), Attribute("role", "alert"),
                        text: "The access key ID and the secret do not belong together.")
                }
                form
                tag("p", .class("dim")) {
                    "The key pair is made at the first start; "
                    tag("code", text: "slipway env")
                    " prints it. It is checked by the server and never stored by the browser."
                }
            }
        }
    }

    private var form: HTML {
        tag("form", Attribute("method", "post"), .action(.page("login"))) {
            tag("label") {
                "Access key ID"
                tag(
                    "input", Attribute("name", "accessKeyId"), Attribute("autocomplete", "username"), .flag("required"),
                    .flag("autofocus"), Attribute("autocapitalize", "off"), Attribute("spellcheck", "false"))
            }
            tag("label") {
                "Secret access key"
                tag(
                    "input", Attribute("name", "secretAccessKey"), Attribute("type", "password"), .flag("required"),
                    Attribute("autocomplete", "current-password"))
            }
            if let path = next?.path, !path.isEmpty, path != ["live"] {
                tag(
                    "input", Attribute("type", "hidden"), Attribute("name", "next"),
                    Attribute("value", path.map { PercentEncoding.encode($0) }.joined(separator: "/")))
            }
            tag("button", .class("primary"), text: "Log in")
        }
    }

    /// The page to show after the login: one of the console's own, whatever the form says.
    static func destination(_ next: String?) -> Address {
        let parts = (next ?? "").split(separator: "/").map { PercentEncoding.decodeStrictly($0) }
        guard !parts.contains(nil) else { return .page() }
        return .page(path: parts.compactMap(\.self))
    }
}
