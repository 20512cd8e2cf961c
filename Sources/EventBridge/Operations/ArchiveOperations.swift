internal import Cloud
internal import Ledger
internal import Notation

extension EventBridgeService {
    /// Archives and replays.
    var archiveOperations: [Operation] {
        [
            Operation(
                "CreateArchive", enforces: "ArchiveName EventSourceArn EventPattern RetentionDays",
                stores: "Description", raw: createArchive),
            Operation(
                "UpdateArchive", enforces: "ArchiveName EventPattern RetentionDays", stores: "Description",
                raw: updateArchive),
            Operation("DescribeArchive", enforces: "ArchiveName", raw: describeArchive),
            Operation("ListArchives", enforces: "NamePrefix EventSourceArn State NextToken Limit", raw: listArchives),
            Operation("DeleteArchive", enforces: "ArchiveName") { call in
                let archive = try await archive(call.caller.key(call.text("ArchiveName")), call.text("ArchiveName"))
                try await ledger.write { write in
                    try write.delete(EventStore.archives, archive.key)
                    try write.note("DeleteArchive", archive.arn, on: archive.bus)
                }
                return Reply()
            },
        ]
    }

    func archive(_ key: String, _ name: String) async throws -> EventArchive {
        guard let archive = try await ledger.get(EventStore.archives, key)?.value else {
            throw EventError.notFound("Archive \(name)")
        }
        return archive
    }

