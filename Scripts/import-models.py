#!/usr/bin/env python3
"""Import the facts of AWS's API models that Slipway's `Wire` needs.

    Scripts/import-models.py [SERVICE ...]            write Sources/Wire/Models/*.swift, of all services or of these
    Scripts/import-models.py --check [SERVICE ...]    say whether they are what this would write; exit 1 if not

A service may be brought up to a newer botocore alone: its file says which it is from, and is checked only by the same.

The models come from pip's botocore (`service-2.json`, by its loader). Taken are operations, shapes, constraints,
locations and names of the operations offered (SERVICES below), and the bare names of all others, so that an operation
that exists but is not offered is told from one that does not exist. Documentation is left behind.

To add a service or an operation: edit SERVICES, run, build, commit.

What is written, in short keys (read by Sources/Wire/Model/ModelReader.swift):

service     api version, signing name, endpoint prefix, protocols, target prefix, json version, xmlns,
            queryCompatible, shapes, ops, others
operation   m method (POST), u path (/), c status (200), i input, o output, w result wrapper, e errors, d deprecated,
            a authentication "none", g request encodings, in XML name of the input, ix its namespace, hp host prefix,
            ca member with the checksum algorithm, cr a checksum is required
shape       t type: o structure, l list, m map, and a letter for a scalar; o: members, r required, p payload member,
            err, ns, flags; l: of; m: k, v; min, max, re, enum (as "one of"), f flattened, tf timestamp format, x sensitive
member      a shape's name, or an object: s shape, n name on the wire, q its name in query requests and answers where that
            differs, l location, ns, fl flags
flags       letters: a xml attribute, f flattened, s streaming, i idempotency token, h host label, p event payload,
            e event, E event stream, d document, u union, x sensitive, D deprecated
"""

import json
import pathlib
import re
import sys

import botocore
import botocore.loaders

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "Sources" / "Wire" / "Models"


def words(text):
    return text.split()


# SQS's model speaks JSON only; clients from before 2023 send query requests. The names are those of the API as it was then
# (SQS API Reference, "Making Query API requests"): members by "Shape.member", lists' elements by "List", codes by exception.
SQS_QUERY = dict(
    names={
        "AddPermissionRequest.AWSAccountIds": "AWSAccountId", "AddPermissionRequest.Actions": "ActionName",
        "CreateQueueRequest.Attributes": "Attribute", "CreateQueueRequest.tags": "Tag",
        "SetQueueAttributesRequest.Attributes": "Attribute", "GetQueueAttributesRequest.AttributeNames": "AttributeName",
        "GetQueueAttributesResult.Attributes": "Attribute", "ListQueuesResult.QueueUrls": "QueueUrl",
        "ListDeadLetterSourceQueuesResult.queueUrls": "QueueUrl", "ListQueueTagsResult.Tags": "Tag",
        "TagQueueRequest.Tags": "Tag", "UntagQueueRequest.TagKeys": "TagKey",
        "ReceiveMessageRequest.AttributeNames": "AttributeName",
        "ReceiveMessageRequest.MessageSystemAttributeNames": "MessageSystemAttributeName",
        "ReceiveMessageRequest.MessageAttributeNames": "MessageAttributeName", "ReceiveMessageResult.Messages": "Message",
        "Message.Attributes": "Attribute", "Message.MessageAttributes": "MessageAttribute",
        "SendMessageRequest.MessageAttributes": "MessageAttribute",
        "SendMessageRequest.MessageSystemAttributes": "MessageSystemAttribute",
        "SendMessageBatchRequestEntry.MessageAttributes": "MessageAttribute",
        "SendMessageBatchRequestEntry.MessageSystemAttributes": "MessageSystemAttribute",
        "SendMessageBatchRequest.Entries": "SendMessageBatchRequestEntry",
        "SendMessageBatchResult.Successful": "SendMessageBatchResultEntry",
        "SendMessageBatchResult.Failed": "BatchResultErrorEntry",
        "DeleteMessageBatchRequest.Entries": "DeleteMessageBatchRequestEntry",
        "DeleteMessageBatchResult.Successful": "DeleteMessageBatchResultEntry",
        "DeleteMessageBatchResult.Failed": "BatchResultErrorEntry",
        "ChangeMessageVisibilityBatchRequest.Entries": "ChangeMessageVisibilityBatchRequestEntry",
        "ChangeMessageVisibilityBatchResult.Successful": "ChangeMessageVisibilityBatchResultEntry",
        "ChangeMessageVisibilityBatchResult.Failed": "BatchResultErrorEntry",
        "ListMessageMoveTasksResult.Results": "ListMessageMoveTasksResultEntry",
        "QueueAttributeMap.key": "Name", "QueueAttributeMap.value": "Value", "MessageSystemAttributeMap.key": "Name",
        "MessageSystemAttributeMap.value": "Value", "MessageBodyAttributeMap.key": "Name",
        "MessageBodyAttributeMap.value": "Value", "MessageBodySystemAttributeMap.key": "Name",
        "MessageBodySystemAttributeMap.value": "Value", "TagMap.key": "Key", "TagMap.value": "Value",
    },
    # The model names the wrong list here: clients ask for attributes of messages, which the service gives.
    shapes={"ReceiveMessageRequest.AttributeNames": "MessageAttributeNameList"},
    codes={
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists",
        **{name: "AWS.SimpleQueueService." + name for name in words("""
           QueueDeletedRecently PurgeQueueInProgress TooManyEntriesInBatchRequest EmptyBatchRequest BatchEntryIdsNotDistinct
           InvalidBatchEntryId BatchRequestTooLong UnsupportedOperation MessageNotInflight""")},
    },
)

