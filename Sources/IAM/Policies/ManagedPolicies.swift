internal import Cloud
internal import Ledger

/// Managed policies by their ARNs.
enum ManagedPolicies {
    private static let awsPrefix = "arn:aws:iam::aws:policy/"

    /// Whether the policy is one that AWS wrote.
    static func isAWS(_ arn: String) -> Bool { arn.hasPrefix(awsPrefix) && arn.utf8.count > awsPrefix.utf8.count }

    static func name(of arn: String) -> String { String(arn.split(separator: "/").last ?? "") }

    static func path(of arn: String) -> String {
        let resource = arn.split(separator: ":", maxSplits: 5).last ?? ""
        let path = resource.dropFirst("policy".count).dropLast(name(of: arn).count)
        return path.isEmpty ? "/" : String(path)
    }

    static func key(_ arn: String, for account: String) -> String { Shelf.key(account, name(of: arn)) }

    /// - Throws: `NoSuchEntity` for a policy of the account's own that is not there. Those of AWS are taken by name.
    static func check(_ arn: String, for account: String, _ write: Transaction) throws {
        guard !isAWS(arn) else { return }
        guard try write.get(Shelf.policies, key(arn, for: account))?.value.arn == arn else {
            throw IAMError.missingPolicy(arn)
        }
    }

    /// What AWS's own policies allow, as far as services that Slipway runs are concerned. One that is not here can be
    /// attached but allows nothing to those whose calls are judged by policies.
    ///
    /// Source of the actions: AWS Managed Policy Reference.
    static let documents: [String: String] = [
        "AdministratorAccess": allow("*"),
        "PowerUserAccess": """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],\
        "Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole",\
        "iam:ListRoles"],"Resource":"*"}]}
        """,
        "ReadOnlyAccess": allow(
            "cloudformation:Describe*", "cloudformation:Get*", "cloudformation:List*", "cloudformation:Detect*",
            "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "codedeploy:BatchGet*", "codedeploy:Get*",
            "codedeploy:List*", "iam:Get*", "iam:List*", "iam:Simulate*", "lambda:Get*", "lambda:List*",
            "logs:Describe*",
            "logs:Get*", "logs:FilterLogEvents", "logs:List*", "logs:StartQuery", "logs:StopQuery",
            "logs:TestMetricFilter",
            "s3:Get*", "s3:List*", "s3:DescribeJob", "ssm:Describe*", "ssm:Get*", "ssm:List*", "sts:GetCallerIdentity",
            "sts:GetAccessKeyInfo", "sts:GetSessionToken"),
        "IAMFullAccess": allow("iam:*"), "IAMReadOnlyAccess": allow("iam:Get*", "iam:List*", "iam:Simulate*"),
        "AmazonS3FullAccess": allow("s3:*", "s3-object-lambda:*"),
        "AmazonS3ReadOnlyAccess": allow(
            "s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
        "AWSCloudFormationFullAccess": allow("cloudformation:*"),
        "AWSCloudFormationReadOnlyAccess": allow(
            "cloudformation:Describe*", "cloudformation:EstimateTemplateCost", "cloudformation:Get*",
            "cloudformation:List*",
            "cloudformation:ValidateTemplate", "cloudformation:Detect*"),
        "AWSLambda_FullAccess": allow(
            "lambda:*", "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:ListMetrics",
            "cloudwatch:GetMetricData", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListRoles", "iam:PassRole",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"),
        "AWSLambda_ReadOnlyAccess": allow(
            "lambda:Get*", "lambda:List*", "cloudwatch:GetMetricData", "logs:DescribeLogGroups"),
        "AWSLambdaRole": allow("lambda:InvokeFunction"),
        "AWSLambdaExecute": allow("logs:*", "s3:GetObject", "s3:PutObject"),
        "AWSLambdaBasicExecutionRole": allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        "AWSLambdaVPCAccessExecutionRole": allow(
            "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface"),
        "AWSLambdaSQSQueueExecutionRole": allow(
            "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents"),
        "AWSXRayDaemonWriteAccess": allow(
            "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries"),
        "AWSCodeDeployFullAccess": allow("codedeploy:*"),
        "AWSCodeDeployRoleForLambda": codeDeploy("lambda:InvokeFunction"),
        "AWSCodeDeployRoleForLambdaLimited": codeDeploy(),
        "CloudWatchFullAccess": allow("cloudwatch:*", "logs:*", "sns:*"), "CloudWatchLogsFullAccess": allow("logs:*"),
        "CloudWatchReadOnlyAccess": allow(
            "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "logs:Get*", "logs:List*", "logs:Describe*",
            "logs:FilterLogEvents"),
        "CloudWatchLogsReadOnlyAccess": allow("logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents"),
        "AmazonSSMFullAccess": allow("ssm:*"),
        "AmazonSSMReadOnlyAccess": allow("ssm:Describe*", "ssm:Get*", "ssm:List*"),
    ]

    private static func codeDeploy(_ more: String...) -> String {
        allow(
            [
                "cloudwatch:DescribeAlarms", "lambda:UpdateAlias", "lambda:GetAlias",
                "lambda:GetProvisionedConcurrencyConfig",
                "sns:Publish", "s3:GetObject", "s3:GetObjectVersion",
            ] + more)
    }

    private static func allow(_ actions: String...) -> String { allow(actions) }

    private static func allow(_ actions: [String]) -> String {
        let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
        let statement = "{\"Effect\":\"Allow\",\"Action\":[\(list)],\"Resource\":\"*\"}"
        return "{\"Version\":\"2012-10-17\",\"Statement\":[\(statement)]}"
    }
}
