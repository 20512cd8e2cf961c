internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// Applications.
    var applicationOperations: [Operation] {
        [
            Operation("CreateApplication", enforces: "applicationName computePlatform tags") {
                (input: NewApplication, call) in
                try await create(input, call)
            },
            Operation("GetApplication", enforces: "applicationName") { (input: ApplicationName, call) in
                let name = try NameRule.application.check(input.applicationName)
                let found = try await ledger.get(Application.collection, call.caller.key(name))
                guard let application = found?.value else { throw Application.missing(name) }
                return ["application": application.view] as JSON
            },
            Operation("BatchGetApplications", enforces: "applicationNames") { (input: ApplicationNames, call) in
                try await batchGet(input, call)
            },
            Operation("ListApplications", enforces: "nextToken") { (input: NextToken, call) in
                let found = try await ledger.list(Application.collection, prefix: call.caller.scope)
                return try Page(found.map(\.value.name), token: input.nextToken).answer("applications")
            },
            Operation("UpdateApplication", enforces: "applicationName newApplicationName") {
                (input: ApplicationRename, call) in
                try await rename(input, call)
                return Nothing()
            },
            Operation("DeleteApplication", enforces: "applicationName") { (input: ApplicationName, call) in
                try await delete(input, call)
                return Nothing()
            },
        ]
    }

    /// An application is a name and a platform; nothing runs for it.
    private func create(_ input: NewApplication, _ call: Call) async throws -> JSON {
        let name = try NameRule.application.check(input.applicationName)
        let platform = input.computePlatform ?? "Server"
        guard Application.platforms.contains(platform) else {
            throw AWSError(
                "InvalidComputePlatformException",
                "The compute platform '\(platform)' is invalid: Server, Lambda or ECS.")
        }
        let tags = try (input.tags ?? []).checked(call.caller)
        let application = Application(
            id: ledger.surroundings.chance.uuid(), name: name, platform: platform, createTime: call.time, tags: tags)
        let key = call.caller.key(name)
        let scope = call.caller.scope
        try await ledger.write { transaction in
            guard try transaction.get(Application.collection, key) == nil else {
                throw AWSError("ApplicationAlreadyExistsException", "Application already exists: \(name)")
            }
            guard try transaction.list(Application.collection, prefix: scope).count < Application.limit else {
                throw AWSError(
                    "ApplicationLimitExceededException",
                    "More applications were attempted to be created than are allowed.")
            }
            try transaction.insert(Application.collection, key, application)
        }
        return ["applicationId": .string(application.id)]
    }

    /// Those that are there.
    private func batchGet(_ input: ApplicationNames, _ call: Call) async throws -> JSON {
        guard !input.applicationNames.isEmpty else {
            throw AWSError("ApplicationNameRequiredException", "No application was named.")
        }
        try Batch.check(input.applicationNames.count)
        let found = try await ledger.write { transaction in
            try input.applicationNames.compactMap { name in
                try NameRule.application.check(name)
                return try transaction.get(Application.collection, call.caller.key(name))?.value.view
            }
        }
        return ["applicationsInfo": .array(found)]
    }

    /// Everything that belongs to the application goes with it under its new name, a deployment under way included.
    private func rename(_ input: ApplicationRename, _ call: Call) async throws {
        try await ledger.write { transaction in
            var application = try Application.get(input.applicationName, call.caller, in: transaction)
            guard let wish = input.newApplicationName, wish != application.name else { return }
            let (old, new) = (application.name, try NameRule.application.check(wish))
            guard try transaction.get(Application.collection, call.caller.key(new)) == nil else {
                throw AWSError("ApplicationAlreadyExistsException", "Application already exists: \(new)")
            }
            application.name = new
            try transaction.delete(Application.collection, call.caller.key(old))
            try transaction.put(Application.collection, call.caller.key(new), application)
            for document in try transaction.list(DeploymentGroup.collection, prefix: call.caller.key("\(old)/")) {
                var group = document.value
                try transaction.delete(DeploymentGroup.collection, document.key)
                group.application = new
                try transaction.put(
                    DeploymentGroup.collection, DeploymentGroup.key(new, group.name, call.caller), group)
                try renameRecords(old, group.name, call.caller, transaction) { $0.application = new }
            }
            for document in try transaction.list(Revision.collection, prefix: call.caller.key("\(old)/")) {
                try transaction.delete(Revision.collection, document.key)
                let key = Revision.key(new, document.value.location, call.caller)
                try transaction.put(Revision.collection, key, document.value)
            }
        }
    }

    /// Changes the records of a group's deployments.
    func renameRecords(
        _ application: String, _ group: String, _ caller: Caller, _ transaction: Transaction,
        _ change: (inout DeploymentRecord) -> Void
    ) throws {
        for document in try transaction.find(
            DeploymentRecord.collection, "group", caller.key("\(application)/\(group)"))
        {
            var record = document.value
            change(&record)
            try transaction.put(DeploymentRecord.collection, document.key, record)
        }
    }

    /// An application that is not there is deleted already. Its groups go with it.
    private func delete(_ input: ApplicationName, _ call: Call) async throws {
        let name = try NameRule.application.check(input.applicationName)
        try await ledger.write { transaction in
            for document in try transaction.list(DeploymentGroup.collection, prefix: call.caller.key("\(name)/")) {
                try delete(document.value, document.key, call.caller, transaction)
            }
            for document in try transaction.list(Revision.collection, prefix: call.caller.key("\(name)/")) {
                try transaction.delete(Revision.collection, document.key)
            }
            try transaction.delete(Application.collection, call.caller.key(name))
        }
    }

    /// Deletes a group. A deployment under way fails of it.
    func delete(_ group: DeploymentGroup, _ key: String, _ caller: Caller, _ transaction: Transaction) throws {
        try transaction.delete(DeploymentGroup.collection, key)
        if let active = group.activeDeployment {
            try runner.send(.groupDeleted, to: caller.key(active), in: transaction)
        }
    }
}

private struct NewApplication: Decodable, Sendable {
    var applicationName: String?
    var computePlatform: String?
    var tags: [Tag]?
}

private struct ApplicationRename: Decodable, Sendable {
    var applicationName: String?
    var newApplicationName: String?
}

struct ApplicationName: Decodable, Sendable {
    var applicationName: String?
}

private struct ApplicationNames: Decodable, Sendable {
    var applicationNames: [String]
}

struct NextToken: Decodable, Sendable {
    var nextToken: String?
}