    private func createArchive(_ call: Call) async throws -> Reply {
        let input = call.input
        guard let id = BusID(arn: call.text("EventSourceArn")), id.account == call.caller.account,
            id.region == call.caller.region
        else { throw EventError.notFound("Event bus \(call.text("EventSourceArn"))") }
        let pattern = input["EventPattern"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if let pattern { _ = try RulePattern(pattern) }
        let archive = try await ledger.write { write in
            _ = try write.bus(id)
            let archive = EventArchive(
                name: call.text("ArchiveName"), bus: id, description: input["Description"]?.string, pattern: pattern,
                retentionDays: input["RetentionDays"]?.int ?? 0, since: try write.lastSequence(), created: write.now)
            guard try write.get(EventStore.archives, archive.key) == nil else {
                throw EventError.exists("Archive \(archive.name)")
            }
            try write.put(EventStore.archives, archive.key, archive)
            try write.note("CreateArchive", archive.arn, on: id)
            return archive
        }
        return Reply(Self.brief(archive))
    }

    private func updateArchive(_ call: Call) async throws -> Reply {
        let input = call.input
        let pattern = input["EventPattern"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        if let pattern { _ = try RulePattern(pattern) }
        let archive = try await ledger.write { write in
            guard var archive = try write.get(EventStore.archives, call.caller.key(call.text("ArchiveName")))?.value
            else { throw EventError.notFound("Archive \(call.text("ArchiveName"))") }
            archive.description = input["Description"]?.string ?? archive.description
            // An empty one takes the pattern away.
            if input["EventPattern"] != nil { archive.pattern = pattern }
            archive.retentionDays = input["RetentionDays"]?.int ?? archive.retentionDays
            try write.put(EventStore.archives, archive.key, archive)
            try write.note("UpdateArchive", archive.arn, on: archive.bus)
            return archive
        }
        return Reply(Self.brief(archive))
    }

    private static func brief(_ archive: EventArchive) -> JSON {
        ["ArchiveArn": .string(archive.arn), "State": "ENABLED", "CreationTime": .double(archive.created.seconds)]
    }

    private func describeArchive(_ call: Call) async throws -> Reply {
        let name = call.text("ArchiveName")
        let archive = try await archive(call.caller.key(name), name)
        var view = archive.view
        view["ArchiveArn"] = .string(archive.arn)
        view["Description"] = archive.description.map(JSON.string)
        view["EventPattern"] = archive.pattern.map(JSON.string)
        let (count, bytes) = try await size(of: archive)
        view["EventCount"] = .int(count)
        view["SizeBytes"] = .int(bytes)
        return Reply(view)
    }

    private func listArchives(_ call: Call) async throws -> Reply {
        let source = call.input["EventSourceArn"]?.string
        let state = call.input["State"]
        let all = try await ledger.list(EventStore.archives, prefix: call.caller.key(call.text("NamePrefix")))
            .map(\.value).filter { (source == nil || $0.bus.arn == source) && (state == nil || state == "ENABLED") }
        let page = try EventPage(all, call, key: \.name)
        var views: [JSON] = []
        for archive in page.items {
            var view = archive.view
            let (count, bytes) = try await size(of: archive)
            view["EventCount"] = .int(count)
            view["SizeBytes"] = .int(bytes)
            views.append(view)
        }
        var output: JSON = ["Archives": .array(views)]
        output["NextToken"] = page.next.map(JSON.string)
        return Reply(output)
    }

    /// How much an archive holds: counted in the log, since no figure is kept twice. In proportion to the log's length
    /// since the archive was made.
    private func size(of archive: EventArchive) async throws -> (count: Int, bytes: Int) {
        let pattern = try archive.pattern.map { try RulePattern($0) }
        let now = ledger.surroundings.now
        var (count, bytes) = (0, 0)
        var place = archive.since
        while true {
            let page = try await ledger.events(after: place, limit: ReplayPerformer.page)
            guard let last = page.last?.sequence else { return (count, bytes) }
            for logged in page {
                guard let event = archive.holds(logged, pattern, now: now) else { continue }
                count += 1
                bytes += event.envelope.text().utf8.count
            }
            place = last
        }
    }
}

extension EventBridgeService {
    /// Replays of archives.
    var replayOperations: [Operation] {
        [
            Operation(
                "StartReplay", enforces: "ReplayName EventSourceArn EventStartTime EventEndTime Destination",
                stores: "Description", raw: startReplay),
            Operation("CancelReplay", enforces: "ReplayName", raw: cancelReplay),
            Operation("DescribeReplay", enforces: "ReplayName") { call in
                let replay = try await replay(call)
                var view = replay.view
                view["ReplayArn"] = .string(replay.arn)
                view["Description"] = replay.description.map(JSON.string)
                var destination: JSON = ["Arn": .string(replay.destination.arn)]
                if !replay.rules.isEmpty { destination["FilterArns"] = .array(replay.rules.map(JSON.string)) }
                view["Destination"] = destination
                return Reply(view)
            },
            Operation("ListReplays", enforces: "NamePrefix State EventSourceArn NextToken Limit") { call in
                let state = call.input["State"]?.string
                let source = call.input["EventSourceArn"]?.string
                let all = try await ledger.list(EventStore.replays, prefix: call.caller.key(call.text("NamePrefix")))
                    .map(\.value).filter { replay in
                        (state == nil || replay.state.rawValue.uppercased() == state)
                            && (source == nil || replay.archive == source)
                    }
                return try EventPage(all, call, key: \.name).reply("Replays", \.view)
            },
        ]
    }

    private func replay(_ call: Call) async throws -> ReplayRecord {
        let name = call.text("ReplayName")
        guard let replay = try await ledger.get(EventStore.replays, call.caller.key(name))?.value else {
            throw EventError.notFound("Replay \(name)")
        }
        return replay
    }

    private func startReplay(_ call: Call) async throws -> Reply {
        let input = call.input
        let destination = input["Destination"]
        let source = call.text("EventSourceArn")
        let archive = try await archive(EventArchive.key(ofARN: source) ?? "", source)
        guard let bus = BusID(arn: destination?["Arn"]?.string ?? ""), bus == archive.bus else {
            throw EventError.invalid(
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
        }
        let from = Timestamp(seconds: input["EventStartTime"]?.double ?? 0)
        let to = Timestamp(seconds: input["EventEndTime"]?.double ?? 0)
        guard from < to else {
            throw EventError.invalid(
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
        }
        let record = ReplayRecord(
            name: call.text("ReplayName"), archive: archive.arn, destination: bus,
            rules: (destination?["FilterArns"]?.array ?? []).compactMap(\.string),
            description: input["Description"]?.string, from: from, to: to, started: call.time)
        try await ledger.write { write in
            guard try write.get(EventStore.replays, record.key) == nil else {
                throw EventError.exists("Replay \(record.name)")
            }
            let replay = Replay(record, after: archive.since, upTo: try write.lastSequence())
            try replays.begin(record.arn, replay, with: .begin, in: write)
            try write.note("StartReplay", record.arn, on: bus)
        }
        return Reply([
            "ReplayArn": .string(record.arn), "State": "STARTING", "ReplayStartTime": .double(record.started.seconds),
        ])
    }

    private func cancelReplay(_ call: Call) async throws -> Reply {
        let record = try await replay(call)
        let after = try await ledger.write { write in
            guard let machine = try replays.send(.cancel, to: record.arn, in: write),
                machine.record.state == .cancelling
            else {
                throw AWSError(
                    "IllegalStatusException",
                    "Replay \(record.name) is not in a valid state for this operation: it is \(record.state.rawValue).")
            }
            return machine.record
        }
        return Reply(["ReplayArn": .string(after.arn), "State": "CANCELLING"])
    }
}
