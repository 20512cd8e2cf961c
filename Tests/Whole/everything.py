"""A stack with a resource of nearly every type there is, written as people write them: numbers as texts, documents as
text, lists in no order, defaults left out, and policies that hang on roles as resources of their own."""
import json


def document(action, **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"} | more]}


def trust(*services):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": ["sts:AssumeRole"]}]}


def ref(name):
    return {"Ref": name}


def att(name, attribute="Arn"):
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind, **properties):
    return {"Type": "AWS::" + kind, "Properties": properties}


def identities():
    return {
        "Role": resource(
            "IAM::Role", Path="/svc/", Description="d", MaxSessionDuration="7200", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}],
            AssumeRolePolicyDocument=json.dumps(trust("lambda.amazonaws.com", "codebuild.amazonaws.com", "codedeploy.amazonaws.com",
                                                      "codepipeline.amazonaws.com", "events.amazonaws.com")),
            Policies=[{"PolicyName": "z", "PolicyDocument": document("*")}, {"PolicyName": "a", "PolicyDocument": document(["sns:*"])}],
            ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AWSLambdaExecute"],
            PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"),
        "User": resource("IAM::User", Path="/people/", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess", Groups=[ref("Group")], Policies=[], ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        "Group": resource("IAM::Group", Path="/people/", Policies=[{"PolicyName": "own", "PolicyDocument": document("sqs:*")}], ManagedPolicyArns=[]),
        "Key": resource("IAM::AccessKey", UserName=ref("User"), Status="Inactive"),
        "Inline": resource("IAM::Policy", PolicyName="apart", Roles=[ref("Role")], Users=[ref("User")], Groups=[ref("Group")],
                           PolicyDocument=document("sqs:*")),
        "Managed": resource("IAM::ManagedPolicy", Roles=[ref("Role")], Users=[ref("User")], Groups=[ref("Group")],
                            Description="d", PolicyDocument=document("sqs:*")),
        "Profile": resource("IAM::InstanceProfile", Roles=[ref("Role")]),
    }


def messages():
    return {
        "Dead": resource("SQS::Queue"),
        "Queue": resource(
            "SQS::Queue", DelaySeconds="3", VisibilityTimeout=40, MessageRetentionPeriod="1000", MaximumMessageSize=2000, ReceiveMessageWaitTimeSeconds=5, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}],
            RedrivePolicy={"Fn::Sub": '{"deadLetterTargetArn": "${Dead.Arn}", "maxReceiveCount": "3"}'}),
        "Fifo": resource("SQS::Queue", FifoQueue="true", ContentBasedDeduplication=True, RedriveAllowPolicy={"redrivePermission": "denyAll"}),
        "QueuePolicy": resource("SQS::QueuePolicy", Queues=[ref("Queue"), ref("Dead")], PolicyDocument=document(
            "sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"})),
        "QueueInline": resource("SQS::QueueInlinePolicy", Queue=ref("Fifo"), PolicyDocument=document("sqs:*", Principal={"AWS": "*"})),
        "Topic": resource("SNS::Topic", DisplayName="d", Subscription=[{"Protocol": "sqs", "Endpoint": att("Dead")}], SignatureVersion="2",
                          Tags=[{"Key": "a", "Value": "2"}]),
        "Plain": resource("SNS::Topic"),
        "Subscription": resource(
            "SNS::Subscription", TopicArn=ref("Topic"), Protocol="sqs", Endpoint=att("Queue"), RawMessageDelivery="true",
            FilterPolicy={"a": ["b"]}, FilterPolicyScope="MessageBody", RedrivePolicy={"deadLetterTargetArn": att("Dead")}),
        "TopicPolicy": resource("SNS::TopicPolicy", Topics=[ref("Topic")], PolicyDocument=document(
            "sns:Publish", Principal={"Service": "events.amazonaws.com"}, Resource=ref("Topic"))),
        "TopicInline": resource("SNS::TopicInlinePolicy", TopicArn=ref("Plain"), PolicyDocument=document(
            "sns:Publish", Principal={"AWS": "*"}, Resource=ref("Plain"))),
        "Bus": resource("Events::EventBus", Name={"Fn::Sub": "${AWS::StackName}-bus"}, Description="d", DeadLetterConfig={"Arn": att("Dead")}, Tags=[{"Key": "a", "Value": "b"}]),
        "BusPolicy": resource("Events::EventBusPolicy", EventBusName=ref("Bus"), StatementId="s1", Statement={
            "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": att("Bus")}),
        "BusPolicyPlain": resource("Events::EventBusPolicy", EventBusName=ref("Bus"), StatementId="s2", Principal="111122223333",
                                   Action="events:PutEvents"),
        "Rule": resource("Events::Rule", EventPattern='{"source": ["a"]}', Description="d", Targets=[
            {"Arn": att("Queue"), "Id": "x", "Input": {"Fn::Sub": '{"a": "${Queue}"}'}},
            {"Arn": ref("Topic"), "Id": "a", "RetryPolicy": {"MaximumRetryAttempts": "3"}}]),
        "Timer": resource("Events::Rule", ScheduleExpression="rate(5 minutes)", State="DISABLED", EventBusName="default", Tags=[{"Key": "a", "Value": "b"}]),
        "BusRule": resource("Events::Rule", EventBusName=ref("Bus"), EventPattern={"source": ["x"]}, Targets=[
            {"Arn": att("Queue"), "Id": "q"}]),
        "Archive": resource("Events::Archive", Description="d", SourceArn=att("Bus"), RetentionDays="3", EventPattern={"source": ["x"]}),
        "Connection": resource("Events::Connection", Description="d", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}),
        "Destination": resource("Events::ApiDestination", Description="d", ConnectionArn=att("Connection"), HttpMethod="POST",
                                InvocationEndpoint="https://example.com/x", InvocationRateLimitPerSecond="5"),
    }


