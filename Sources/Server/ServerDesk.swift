internal import Cloud
internal import Notation

/// What a server says of itself to whoever has a key: `slipway doctor` looks at the folder that is really in use.
struct ServerDesk: CloudService {
    /// No service of AWS's has this id.
    let id = "slipway-server"
    let options: ServerOptions

    var operations: [Operation] {
        [
            Operation("DescribeServer") { _ in
                Reply(["dataFolder": .string(options.data), "acceptsAnyone": .bool(options.acceptsAnyone)])
            }
        ]
    }
}
