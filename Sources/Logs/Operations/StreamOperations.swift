internal import Cloud
internal import Ledger
internal import Notation

extension LogsService {
    private struct StreamInput: Decodable {
        let logGroupName, logStreamName: String
    }
    private struct DescribeInput: Decodable {
        let logGroupName, logGroupIdentifier, logStreamNamePrefix, orderBy, nextToken: String?
        let descending: Bool?
        let limit: Int?
    }

    var streamOperations: [Operation] { [createLogStream, deleteLogStream, describeLogStreams] }

    private var createLogStream: Operation {
        Operation("CreateLogStream", enforces: "logGroupName logStreamName") { (input: StreamInput, call) in
            try await ledger.write { transaction in
                guard let group = try transaction.get(Collections.groups, call.caller.key(input.logGroupName))?.value
                else {
                    throw Refusal.noGroup
                }
                let key = Collections.streamKey(group, input.logStreamName)
                guard try transaction.get(Collections.streams, key) == nil else { throw Refusal.streamExists }
                let id = transaction.surroundings.chance.hexadecimal(16)
                try transaction.put(
                    Collections.streams, key, LogStream(name: input.logStreamName, id: id, created: transaction.now))
            }
            return Nothing()
        }
    }

    /// The stream is gone at once; the room its events take is given back by the next sweep.
    private var deleteLogStream: Operation {
        Operation("DeleteLogStream", enforces: "logGroupName logStreamName") { (input: StreamInput, call) in
            try await store.flush()
            try await ledger.write { transaction in
                guard var group = try transaction.get(Collections.groups, call.caller.key(input.logGroupName))?.value
                else {
                    throw Refusal.noGroup
                }
                let key = Collections.streamKey(group, input.logStreamName)
                guard let stream = try transaction.get(Collections.streams, key)?.value else { throw Refusal.noStream }
                group.storedBytes = max(0, group.storedBytes - stream.storedBytes)
                try transaction.put(Collections.groups, group.key, group)
                try transaction.delete(Collections.streams, key)
                try transaction.put(
                    Collections.garbage, "\(group.id)/\(stream.id)", Garbage(group: group.id, stream: stream.id))
            }
            return Nothing()
        }
    }

    private var describeLogStreams: Operation {
        Operation(
            "DescribeLogStreams",
            enforces: "logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit"
        ) { (input: DescribeInput, call) in
            let byTime = input.orderBy == "LastEventTime"
            guard !byTime || input.logStreamNamePrefix == nil else {
                throw Refusal.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
            }
            let name = try GroupReference(
                logGroupName: input.logGroupName, logGroupIdentifier: input.logGroupIdentifier
            ).name()
            try await store.flush()
            let group = try await group(name, call.caller)
            var streams = try await ledger.list(
                Collections.streams, prefix: Collections.streamKey(group, input.logStreamNamePrefix ?? "")
            ).map(\.value)
            if byTime { streams.sort { ($0.lastEvent ?? 0, $0.name) < ($1.lastEvent ?? 0, $1.name) } }
            if input.descending ?? false { streams.reverse() }
            let start =
                try input.nextToken.map { token in
                    guard let place = Int(token), place > 0 else { throw Refusal.badToken }
                    return place
                } ?? 0
            let page = streams.dropFirst(start).prefix(input.limit ?? 50)
            var output: JSON = ["logStreams": .array(page.map { view($0, group) })]
            if start + page.count < streams.count { output["nextToken"] = .string(String(start + page.count)) }
            return output
        }
    }

    private func view(_ stream: LogStream, _ group: LogGroup) -> JSON {
        var tree: JSON = [
            "logStreamName": .string(stream.name), "creationTime": .int(Int(stream.created.milliseconds)),
            "arn": .string("\(group.arn):log-stream:\(stream.name)"), "storedBytes": .int(stream.storedBytes),
        ]
        if let time = stream.firstEvent { tree["firstEventTimestamp"] = .int(Int(time)) }
        if let time = stream.lastEvent { tree["lastEventTimestamp"] = .int(Int(time)) }
        if let time = stream.lastIngestion {
            tree["lastIngestionTime"] = .int(Int(time))
            // Nothing checks it any more; old clients want to see one.
            tree["uploadSequenceToken"] = .string(EventID.padded(String(stream.eventCount), 56))
        }
        return tree
    }
}
