internal import Cloud
internal import Notation

/// What a call means to policies: the action's name, the resources, and the condition keys.
///
/// Source: Service Authorization Reference, the page of each service.
struct CallAccess {
    let action: String
    let resources: [String]
    let context: [String: [String]]
    /// What else it is about, by ids that do not name their owner: where the owners are found, they are judged instead.
    let owned: [OwnedThing]

    /// Operations whose action has another name.
    private static let actions = [
        "s3:ListBuckets": "s3:ListAllMyBuckets", "s3:ListObjects": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket",
        "s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject", "s3:CopyObject": "s3:PutObject",
        "s3:CreateMultipartUpload": "s3:PutObject", "s3:UploadPart": "s3:PutObject",
        "s3:UploadPartCopy": "s3:PutObject",
        "s3:CompleteMultipartUpload": "s3:PutObject", "s3:DeleteObjects": "s3:DeleteObject",
        "s3:ListParts": "s3:ListMultipartUploadParts", "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
        "s3:ListObjectVersions": "s3:ListBucketVersions", "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
        "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
        "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
        "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
        "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
        "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
        "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
        "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
        "s3:GetBucketCors": "s3:GetBucketCORS", "s3:PutBucketCors": "s3:PutBucketCORS",
        "s3:DeleteBucketCors": "s3:PutBucketCORS",
        "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
        "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
        "s3:DeleteBucketTagging": "s3:PutBucketTagging",
        "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
        // What a pipeline's role is allowed when its source is a repository (CodePipeline User Guide).
        "slipway-codecommit:PackTree": "codecommit:UploadArchive",
        "slipway-codecommit:ListRefs": "codecommit:ListBranches",
        "slipway-codecommit:ListCommits": "codecommit:GetCommit",
        "slipway-codecommit:CommitsBetween": "codecommit:GetCommit",
        // It tells what the stack's events tell.
        "slipway-cloudformation:WhyStack": "cloudformation:DescribeStackEvents",
        "sns:PublishBatch": "sns:Publish",
        "sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
        "lambda:Invoke": "lambda:InvokeFunction", "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
    ]

