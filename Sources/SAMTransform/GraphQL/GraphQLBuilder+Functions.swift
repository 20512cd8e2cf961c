import Notation

extension GraphQLBuilder {
    /// What AppSync runs for a resolver without code of its own: it hands on what the pipeline gave.
    private static let passingCode = """

        export function request(ctx) {
            return {};
        }

        export function response(ctx) {
            return ctx.prev.result;
        }

        """

    /// The functions of pipelines. One that is named by its id is elsewhere already.
    mutating func functions() throws -> [Resource] {
        var resources: [Resource] = []
        for (name, given) in model["Functions"]?.object ?? [:] {
            if let id = given["Id"].truthy {
                guard given.object?.count == 1 else {
                    throw Fault.resource(name, "'Id' cannot be defined with other properties in Function.")
                }
                functionIDs[name] = id
                continue
            }
            let function = try resource("AWS::AppSync::FunctionConfiguration", logicalID + name)
            function["ApiId"] = apiID
            function["Name"] = given["Name"].truthy ?? .string(name)
            try addCode(given, name, to: function)
            guard function["Code"] != nil || function["CodeS3Location"] != nil else {
                throw Fault.resource(name, "One of 'InlineCode' or 'CodeUri' must be set.")
            }
            function["DataSourceName"] = try sourceName(given["DataSource"], name)
            function["MaxBatchSize"] = given["MaxBatchSize"]
            function["Description"] = given["Description"]
            function["Runtime"] = try runtime(given, name)
            function["SyncConfig"] = given["Sync"]
            functionIDs[name] = function.getAtt("FunctionId")
            resources.append(function)
        }
        return resources
    }

    private func addCode(_ given: JSON, _ name: String, to resource: Resource) throws {
        guard !(given["InlineCode"].isTruthy && given["CodeUri"].isTruthy) else {
            throw Fault.resource(
                name, "Both 'InlineCode' and 'CodeUri' cannot be defined at the same time.")
        }
        resource["Code"] = given["InlineCode"].truthy
        resource["CodeS3Location"] = given["CodeUri"].truthy
    }

    private mutating func sourceName(_ given: JSON?, _ function: String) throws -> JSON {
        guard let given = given.truthy else { throw Fault.resource(function, "'DataSource' must be set.") }
        guard let name = given.string else { return given }
        if name.lowercased() == "none" { return try emptySourceName() }
        if let known = sourceNames[name] { return known }
        throw Fault.resource(
            function,
            "Either define DataSource '\(name)' in 'DataSources' or use intrinsic function like GetAtt, "
                + "ImportValue, Sub or another one to reference a DataSource defined outside of this GraphQLApi "
                + "resource.")
    }

    private mutating func emptySourceName() throws -> JSON {
        if let emptySource { return emptySource.getAtt("Name") }
        let source = try resource("AWS::AppSync::DataSource", logicalID + "NoneDataSource")
        source["ApiId"] = apiID
        source["Name"] = .string(source.logicalID)
        source["Type"] = "NONE"
        emptySource = source
        return source.getAtt("Name")
    }

    private func runtime(_ given: JSON, _ name: String) throws -> JSON {
        guard let runtime = given["Runtime"] else {
            throw Fault.resource(name, "'Runtime' must be defined as a property in \(name).")
        }
        return ["Name": runtime["Name"] ?? .null, "RuntimeVersion": runtime["Version"] ?? .null]
    }

    /// The resolvers, each a pipeline of functions.
    func resolvers(_ schema: Resource) throws -> [Resource] {
        var resources: [Resource] = []
        for (type, fields) in model["Resolvers"]?.object ?? [:] {
            for (name, given) in fields.object ?? [:] {
                resources.append(try resolver(type, name, given, schema))
            }
        }
        return resources
    }

    private func resolver(_ type: String, _ name: String, _ given: JSON, _ schema: Resource) throws -> Resource {
        let resolver = try Resource(
            "AWS::AppSync::Resolver", logicalID + type + name, dependsOn: [.string(schema.logicalID)],
            attributes: declaration.attributes)
        try addCode(given, name, to: resolver)
        if resolver["Code"] == nil, resolver["CodeS3Location"] == nil {
            resolver["Code"] = .string(Self.passingCode)
            resolver["Runtime"] = ["Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"]
        } else {
            resolver["Runtime"] = try runtime(given, name)
        }
        resolver["ApiId"] = apiID
        resolver["FieldName"] = given["FieldName"].truthy ?? .string(name)
        resolver["TypeName"] = .string(type)
        guard let pipeline = given["Pipeline"].truthy?.array else {
            throw Fault.resource(
                name,
                "Resolver '\(name)' must have Pipeline defined. Unit resolvers are not supported. If you need a Unit "
                    + "resolver you can use AppSync resource.")
        }
        resolver["Kind"] = "PIPELINE"
        let ids = try pipeline.map { function in
            guard let id = function.string.flatMap({ functionIDs[$0] }) else {
                throw Fault.resource(name, "Function '\(function.printed)' does not exist.")
            }
            return id
        }
        resolver["PipelineConfig"] = ["Functions": .array(ids)]
        resolver["CachingConfig"] = given["Caching"]
        resolver["MaxBatchSize"] = given["MaxBatchSize"].truthy
        return resolver
    }
}
