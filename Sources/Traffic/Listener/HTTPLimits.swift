/// What a listener puts up with.
package struct HTTPLimits: Sendable {
    /// How many connections may be open; more are turned away with 503.
    package var connections = 4096
    /// Bodies up to this many bytes are read before the responder is called; longer ones arrive while it runs.
    package var wholeBody = 256 << 10
    /// Seconds a connection may be silent while a request is due or under way from the peer.
    package var silence = 60
    /// Seconds that answers under way have to finish after a graceful shutdown began.
    package var grace = 10

    /// The defaults.
    package init() {}
}
