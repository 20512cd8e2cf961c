internal import Foundation

/// Base64, for the log tails that Lambda answers with.
enum Base64Text {
    static func decode(_ text: String) -> String? {
        Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }
    }
}