    /// Where a service's resources are named.
    private static let places: [String: [Place]] = [
        "sns": [
            Place("TopicArn", ""), Place("TargetArn", ""), Place("SubscriptionArn", ""), Place("ResourceArn", ""),
            Place("Name", "arn:aws:sns:REGION:ACCOUNT:VALUE"),
        ],
        "ssm": [
            Place("Name", "arn:aws:ssm:REGION:ACCOUNT:parameterVALUE"),
            Place("Path", "arn:aws:ssm:REGION:ACCOUNT:parameterVALUE"),
            Place("Names", "arn:aws:ssm:REGION:ACCOUNT:parameterVALUE"),
        ],
        "logs": [
            "logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers", "logGroupArn",
            "logGroupArnList", "resourceArn", "resourceIdentifier",
        ].map { Place($0, "arn:aws:logs:REGION:ACCOUNT:log-group:VALUE:*") },
        "cloudformation": [
            Place("StackName", "arn:aws:cloudformation:REGION:ACCOUNT:stack/VALUE/*"),
            Place("StackSetName", "arn:aws:cloudformation:REGION:ACCOUNT:stackset/VALUE:*"),
        ],
        "slipway-cloudformation": [Place("stackName", "arn:aws:cloudformation:REGION:ACCOUNT:stack/VALUE/*")],
        "codecommit": repositories, "slipway-codecommit": repositories,
        "iam": [
            Place("RoleName", "arn:aws:iam::ACCOUNT:role/VALUE"), Place("UserName", "arn:aws:iam::ACCOUNT:user/VALUE"),
            Place("GroupName", "arn:aws:iam::ACCOUNT:group/VALUE"),
            Place("PolicyArn", "arn:aws:iam::ACCOUNT:policy/VALUE"),
        ],
        "sqs": [
            Place("QueueUrl", "arn:aws:sqs:REGION:ACCOUNT:VALUE"),
            Place("QueueName", "arn:aws:sqs:REGION:ACCOUNT:VALUE"),
            Place("SourceArn", "VALUE"),
        ],
        "codeconnections": [Place("ConnectionArn", "VALUE"), Place("HostArn", "VALUE"), Place("ResourceArn", "VALUE")],
        "codestar-connections": [
            Place("ConnectionArn", "VALUE"), Place("HostArn", "VALUE"), Place("ResourceArn", "VALUE"),
        ],
        "slipway-codeconnections": [Place("connectionArn", "VALUE")],
        // The characters that end a secret's ARN are not known from its name.
        "secretsmanager": [
            Place("SecretId", "arn:aws:secretsmanager:REGION:ACCOUNT:secret:VALUE-??????"),
            Place("Name", "arn:aws:secretsmanager:REGION:ACCOUNT:secret:VALUE-??????"),
        ],
        "sts": [Place("RoleArn", "arn:aws:iam::ACCOUNT:role/VALUE")],
        "cloudwatch": [
            Place("AlarmName", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:VALUE"),
            Place("AlarmNames", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:VALUE"),
        ],
    ]

    private static let repositories = [
        Place("repositoryName", "arn:aws:codecommit:REGION:ACCOUNT:VALUE"),
        Place("repositoryNames", "arn:aws:codecommit:REGION:ACCOUNT:VALUE"),
        Place("oldName", "arn:aws:codecommit:REGION:ACCOUNT:VALUE"),
        Place("resourceArn", "VALUE"),
    ]

    /// A member of a call's input that names a resource, and how its ARN is made of that name.
    private struct Place {
        let member: String
        /// What stands before the region, before the name, and behind it. Where the first is nil, the name is the ARN.
        private let pieces: (start: String?, middle: String, end: String)
        private let isRegional: Bool

        /// A pattern with the words REGION, ACCOUNT and VALUE in it, or VALUE alone.
        init(_ member: String, _ pattern: String) {
            self.member = member
            isRegional = pattern.contains("REGION:ACCOUNT")
            let halves = pattern.split(separator: isRegional ? "REGION:ACCOUNT" : "ACCOUNT", maxSplits: 1)
            guard halves.count == 2 else {
                pieces = (nil, "", "")
                return
            }
            let ends = halves[1].split(separator: "VALUE", maxSplits: 1, omittingEmptySubsequences: false)
            pieces = (String(halves[0]), String(ends[0]), String(ends.count > 1 ? ends[1] : ""))
        }

        func arn(of name: String, _ caller: Caller) -> String {
            guard let start = pieces.start else { return name }
            let place = isRegional ? caller.region + ":" + caller.account : caller.account
            return start + place + pieces.middle + name + pieces.end
        }
    }

    init(_ call: Call) {
        let prefix = ["monitoring": "cloudwatch", "cloudcontrol": "cloudformation"][call.service] ?? call.service
        var name = prefix + ":" + call.operation
        if let id = call.input["VersionId"]?.string, !id.isEmpty, prefix == "s3" {
            name = ["s3:GetObject": "s3:GetObjectVersion", "s3:DeleteObject": "s3:DeleteObjectVersion"][name] ?? name
        }
        let uses = ["PackTree", "CloneSource", "PutCommitStatus"]
        if call.service == "slipway-codeconnections", uses.contains(call.operation) {
            // What AWS asks of whoever works through a connection; the action is spelled as the ARN is.
            let service = call.input["connectionArn"]?.string?.split(separator: ":").dropFirst(2).first
            name = "\(service ?? "codeconnections"):UseConnection"
        }
        action = Self.actions[name] ?? name
        switch prefix {
        case "s3": resources = Self.objects(call.input)
        case "lambda": resources = Self.functions(call)
        case "codebuild": resources = BuildAccess.resources(call)
        case "events": resources = EventAccess.resources(call)
        case "codepipeline": resources = DeliveryAccess.pipelines(call)
        case "codedeploy": resources = DeliveryAccess.deployments(call)
        case "codecommit" where call.input["targets"]?.array != nil:
            // A pull request's repository stands in its targets.
            let names = (call.input["targets"]?.array ?? []).compactMap { $0["repositoryName"]?.string }
            resources = names.isEmpty ? ["*"] : names.map { call.caller.arn("codecommit", $0) }
        default: resources = Self.named(prefix, call)
        }
        context = Self.context(call)
        owned = Self.owned(call)
    }

    private static func objects(_ input: JSON) -> [String] {
        guard let bucket = input["Bucket"]?.string else { return ["*"] }
        let arn = "arn:aws:s3:::" + bucket
        if let key = input["Key"]?.string { return [arn + "/" + key] }
        let keys = (input["Delete"]?["Objects"]?.array ?? []).compactMap { $0["Key"]?.string }
        return keys.isEmpty ? [arn] : keys.map { arn + "/" + $0 }
    }

    /// A function by its ARN, its name, or both of account and name; with its version or alias, as policies have it.
    private static func functions(_ call: Call) -> [String] {
        guard var name = call.input["FunctionName"]?.string, !name.isEmpty else { return ["*"] }
        if !name.hasPrefix("arn:") {
            let parts = name.split(separator: ":").map(String.init)
            let isPartial = parts.count >= 3 && parts[1] == "function"
            let account = isPartial ? parts[0] : call.caller.account
            let rest = isPartial ? Array(parts.dropFirst(2)) : parts
            name = "arn:aws:lambda:\(call.caller.region):\(account):function:" + rest.joined(separator: ":")
        }
        let isQualified = name.split(separator: ":", omittingEmptySubsequences: false).count > 7
        guard let qualifier = call.input["Qualifier"]?.string, !["", "$LATEST"].contains(qualifier), !isQualified else {
            return [name]
        }
        return [name + ":" + qualifier]
    }

    private static func named(_ service: String, _ call: Call) -> [String] {
        for place in places[service] ?? [] {
            guard let value = call.input[place.member] else { continue }
            let names = (value.array ?? [value]).compactMap(\.string)
            guard !names.isEmpty else { continue }
            return names.map { name in
                if name.hasPrefix("arn:") { return written(name, service) }
                if service == "sqs", let queue = queue(name, call.caller) { return queue }
                // Parameters without a slash in front have one in their ARN.
                let text = service == "ssm" && !name.hasPrefix("/") ? "/" + name : name
                return place.arn(of: text, call.caller)
            }
        }
        return ["*"]
    }

    /// The ARN as policies write it.
    private static func written(_ arn: String, _ service: String) -> String {
        switch service {
        case "sns": topic(arn)
        // Of log groups the API knows two spellings, policies the one with what is in them.
        case "logs" where arn.contains(":log-group:") && !arn.hasSuffix(":*"): arn + ":*"
        default: arn
        }
    }

    /// The topic of a subscription's ARN; the ARN itself when it is a topic's.
    private static func topic(_ arn: String) -> String {
        arn.split(separator: ":", omittingEmptySubsequences: false).prefix(6).joined(separator: ":")
    }

    /// The ARN of the queue whose URL ends in its account and name; nil for what is no URL.
    private static func queue(_ url: String, _ caller: Caller) -> String? {
        let parts = url.split(separator: "/")
        guard url.contains("/"), parts.count >= 2 else { return nil }
        return "arn:aws:sqs:\(caller.region):\(parts[parts.count - 2]):\(parts[parts.count - 1])"
    }

    /// The references that a call of CodeCommit's would move: what policies protect branches by.
    ///
    /// Source: CodeCommit User Guide, "Limit pushes and merges to branches".
    private static func references(_ input: JSON) -> [String] {
        let named = (input["references"]?.array ?? []).compactMap(\.string)
        let branch = ["branchName", "targetBranch", "destinationCommitSpecifier"].compactMap { input[$0]?.string }.first
        return named + (branch.map { [$0.hasPrefix("refs/") ? $0 : "refs/heads/" + $0] } ?? [])
    }

    private static func context(_ call: Call) -> [String: [String]] {
        let caller = call.caller
        var context: [String: [String]] = [
            "aws:principalarn": [caller.principal], "aws:principalaccount": [caller.account],
            "aws:requestedregion": [caller.region], "aws:currenttime": [call.time.iso8601()],
            "aws:epochtime": [String(Int(call.time.seconds))],
            "aws:securetransport": [String(call.endpoint.hasPrefix("https"))],
            "aws:viaawsservice": [String(caller.invokedBy != nil)],
        ]
        if let (kind, name) = PrincipalPolicies.name(caller.principal), kind == .user {
            context["aws:username"] = [name]
        }
        if let service = caller.invokedBy { context["aws:calledvia"] = [service] }
        if let source = caller.sourceARN { context["aws:sourcearn"] = [source] }
        if caller.isService {
            context["aws:sourceaccount"] = [caller.account]
            context["aws:principalservicename"] = [caller.principal]
            context["aws:principalisawsservice"] = ["true"]
            // The policy that every topic begins with lets in whoever comes with this key: alarms do, and triggers.
            if ["cloudwatch.amazonaws.com", "codecommit.amazonaws.com"].contains(caller.principal) {
                context["aws:sourceowner"] = [caller.account]
            }
        }
        if let colon = call.peer.lastIndex(of: ":") {
            context["aws:sourceip"] = [String(call.peer[..<colon].filter { $0 != "[" && $0 != "]" })]
        }
        if call.service == "codecommit" {
            let references = references(call.input)
            if !references.isEmpty { context["codecommit:references"] = references }
        }
        if call.operation == "PassRole", let service = call.input["PassedToService"]?.string {
            context["iam:passedtoservice"] = [service]
        }
        for member in ["Prefix", "Delimiter"] where call.service == "s3" {
            if let value = call.input[member]?.string { context["s3:" + member.lowercased()] = [value] }
        }
        return context
    }
}
