import Cloud
import Crypto
import CryptoExtras
import Foundation
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SNS

@Suite("What receivers get")
struct SendingTests {
    private static let topic = TopicID(account: "123456789012", region: "eu-west-1", name: "alarms")

    private static func text(_ body: String, subject: String? = nil) -> ChatText {
        ChatText(
            Message(id: "1", topic: topic, subject: subject, body: body, time: Timestamp(seconds: 0)), confirmation: nil
        )
    }

    @Test("is signed so that the certificate proves it, and the key outlives the process")
    func signatures() async throws {
        try await withTemporaryLedger { ledger in
            let signer = try MessageSigner(ledger: ledger)
            let json: JSON = [
                "Type": "Notification", "Message": "m", "MessageId": "1", "Timestamp": "2026-11-23T09:30:00.000Z",
                "TopicArn": "t",
            ]
            #expect(
                MessageSigner.canonical(json)
                    == "Message\nm\nMessageId\n1\nTimestamp\n2026-11-23T09:30:00.000Z\nTopicArn\nt\nType\nNotification\n"
            )
            let first = try signer.signature(of: json, version: "2")
            #expect(Data(base64Encoded: first)?.count == 256)
            #expect(try signer.signature(of: json, version: "1") != first)
            let again = try MessageSigner(ledger: ledger)
            #expect(again.certificate == signer.certificate && again.certificatePath == signer.certificatePath)
            #expect(try again.signature(of: json, version: "2") == first)
            let attributes = try FileManager.default.attributesOfItem(atPath: ledger.folder + "/keys/sns-signing.json")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test(
        "lengths and numbers of DER are written as X.690 says",
        arguments: [
            (DER.value(0x04, Array(repeating: 1, count: 127)).prefix(2), [0x04, 127]),
            (DER.value(0x04, Array(repeating: 1, count: 128)).prefix(3), [0x04, 0x81, 128]),
            (DER.value(0x04, Array(repeating: 1, count: 300)).prefix(4), [0x04, 0x82, 1, 44]),
            (DER.integer(0)[...], [2, 1, 0]), (DER.integer(127)[...], [2, 1, 127]),
            (DER.integer(128)[...], [2, 2, 0, 128]),
        ] as [(ArraySlice<UInt8>, [UInt8])])
    func der(bytes: ArraySlice<UInt8>, expected: [UInt8]) { #expect(Array(bytes) == expected) }

    @Test(
        "has an address without the shape that it asks for",
        arguments: [
            ("https://a.example/x?slipway-shape=slack", "https://a.example/x", "slack"),
            ("https://a.example/x?k=1&slipway-shape=teams&z=2", "https://a.example/x?k=1&z=2", "teams"),
            ("https://a.example/x?slipway-shape=discord&k=1", "https://a.example/x?k=1", "discord"),
            ("https://a.example/x?k=slipway-shape", "https://a.example/x?k=slipway-shape", nil),
            ("https://a.example/x", "https://a.example/x", nil),
        ] as [(String, String, String?)])
    func shapes(endpoint: String, url: String, shape: String?) {
        let shaped = ShapedEndpoint(endpoint)
        #expect(shaped.url == url && shaped.shape?.rawValue == shape && shaped.unknown == nil)
    }

    @Test("says in a chat what an alarm, an approval or an event says")
    func words() {
        let alarm = Self.text(
            #"{"AlarmName":"errors","NewStateValue":"ALARM","OldStateValue":"OK","NewStateReason":"too many <b>"}"#)
        #expect(alarm.title == "🔴 ALARM: errors" && alarm.summary == "too many <b>")
        let slack = ChatShape.slack.body(alarm)["text"]?.string ?? ""
        #expect(slack == "*🔴 ALARM: errors*\ntoo many &lt;b&gt;\n• *Before:* OK")
        let approval = Self.text(
            #"{"approval":{"pipelineName":"shop","stageName":"Prod","actionName":"Go","approvalReviewLink":"https://c.example/r"}}"#
        )
        #expect(approval.title == "Approval wanted: shop" && approval.link == "https://c.example/r")
        let card = ChatShape.teams.body(approval)["attachments"]?[0]?["content"]
        #expect(card?["type"] == "AdaptiveCard" && card?["actions"]?[0]?["url"] == "https://c.example/r")
        let event = Self.text(#"{"detail-type":"Order","source":"shop","detail":{"n":1,"list":[1]}}"#)
        #expect(event.facts.map(\.name) == ["Source", "n"])
        let plain = ChatShape.discord.body(Self.text("hello @everyone", subject: "Hi"))
        #expect(plain["content"] == "**Hi**\nhello @everyone" && plain["allowed_mentions"] == ["parse": []])
        let long = ChatShape.discord.body(Self.text(String(repeating: "x", count: 5000)))
        #expect(long["content"]?.string?.count == 2000)
    }

    @Test("asks a channel with a link, as a person can answer")
    func confirmation() {
        let message = Message(
            id: "1", kind: .confirmation, topic: Self.topic, body: "b", time: Timestamp(seconds: 0), token: "t")
        let text = ChatText(message, confirmation: "http://127.0.0.1:4566/?Action=ConfirmSubscription")
        #expect(
            ChatShape.slack.body(text)["text"]?.string?.contains(
                "<http://127.0.0.1:4566/?Action=ConfirmSubscription|Confirm the subscription>") == true)
    }
}