def functions():
    code = {"ZipFile": "def h(e, c):\n  return 1"}
    return {
        "Function": resource(
            "Lambda::Function", Runtime="python3.11", Handler="index.h", Role=att("Role"), Code=code, Timeout="9", MemorySize="256",
            LoggingConfig={"LogFormat": "JSON"}, Environment={"Variables": {"AA": 1, "BB": "x"}}, EphemeralStorage={"Size": "1024"},
            DeadLetterConfig={"TargetArn": att("Dead")}, ReservedConcurrentExecutions="3", Layers=[ref("Layer")], Description="d",
            TracingConfig={"Mode": "Active"}, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}], Architectures=["x86_64"]),
        "Bare": resource("Lambda::Function", Runtime="python3.11", Handler="index.h", Role=att("Role"), Code=code),
        "Version": resource("Lambda::Version", FunctionName=ref("Function"), Description="d"),
        "Alias": resource("Lambda::Alias", FunctionName=ref("Function"), FunctionVersion=att("Version", "Version"), Name="live", Description="d"),
        "Permission": resource("Lambda::Permission", FunctionName=ref("Function"), Action="lambda:InvokeFunction",
                               Principal="s3.amazonaws.com", SourceArn=att("Bucket"), SourceAccount=ref("AWS::AccountId")),
        "Url": resource("Lambda::Url", TargetFunctionArn=att("Function"), AuthType="NONE", InvokeMode="BUFFERED", Cors={
            "AllowOrigins": ["*"], "MaxAge": "30"}),
        "Invoke": resource("Lambda::EventInvokeConfig", FunctionName=ref("Function"), Qualifier="$LATEST", MaximumRetryAttempts="1", MaximumEventAgeInSeconds="100",
                           DestinationConfig={"OnFailure": {"Destination": att("Queue")}}),
        "Mapping": resource("Lambda::EventSourceMapping", FunctionName=ref("Function"), EventSourceArn=att("Queue"), Enabled="false",
                            BatchSize="3", FilterCriteria={"Filters": [{"Pattern": '{"body": ["a"]}'}]},
                            FunctionResponseTypes=["ReportBatchItemFailures"], ScalingConfig={"MaximumConcurrency": "5"}, MaximumBatchingWindowInSeconds="2", Tags=[{"Key": "a", "Value": "b"}]),
        "MappingPlain": resource("Lambda::EventSourceMapping", FunctionName=att("Bare"), EventSourceArn=att("Dead"), Enabled=False),
        "Layer": resource("Lambda::LayerVersion", Content={"S3Bucket": "everything", "S3Key": "layer.zip"}, Description="d",
                          CompatibleRuntimes=["python3.12", "python3.11"]),
        "LayerPermission": resource("Lambda::LayerVersionPermission", LayerVersionArn=ref("Layer"), Action="lambda:GetLayerVersion",
                                    Principal="111122223333"),
    }


