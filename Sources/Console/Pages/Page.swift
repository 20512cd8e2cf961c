internal import Cloud

/// One page: what is the same on all, and its own part.
struct Page: Sendable {
    var status = 200
    /// What the window is called.
    let title: String
    /// Which entry of the navigation it belongs to.
    var place = ""
    /// Seconds after which the page looks again by itself because something on it runs; nil when only events change it.
    var refresh: Int?
    /// Whether the page stays as it is until the visitor goes on: it says something that another look would wipe away.
    var isStill = false
    /// Nil before somebody has logged in.
    let desk: Desk?
    /// Its own part.
    let content: [HTML]

    /// A page of these parts.
    init(
        _ title: String, place: String = "", status: Int = 200, refresh: Int? = nil, desk: Desk?,
        @HTMLBuilder content: () -> [HTML]
    ) {
        self.title = title
        self.place = place
        self.status = status
        self.refresh = refresh
        self.desk = desk
        self.content = content()
    }

    /// A page that says what went wrong.
    static func failure(_ status: Int, _ message: String, _ desk: Desk?) -> Page {
        Page("Cannot show this", status: status, desk: desk) {
            tag("h1", text: status == 404 ? "Not found" : "This cannot be shown")
            tag("p", .class("banner bad"), .flag("data-failure"), text: message)
            tag("p") { tag("a", .to(.page()), text: "To the overview") }
        }
    }

    /// The part that changes.
    var part: HTML {
        let pace = isStill ? nil : refresh
        let attributes = [Attribute.id("main"), Attribute("data-refresh", pace.map { "\($0 * 1000)" } ?? "")]
        return .element("main", isStill ? attributes + [.flag("data-still")] : attributes, content)
    }

    /// The whole page.
    func document(nonce: String) -> HTML {
        tag("html", Attribute("lang", "en")) {
            tag("head") {
                tag("meta", Attribute("charset", "utf-8"))
                tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1"))
                tag("meta", Attribute("name", "color-scheme"), Attribute("content", "light dark"))
                tag("title", text: "\(title) - Slipway")
                tag("link", Attribute("rel", "icon"), .to(.icon))
                tag("style", Attribute("nonce", nonce)) { HTML.verbatim(Stylesheet.source) }
                if desk != nil, !isStill {
                    tag("noscript") {
                        tag(
                            "meta", Attribute("http-equiv", "refresh"),
                            Attribute("content", "\(refresh.map { $0 + 2 } ?? 30)"))
                    }
                }
            }
            tag("body") {
                tag("a", .class("skip"), .to(.anchor("main")), text: "Skip to the content")
                if let desk { header(desk) }
                part
                if desk != nil { tag("script", Attribute("nonce", nonce)) { HTML.verbatim(LiveScript.source) } }
            }
        }
    }

    private func header(_ desk: Desk) -> HTML {
        tag("header") {
            tag("a", .class("brand"), .to(.page())) { tag("strong", text: "Slipway") }
            tag("nav", Attribute("aria-label", "Pages")) {
                entry("Overview", "", .page())
                entry("Pipelines", "pipelines", .page("pipelines"))
                entry("Builds", "builds", .page("builds"))
                entry("Repositories", "repositories", .page("repositories"))
                entry("Stacks", "stacks", .page("stacks"))
                entry("Functions", "functions", .page("functions"))
                entry("Deployments", "deployments", .page("deployments"))
                entry("Alarms", "alarms", .page("alarms"))
                entry("DORA", "dora", .page("dora"))
            }
            tag("span", .id("live"), Attribute("role", "status"))
            regions(desk)
            if desk.canLogOut {
                tag("form", Attribute("method", "post"), .action(.page("logout"))) {
                    Action.token(desk)
                    tag("button", .class("quiet"), text: "Log out")
                }
            }
        }
    }

    private func entry(_ name: String, _ key: String, _ address: Address) -> HTML {
        var attributes = [Attribute.to(address)]
        if key == place, status == 200 { attributes.append(Attribute("aria-current", "page")) }
        return .element("a", attributes, [.text(name)])
    }

    private func regions(_ desk: Desk) -> HTML {
        let shown = desk.caller.region
        let names = Region.known.contains(shown) ? Region.known : (Region.known + [shown]).sorted()
        return tag("form", .class("region"), Attribute("method", "get")) {
            tag("select", Attribute("name", "region"), .id("region"), Attribute("aria-label", "Region")) {
                for name in names {
                    HTML.element("option", name == shown ? [.flag("selected")] : [], [.text(name)])
                }
            }
            tag("button", .class("quiet"), text: "Go")
        }
    }
}