# offer: "*" or names; less: names taken out again; hidden: names that share their route with a newer operation.
SERVICES = {
    "sts": dict(offer="*", less=words("AssumeRoot GetDelegatedAccessToken GetWebIdentityToken")),
    "iam": dict(
        offer=words("""
        CreateRole GetRole ListRoles UpdateRole UpdateRoleDescription DeleteRole UpdateAssumeRolePolicy
        TagRole UntagRole ListRoleTags PutRolePermissionsBoundary DeleteRolePermissionsBoundary CreateServiceLinkedRole
        DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
        PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy AttachRolePolicy DetachRolePolicy
        ListAttachedRolePolicies CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion
        ListPolicyVersions DeletePolicyVersion SetDefaultPolicyVersion TagPolicy UntagPolicy ListPolicyTags
        ListEntitiesForPolicy CreateUser GetUser ListUsers UpdateUser DeleteUser TagUser UntagUser ListUserTags
        PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy AttachUserPolicy DetachUserPolicy
        ListAttachedUserPolicies PutUserPermissionsBoundary DeleteUserPermissionsBoundary
        CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed
        CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential
        ResetServiceSpecificCredential DeleteServiceSpecificCredential
        CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupsForUser
        PutGroupPolicy GetGroupPolicy ListGroupPolicies DeleteGroupPolicy AttachGroupPolicy DetachGroupPolicy
        ListAttachedGroupPolicies CreateInstanceProfile GetInstanceProfile ListInstanceProfiles DeleteInstanceProfile
        AddRoleToInstanceProfile RemoveRoleFromInstanceProfile ListInstanceProfilesForRole TagInstanceProfile
        UntagInstanceProfile ListInstanceProfileTags CreateAccountAlias DeleteAccountAlias ListAccountAliases
        GetAccountSummary GetAccountAuthorizationDetails SimulatePrincipalPolicy SimulateCustomPolicy
        GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy CreateOpenIDConnectProvider
        GetOpenIDConnectProvider ListOpenIDConnectProviders DeleteOpenIDConnectProvider
        """),
    ),
    "s3": dict(
        offer=words("""
        ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation
        PutObject GetObject HeadObject DeleteObject DeleteObjects CopyObject GetObjectAttributes RenameObject
        ListObjects ListObjectsV2 ListObjectVersions CreateMultipartUpload UploadPart UploadPartCopy
        CompleteMultipartUpload AbortMultipartUpload ListMultipartUploads ListParts
        GetBucketVersioning PutBucketVersioning GetBucketTagging PutBucketTagging DeleteBucketTagging
        GetObjectTagging PutObjectTagging DeleteObjectTagging GetBucketPolicy PutBucketPolicy DeleteBucketPolicy
        GetBucketPolicyStatus GetBucketEncryption PutBucketEncryption DeleteBucketEncryption
        GetPublicAccessBlock PutPublicAccessBlock DeletePublicAccessBlock GetBucketOwnershipControls
        PutBucketOwnershipControls DeleteBucketOwnershipControls GetBucketAcl PutBucketAcl GetObjectAcl PutObjectAcl
        GetBucketCors PutBucketCors DeleteBucketCors GetBucketWebsite PutBucketWebsite DeleteBucketWebsite
        GetBucketLifecycleConfiguration PutBucketLifecycleConfiguration DeleteBucketLifecycle
        GetBucketNotificationConfiguration PutBucketNotificationConfiguration GetBucketLogging PutBucketLogging
        GetBucketRequestPayment PutBucketRequestPayment GetBucketAccelerateConfiguration
        PutBucketAccelerateConfiguration GetBucketReplication PutBucketReplication DeleteBucketReplication
        GetObjectLockConfiguration PutObjectLockConfiguration GetObjectRetention PutObjectRetention
        GetObjectLegalHold PutObjectLegalHold RestoreObject
        """),
        hidden=words("""
        GetBucketLifecycle PutBucketLifecycle GetBucketNotification PutBucketNotification ListDirectoryBuckets
        """),
        xmlns="http://s3.amazonaws.com/doc/2006-03-01/",
    ),
    "ssm": dict(
        offer=words("""
        PutParameter GetParameter GetParameters GetParametersByPath GetParameterHistory DescribeParameters
        DeleteParameter DeleteParameters LabelParameterVersion UnlabelParameterVersion AddTagsToResource
        RemoveTagsFromResource ListTagsForResource GetServiceSetting UpdateServiceSetting ResetServiceSetting
        """),
    ),
    "logs": dict(
        offer=words("""
        CreateLogGroup DeleteLogGroup DescribeLogGroups ListLogGroups CreateLogStream DeleteLogStream
        DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents StartLiveTail PutRetentionPolicy
        DeleteRetentionPolicy TagResource UntagResource ListTagsForResource TagLogGroup UntagLogGroup ListTagsLogGroup
        PutMetricFilter DescribeMetricFilters DeleteMetricFilter TestMetricFilter PutSubscriptionFilter
        DescribeSubscriptionFilters DeleteSubscriptionFilter StartQuery StopQuery GetQueryResults DescribeQueries
        GetLogRecord GetLogGroupFields PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition
        CreateExportTask DescribeExportTasks CancelExportTask PutResourcePolicy DescribeResourcePolicies
        DeleteResourcePolicy PutDestination DescribeDestinations DeleteDestination PutDestinationPolicy AssociateKmsKey
        DisassociateKmsKey PutLogGroupDeletionProtection
        """),
    ),
    "cloudwatch": dict(
        offer="*",
        less=words("""
        GetMetricWidgetImage StartOTelEnrichment StopOTelEnrichment GetOTelEnrichment PutManagedInsightRules
        ListManagedInsightRules PutInsightRule DeleteInsightRules DescribeInsightRules DisableInsightRules
        EnableInsightRules GetInsightRuleReport
        """),
    ),
    "lambda": dict(
        offer="*",
        less=words("""
        CreateCapacityProvider DeleteCapacityProvider GetCapacityProvider ListCapacityProviders UpdateCapacityProvider
        ListFunctionVersionsByCapacityProvider GetFunctionScalingConfig PutFunctionScalingConfig
        CheckpointDurableExecution GetDurableExecution GetDurableExecutionHistory GetDurableExecutionState
        ListDurableExecutionsByFunction SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat
        SendDurableExecutionCallbackSuccess StopDurableExecution
        """),
    ),
    "codedeploy": dict(offer="*", less=words("DeleteGitHubAccountToken ListGitHubAccountTokenNames")),
    "cloudformation": dict(offer="*"),
    "codecommit": dict(offer="*"),
    "codebuild": dict(
        offer="*",
        less=words("""
        CreateFleet UpdateFleet DeleteFleet BatchGetFleets ListFleets StartSandbox StopSandbox BatchGetSandboxes
        ListSandboxes ListSandboxesForProject StartSandboxConnection StartCommandExecution BatchGetCommandExecutions
        ListCommandExecutionsForSandbox
        """),
    ),
    "codepipeline": dict(offer="*"),
    "codeconnections": dict(
        offer=words("""
        CreateConnection GetConnection ListConnections DeleteConnection CreateHost GetHost ListHosts UpdateHost
        DeleteHost TagResource UntagResource ListTagsForResource
        """),
    ),
    "codestar-connections": dict(
        offer=words("""
        CreateConnection GetConnection ListConnections DeleteConnection CreateHost GetHost ListHosts UpdateHost
        DeleteHost TagResource UntagResource ListTagsForResource
        """),
    ),
    "events": dict(
        offer=words("""
        PutRule DescribeRule ListRules DeleteRule EnableRule DisableRule PutTargets RemoveTargets ListTargetsByRule
        ListRuleNamesByTarget PutEvents TestEventPattern CreateEventBus DescribeEventBus ListEventBuses UpdateEventBus
        DeleteEventBus PutPermission RemovePermission TagResource UntagResource ListTagsForResource CreateArchive
        DescribeArchive ListArchives UpdateArchive DeleteArchive StartReplay DescribeReplay ListReplays CancelReplay
        CreateConnection DescribeConnection ListConnections UpdateConnection DeleteConnection DeauthorizeConnection
        CreateApiDestination DescribeApiDestination ListApiDestinations UpdateApiDestination DeleteApiDestination
        """),
    ),
    "sns": dict(
        offer=words("""
        CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes Subscribe ConfirmSubscription
        Unsubscribe ListSubscriptions ListSubscriptionsByTopic GetSubscriptionAttributes SetSubscriptionAttributes
        Publish PublishBatch AddPermission RemovePermission TagResource UntagResource ListTagsForResource
        GetDataProtectionPolicy PutDataProtectionPolicy
        """),
    ),
    "sqs": dict(
        offer="*", query=SQS_QUERY, xmlns="http://queue.amazonaws.com/doc/2012-11-05/",
        # A name that is none is the service's own refusal, InvalidAttributeName, not the model's.
        open=words("QueueAttributeName"),
    ),
    "secretsmanager": dict(offer="*"),
    "cloudcontrol": dict(offer="*"),
}

