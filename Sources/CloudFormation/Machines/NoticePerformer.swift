internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// Publishes what topics are to be told, with the rights of whoever asked for the operation.
struct NoticePerformer: Performer {
    typealias Engine = StackNotices

    let cloud: Cloud
    private let log = Logger(label: "cloudformation")

    init(cloud: Cloud) { self.cloud = cloud }

    /// Publishes once for each attempt. A topic that is not there or refuses is passed over, as on AWS: a stack is not
    /// held up by who listens to it. Throws when the attempt itself failed, so that it is made again.
    func perform(_ command: StackNotices.Command, of id: String, key: String) async throws -> StackNotices.Event? {
        guard case .publish(let number, let topic, let message, let account, let principal) = command else {
            return nil
        }
        let region = NoticeTarget(topic)?.region ?? ""
        let caller = Caller(account: account, region: region, principal: principal).through(ActingCaller.service)
        let input: JSON = [
            "TopicArn": .string(topic), "Subject": "AWS CloudFormation Notification", "Message": .string(message),
        ]
        do {
            try await cloud.call("sns", "Publish", input, as: caller)
        } catch let error as AWSError where error.isSender || error.status == 501 {
            log.warning("a topic was not told of a stack's event", metadata: ["topic": "\(topic)", "why": "\(error)"])
        }
        return .sent(number: number, topic: topic)
    }
}