def stores():
    return {
        "Bucket": resource(
            "S3::Bucket", VersioningConfiguration={"Status": "Enabled"}, PublicAccessBlockConfiguration={"BlockPublicAcls": "true"},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, Tags=[{"Key": "a", "Value": "b"}],
            LifecycleConfiguration={"Rules": [{"Id": "r", "Status": "Enabled", "ExpirationInDays": "3", "Prefix": "a/"}]},
            CorsConfiguration={"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 30}]},
            BucketEncryption={"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
            WebsiteConfiguration={"IndexDocument": "i"}, AccelerateConfiguration={"AccelerationStatus": "Enabled"},
            LoggingConfiguration={"DestinationBucketName": "everything", "LogFilePrefix": "l/"}, NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": "true"}}),
        "BucketPolicy": resource("S3::BucketPolicy", Bucket=ref("Bucket"), PolicyDocument=document(
            "s3:GetObject", Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, Resource={"Fn::Sub": "${Bucket.Arn}/*"})),
        "Parameter": resource("SSM::Parameter", Type="String", Value="a", Tier="Intelligent-Tiering", Description="d",
                              AllowedPattern="[a-z]+", Tags={"t": "u"}),
        "ListParameter": resource("SSM::Parameter", Type="StringList", Value="a,b"),
        "Secret": resource("SecretsManager::Secret", GenerateSecretString={"PasswordLength": "10"}, Description="d", KmsKeyId="alias/x",
                           Tags=[{"Key": "a", "Value": "b"}]),
        "SecretPolicy": resource("SecretsManager::ResourcePolicy", SecretId=ref("Secret"), ResourcePolicy=document(
            "secretsmanager:GetSecretValue", Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}})),
        "Rotation": resource("SecretsManager::RotationSchedule", SecretId=ref("Secret"), RotationLambdaARN=att("Function"),
                             RotationRules={"AutomaticallyAfterDays": "30"}, RotateImmediatelyOnUpdate=False),
    }


def watching():
    return {
        "Group1": resource("Logs::LogGroup", RetentionInDays="7", Tags=[{"Key": "a", "Value": "b"}]),
        "Group2": resource("Logs::LogGroup"),
        "Stream": resource("Logs::LogStream", LogGroupName=ref("Group1")),
        "Metric": resource("Logs::MetricFilter", LogGroupName=ref("Group1"), FilterPattern="ERROR", MetricTransformations=[
            {"MetricName": "e", "MetricNamespace": "n", "MetricValue": 1, "DefaultValue": "0"}]),
        "Feed": resource("Logs::SubscriptionFilter", LogGroupName=ref("Group2"), FilterPattern="", DestinationArn=att("Function")),
        "Alarm": resource("CloudWatch::Alarm", MetricName="m", Namespace="n", Statistic="Sum", Period="60", EvaluationPeriods="1",
                          Threshold="1", ComparisonOperator="GreaterThanThreshold", AlarmDescription="d", DatapointsToAlarm=1, TreatMissingData="breaching", ActionsEnabled="false", Unit="Count", AlarmActions=[ref("Topic")], Dimensions=[
                              {"Name": "b", "Value": "x"}, {"Name": "a", "Value": "y"}], Tags=[{"Key": "a", "Value": "b"}]),
        "Math": resource("CloudWatch::Alarm", EvaluationPeriods=1, Threshold=1.5, ComparisonOperator="GreaterThanThreshold", Metrics=[
            {"Id": "e", "Expression": "a/b"}, {"Id": "a", "ReturnData": "false", "MetricStat": {
                "Metric": {"MetricName": "x", "Namespace": "y"}, "Period": 60, "Stat": "Sum"}},
            {"Id": "b", "ReturnData": False, "MetricStat": {"Metric": {"MetricName": "z", "Namespace": "y"}, "Period": "60", "Stat": "p99"}}]),
        "Both": resource("CloudWatch::CompositeAlarm", AlarmName={"Fn::Sub": "${AWS::StackName}-both"}, AlarmRule={"Fn::Sub": "ALARM(${Alarm})"}),
        "Dashboard": resource("CloudWatch::Dashboard", DashboardBody='{"widgets": []}'),
    }


def delivery():
    def action(name, category, provider, configuration=None, **more):
        found = {"Name": name, "ActionTypeId": {"Category": category, "Owner": "AWS", "Provider": provider, "Version": 1}} | more
        return found | ({"Configuration": configuration} if configuration else {})
    return {
        "Repository": resource("CodeCommit::Repository", RepositoryName={"Fn::Sub": "${AWS::StackName}-r"}, RepositoryDescription="d",
                               Tags=[{"Key": "a", "Value": "b"}], Triggers=[
                                   {"Name": "t", "DestinationArn": ref("Topic"), "Events": ["all"]}]),
        "Link": resource("CodeConnections::Connection", ConnectionName={"Fn::Sub": "${AWS::StackName}-l"}, ProviderType="GitHub"),
        "StarLink": resource("CodeStarConnections::Connection", ConnectionName={"Fn::Sub": "${AWS::StackName}-m"}, ProviderType="GitHub",
                             Tags=[{"Key": "a", "Value": "b"}]),
        "Project": resource(
            "CodeBuild::Project", ServiceRole=att("Role"), Artifacts={"Type": "NO_ARTIFACTS"}, TimeoutInMinutes="10", Description="d",
            Environment={"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL", "Image": "aws/codebuild/standard:7.0",
                         "EnvironmentVariables": [{"Name": "B", "Value": "b"}, {"Name": "A", "Type": "PARAMETER_STORE", "Value": "/x"}]},
            Source={"Type": "CODECOMMIT", "Location": att("Repository", "CloneUrlHttp"), "BuildSpec": "version: 0.2"},
            LogsConfig={"CloudWatchLogs": {"Status": "ENABLED", "GroupName": ref("Group1")}}, Tags=[{"Key": "a", "Value": "b"}],
            Cache={"Type": "LOCAL", "Modes": ["LOCAL_SOURCE_CACHE"]}, QueuedTimeoutInMinutes=30, ConcurrentBuildLimit="2", AutoRetryLimit=1, BadgeEnabled="true",
            Visibility="PUBLIC_READ", BuildBatchConfig={"ServiceRole": att("Role"), "TimeoutInMins": "30"}, SourceVersion="main", EncryptionKey="alias/x"),
        "Reports": resource("CodeBuild::ReportGroup", Type="TEST", ExportConfig={"ExportConfigType": "NO_EXPORT"},
                            Tags=[{"Key": "a", "Value": "b"}]),
        "Token": resource("CodeBuild::SourceCredential", ServerType="GITHUB", AuthType="PERSONAL_ACCESS_TOKEN", Token="secret"),
        "Application": resource("CodeDeploy::Application", ComputePlatform="Lambda", Tags=[{"Key": "a", "Value": "b"}]),
        "Canary": resource("CodeDeploy::DeploymentConfig", ComputePlatform="Lambda", TrafficRoutingConfig={
            "Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryInterval": "1", "CanaryPercentage": 20}}),
        "Deployments": resource(
            "CodeDeploy::DeploymentGroup", ApplicationName=ref("Application"), ServiceRoleArn=att("Role"), DeploymentConfigName=ref("Canary"),
            DeploymentStyle={"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
            AlarmConfiguration={"Enabled": "true", "Alarms": [{"Name": ref("Alarm")}]},
            AutoRollbackConfiguration={"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]},
            TriggerConfigurations=[{"TriggerName": "t", "TriggerTargetArn": ref("Topic"), "TriggerEvents": ["DeploymentFailure"]}]),
        "Pipeline": resource(
            "CodePipeline::Pipeline", RoleArn=att("Role"), ArtifactStore={"Type": "S3", "Location": ref("Bucket")},
            DisableInboundStageTransitions=[{"StageName": "Ask", "Reason": "not yet"}], Tags=[{"Key": "a", "Value": "b"}], Stages=[
                {"Name": "Source", "Actions": [action("S", "Source", "CodeCommit", {
                    "RepositoryName": att("Repository", "Name"), "BranchName": "main", "PollForSourceChanges": False},
                    OutputArtifacts=[{"Name": "src"}])]},
                {"Name": "Ask", "Actions": [action("A", "Approval", "Manual", RunOrder="1")]}]),
        "Hook": resource(
            "CodePipeline::Webhook", TargetPipeline=ref("Pipeline"), TargetAction="S", TargetPipelineVersion=att("Pipeline", "Version"),
            Authentication="GITHUB_HMAC", AuthenticationConfiguration={"SecretToken": "x"},
            Filters=[{"JsonPath": "$.ref", "MatchEquals": "refs/heads/{Branch}"}]),
        "Action": resource("CodePipeline::CustomActionType", Category="Build", Provider={"Fn::Sub": "${AWS::StackName}"}, Version="1",
                           InputArtifactDetails={"MinimumCount": "0", "MaximumCount": 1},
                           OutputArtifactDetails={"MinimumCount": 0, "MaximumCount": 1}, Tags=[{"Key": "a", "Value": "b"}]),
    }


def everything():
    """The resources by logical id."""
    return identities() | messages() | functions() | stores() | watching() | delivery()


def prepare(server):
    """What the resources lean on outside of the stack."""
    import io
    import zipfile
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("python/x.py", "")
    s3 = server.client("s3")
    s3.create_bucket(Bucket="everything", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket="everything", Key="layer.zip", Body=data.getvalue())