SCALARS = dict(string="s", blob="b", boolean="q", integer="i", long="n", double="d", float="F", timestamp="t")
LOCATIONS = dict(uri="u", querystring="q", header="h", headers="H", statusCode="c")


def namespace(xml):
    """A URI, or prefix and URI."""
    return [xml["prefix"], xml["uri"]] if xml.get("prefix") else xml["uri"]


class Importer:
    """Turns one service's model into compact facts."""

    def __init__(self, service, config):
        self.service, self.config = service, config
        loader = botocore.loaders.Loader()
        self.model = loader.load_service_model(service, "service-2")
        self.shapes, self.todo = {}, []

    def reference(self, name):
        """How a shape is referred to: by a dot and a letter when it is a scalar without anything special."""
        shape = self.model["shapes"][name]
        if set(shape) <= {"type", "documentation", "box"} and shape["type"] in SCALARS:
            return "." + SCALARS[shape["type"]]
        if name not in self.shapes:
            self.shapes[name] = None
            self.todo.append(name)
        return name

    def member(self, member, name=None, owner=None, role=None):
        other = self.config.get("query", {}).get("shapes", {}).get(f"{owner}.{name}")
        member = {**member, "shape": other or member["shape"]}
        target = self.model["shapes"][member["shape"]]
        facts = {"s": self.reference(member["shape"])}
        queried = self.config.get("query", {}).get("names", {}).get(f"{owner}.{role or name}")
        if queried:
            facts["q"] = queried
        if member.get("locationName", name) != name:
            facts["n"] = member["locationName"]
        if "location" in member:
            facts["l"] = LOCATIONS[member["location"]]
        if "xmlNamespace" in member:
            facts["ns"] = namespace(member["xmlNamespace"])
        if "timestampFormat" in member:
            facts["tf"] = member["timestampFormat"]
        named = dict(xmlAttribute="a", flattened="f", streaming="s", idempotencyToken="i", hostLabel="h",
                     eventpayload="p", deprecated="D")
        flags = "".join(sorted(letter for key, letter in named.items() if member.get(key)))
        if target.get("streaming") and "s" not in flags:
            flags += "s"
        if flags:
            facts["fl"] = flags
        return facts["s"] if set(facts) == {"s"} else facts

    def structure(self, own, shape, facts):
        facts["o"] = {name: self.member(member, name, own) for name, member in shape["members"].items()}
        if shape.get("required"):
            facts["r"] = shape["required"]
        if "payload" in shape:
            facts["p"] = shape["payload"]
        if shape.get("exception") or "error" in shape:
            error = dict(shape.get("error", {}))
            code = self.config.get("query", {}).get("codes", {}).get(own)
            if code:
                error["code"] = code
            facts["err"] = {
                key: value for key, value in
                (("c", error.get("code")), ("s", error.get("httpStatusCode")), ("f", error.get("senderFault"))) if value
            }
            if shape.get("fault"):
                facts["err"]["x"] = True

    def shape(self, name):
        shape = self.model["shapes"][name]
        facts = {}
        if shape["type"] == "structure":
            self.structure(name, shape, facts)
        elif shape["type"] == "list":
            facts["of"] = self.member(shape["member"])
        elif shape["type"] == "map":
            facts["k"] = self.member(shape["key"], owner=name, role="key")
            facts["v"] = self.member(shape["value"], owner=name, role="value")
        else:
            facts["t"] = SCALARS[shape["type"]]
        for key, short in (("min", "min"), ("max", "max"), ("pattern", "re"), ("enum", "enum"),
                           ("timestampFormat", "tf"), ("locationName", "n")):
            if key == "enum" and name in self.config.get("open", []):
                continue
            if key in shape:
                facts[short] = shape[key]
        if "xmlNamespace" in shape:
            facts["ns"] = namespace(shape["xmlNamespace"])
        named = dict(flattened="f", event="e", eventstream="E", document="d", union="u", sensitive="x", streaming="s")
        flags = "".join(sorted(letter for key, letter in named.items() if shape.get(key)))
        if flags:
            facts["fl"] = flags
        return facts

    def operation(self, operation):
        http, facts = operation["http"], {}
        if http["method"] != "POST":
            facts["m"] = http["method"]
        if http["requestUri"] != "/":
            facts["u"] = http["requestUri"]
        if http.get("responseCode", 200) != 200:
            facts["c"] = http["responseCode"]
        for side, key in (("input", "i"), ("output", "o")):
            if side in operation:
                facts[key] = self.reference(operation[side]["shape"])
        if "resultWrapper" in operation.get("output", {}):
            facts["w"] = operation["output"]["resultWrapper"]
        if "locationName" in operation.get("input", {}):
            facts["in"] = operation["input"]["locationName"]
            facts["ix"] = namespace(operation["input"]["xmlNamespace"])
        if operation.get("errors"):
            facts["e"] = [self.reference(error["shape"]) for error in operation["errors"]]
        if operation.get("deprecated"):
            facts["d"] = True
        if operation.get("authtype") == "none":
            facts["a"] = "none"
        if "requestcompression" in operation:
            facts["g"] = operation["requestcompression"]["encodings"]
        if "endpoint" in operation:
            facts["hp"] = operation["endpoint"]["hostPrefix"]
        checksum = operation.get("httpChecksum", {})
        if "requestAlgorithmMember" in checksum:
            facts["ca"] = checksum["requestAlgorithmMember"]
        if checksum.get("requestChecksumRequired"):
            facts["cr"] = True
        return facts

    def route(self, name):
        """What is needed to recognise an operation that is not offered, in a service that routes by path."""
        operation = self.model["operations"][name]
        http = operation["http"]
        shape = self.model["shapes"].get(operation.get("input", {}).get("shape"), {})
        query = [member.get("locationName", key) for key, member in shape.get("members", {}).items()
                 if key in shape.get("required", []) and member.get("location") == "querystring"]
        return [name, http["method"], http["requestUri"]] + query

    def run(self):
        metadata, operations = self.model["metadata"], self.model["operations"]
        hidden = set(self.config.get("hidden", []))
        offer = self.config["offer"]
        names = list(operations) if offer == "*" else offer
        names = sorted(set(names) - set(self.config.get("less", [])) - hidden)
        for name in names + list(hidden) + self.config.get("less", []):
            if name not in operations:
                raise SystemExit(f"{self.service} has no operation {name}")
        protocols = metadata.get("protocols") or [metadata["protocol"]]
        if "query" in self.config and "query" not in protocols:
            protocols = protocols + ["query"]
        facts = {"id": self.service, "api": metadata["apiVersion"],
                 "sign": metadata.get("signingName", metadata["endpointPrefix"]), "host": metadata["endpointPrefix"],
                 "protocols": protocols}
        xmlns = self.config.get("xmlns", metadata.get("xmlNamespace"))
        for key, value in (("target", metadata.get("targetPrefix")), ("json", metadata.get("jsonVersion")),
                           ("xmlns", xmlns)):
            if value:
                facts[key] = value
        if "awsQueryCompatible" in metadata:
            facts["queryCompatible"] = True
        facts["ops"] = {name: self.operation(operations[name]) for name in names}
        while self.todo:
            name = self.todo.pop()
            self.shapes[name] = self.shape(name)
        rest = any(protocol.startswith("rest") for protocol in protocols)
        others = sorted(set(operations) - set(names) - hidden)
        facts["others"] = [self.route(name) for name in others] if rest else others
        facts["shapes"] = dict(sorted(self.shapes.items()))
        return facts


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def literal(facts):
    """The facts as JSON, a line an operation or shape, so that a change shows as one."""
    lines = []
    head = {key: value for key, value in facts.items() if key not in ("ops", "shapes")}
    lines.append(compact(head)[:-1] + ',"ops":{')
    lines += [f"{compact(name)}:{compact(value)}," for name, value in facts["ops"].items()]
    lines[-1] = lines[-1][:-1] + '},"shapes":{'
    lines += [f"{compact(name)}:{compact(value)}," for name, value in facts["shapes"].items()]
    lines[-1] = lines[-1][:-1] + "}}"
    text = "\n".join(lines)
    if '"""###' in text or "\\###" in text:
        raise SystemExit("the text would end the literal")
    return text


