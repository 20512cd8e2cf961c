internal import Cloud
internal import Crypto
internal import FoundationEssentials
internal import Ledger
internal import Logging
internal import Notation
internal import Patterns

extension SNSService {
    /// For how long a FIFO topic knows a deduplication id. Source: Amazon SNS Developer Guide, "Message deduplication
    /// for FIFO topics".
    static let memory = Duration.seconds(300)

    /// Messages.
    var publishOperations: [Operation] {
        let members = [
            "Message", "Subject", "MessageStructure", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId",
        ]
        let entry = (["Id"] + members).map { "PublishBatchRequestEntries." + $0 }.joined(separator: " ")
        return [
            Operation("Publish", enforces: "TopicArn TargetArn " + members.joined(separator: " "), raw: publish),
            Operation("PublishBatch", enforces: "TopicArn " + entry, raw: publishBatch),
        ]
    }

    private func publish(_ call: Call) async throws -> Reply {
        guard let arn = call.input["TopicArn"]?.string ?? call.input["TargetArn"]?.string else {
            throw SNSError.invalid("TopicArn or TargetArn Reason: no value for required parameter")
        }
        guard !arn.contains(":endpoint/") else {
            throw AWSError.notImplemented("messages of sns to mobile devices (\(arn))")
        }
        let id = try TopicID(arn: arn)
        let publication = try Publication(call.input, on: id)
        let receipt = try await ledger.write { write in try self.take(publication, try write.topic(id), write) }
        count(receipt, id)
        return Reply(receipt.output)
    }

    /// Entries that are good are taken; the answer names those that are not. Source: Amazon SNS API Reference,
    /// PublishBatch.
    private func publishBatch(_ call: Call) async throws -> Reply {
        let id = try TopicID(arn: call.text("TopicArn"))
        let entries = call.input["PublishBatchRequestEntries"]?.array ?? []
        try Self.checkBatch(entries)
        _ = try await topic(id)
        var size = 0
        var publications: [(id: JSON, publication: Result<Publication, AWSError>)] = []
        for entry in entries {
            do throws(AWSError) {
                let publication = try Self.publication(entry, id)
                size += publication.size
                publications.append((entry["Id"] ?? "", .success(publication)))
            } catch { publications.append((entry["Id"] ?? "", .failure(error))) }
        }
        guard size <= Publication.limit else {
            throw AWSError("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
        }
        let wanted = publications
        let results = try await ledger.write { write in
            try wanted.map { entry -> (JSON, Receipt?, AWSError?) in
                do {
                    let topic = try write.topic(id)
                    return (entry.id, try self.take(try entry.publication.get(), topic, write), nil)
                } catch let error as AWSError { return (entry.id, nil, error) }
            }
        }
        for case (_, let receipt?, _) in results { count(receipt, id) }
        let successes = results.compactMap { id, receipt, _ -> JSON? in
            guard var output = receipt?.output else { return nil }
            output["Id"] = id
            return output
        }
        let failures = results.compactMap { id, _, error -> JSON? in
            error.map { ["Id": id, "Code": .string($0.code), "Message": .string($0.message), "SenderFault": true] }
        }
        return Reply(["Successful": .array(successes), "Failed": .array(failures)])
    }

    private static func publication(_ entry: JSON, _ topic: TopicID) throws(AWSError) -> Publication {
        do { return try Publication(entry, on: topic) } catch let error as AWSError { throw error } catch {
            throw SNSError.invalid("\(error)")
        }
    }

    private static func checkBatch(_ entries: [JSON]) throws {
        guard !entries.isEmpty else {
            throw AWSError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        }
        guard entries.count <= 10 else {
            throw AWSError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
        }
        let ids = entries.compactMap { $0["Id"]?.string }
        guard Set(ids).count == entries.count else {
            throw AWSError(
                "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
        }
        let isFit = ids.allSatisfy { id in
            (1...80).contains(id.utf8.count)
                && id.utf8.allSatisfy {
                    $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
                }
        }
        guard isFit else {
            throw AWSError(
                "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.")
        }
    }

    // MARK: Taking a message

    /// What a publisher is told, and what became of the message.
    struct Receipt: Sendable {
        let id: String
        let sequence: String?
        /// How many subscriptions it goes to, and how many did not want it.
        var wanted = 0
        var filtered = 0
        var isRepeat = false

        var output: JSON {
            var output: JSON = ["MessageId": .string(id)]
            output["SequenceNumber"] = sequence.map(JSON.string)
            return output
        }
    }

    /// Begins the delivery to every subscription that wants it, as part of that write: a message whose id was answered
    /// is not lost.
    private func take(_ publication: Publication, _ topic: Topic, _ write: Transaction) throws -> Receipt {
        var topic = topic
        let mark = try Self.mark(publication, topic)
        if let mark, let known = try write.get(SNSStore.recent, mark)?.value, known.until > write.now {
            return Receipt(id: known.id, sequence: known.sequence, isRepeat: true)
        }
        let id = write.surroundings.chance.uuid()
        var sequence: String?
        if let mark {
            topic.sequence += 1
            let text = String(topic.sequence)
            let number = "1" + String(repeating: "0", count: 19 - text.count) + text
            sequence = number
            try write.put(SNSStore.topics, topic.id.key, topic)
            try write.put(
                SNSStore.recent, mark, RecentMessage(id: id, sequence: number, until: write.now + Self.memory))
        }
        var receipt = Receipt(id: id, sequence: sequence)
        let attributes = publication.filterable
        for document in try write.list(SNSStore.subscriptions, prefix: topic.id.key + "/") {
            let subscription = document.value
            guard subscription.isConfirmed else { continue }
            let text = publication.text(for: subscription.delivery)
            guard try subscription.filter()?.accepts(attributes: attributes, body: text) != false else {
                receipt.filtered += 1
                continue
            }
            receipt.wanted += 1
            try deliveries.add(
                message(publication, text, id, sequence, topic, write), for: subscription, topic, in: write)
        }
        return receipt
    }

    private func message(
        _ publication: Publication, _ text: String, _ id: String, _ sequence: String?, _ topic: Topic,
        _ write: Transaction
    ) -> Message {
        Message(
            id: id, topic: topic.id, subject: publication.subject, body: text, attributes: publication.attributes,
            time: write.now, group: publication.group,
            deduplication: sequence == nil ? nil : publication.deduplication ?? Self.digest(publication.body),
            sequence: sequence)
    }

    /// Under what a FIFO topic remembers the message; nil for other topics.
    private static func mark(_ publication: Publication, _ topic: Topic) throws -> String? {
        guard topic.id.isFIFO else { return nil }
        guard publication.deduplication != nil || topic.deduplicatesByContent else {
            throw SNSError.invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                    + "provided explicitly"
            )
        }
        let id = publication.deduplication ?? digest(publication.body)
        let isByGroup = topic.attributes["FifoThroughputScope"] != "Topic"
        return topic.id.key + "/" + (isByGroup ? publication.group ?? "" : "") + "/" + id
    }

    private static func digest(_ text: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Data(text.utf8)))
    }

    private func count(_ receipt: Receipt, _ topic: TopicID) {
        guard !receipt.isRepeat else { return }
        figures.count("NumberOfMessagesPublished", topic)
        for _ in 0..<receipt.filtered { figures.count("NumberOfNotificationsFilteredOut", topic) }
    }
}