HEADER = "// Generated by Scripts/import-models.py from botocore {version}'s model. Do not edit.\n\n"


def files(chosen=()):
    """Name and text of every file, or of those of the services chosen."""
    header = HEADER.format(version=botocore.__version__)
    index = []
    for service, config in SERVICES.items():
        if chosen and service not in chosen:
            continue
        facts = Importer(service, config).run()
        name = {"sts": "STS", "iam": "IAM", "s3": "S3", "ssm": "SSM", "logs": "Logs", "cloudwatch": "CloudWatch",
                "lambda": "Lambda", "codedeploy": "CodeDeploy", "cloudformation": "CloudFormation",
                "codebuild": "CodeBuild", "codepipeline": "CodePipeline", "codecommit": "CodeCommit",
                "codeconnections": "CodeConnections", "codestar-connections": "CodeStarConnections",
                "secretsmanager": "SecretsManager", "cloudcontrol": "CloudControl", "ecs": "ECS",
                "elbv2": "ElasticLoadBalancing", "events": "EventBridge", "sns": "SNS", "sqs": "SQS",
                "proton": "Proton", "ecr": "ECR"}.get(service, service.capitalize())
        variable = re.sub(r"\W", "", service) + "Facts"
        yield f"{name}.swift", (f'{header}extension Models {{\n    static let {variable} = ###"""\n'
                                + literal(facts) + '\n"""###\n}\n')
        index.append(
            f"        ModelIndex(\n            id: {compact(service)}, signingName: {compact(facts['sign'])}, "
            f"host: {compact(facts['host'])},\n            target: {compact(facts.get('target', ''))}, "
            f"version: {compact(facts['api'])}, protocols: {compact(facts['protocols'])},\n"
            f"            facts: Models.{variable}),\n")
    if chosen:
        return  # what stands in it does not change with a newer model
    yield "ModelIndex+All.swift", (
        f"{header}extension ModelIndex {{\n    static let all: [ModelIndex] = [\n" + "".join(index) + "    ]\n}\n")


def main():
    chosen = [argument for argument in sys.argv[1:] if argument != "--check"]
    if set(chosen) - set(SERVICES):
        raise SystemExit(f"not among the services: {' '.join(sorted(set(chosen) - set(SERVICES)))}")
    different = []
    for name, text in files(chosen):
        path = TARGET / name
        known = path.read_text() if path.exists() else ""
        if known == text:
            continue
        if "--check" in sys.argv and known and known.split("\n", 1)[0] != text.split("\n", 1)[0]:
            print(f"{name}: not checked, it is from another version than botocore {botocore.__version__}")
            continue
        different.append(name)
        if "--check" not in sys.argv:
            path.write_text(text)
        print(f"{name}: {len(text) // 1024} KiB")
    if different and "--check" in sys.argv:
        raise SystemExit(f"differs: {' '.join(different)}")


if __name__ == "__main__":
    main()
