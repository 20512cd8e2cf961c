"""Drift of real resources: what nobody touched has none, and a revert of it does nothing."""
import json
import subprocess

import pytest

from conftest import BINARY, Slipway, eventually
from everything import document, everything, prepare
from stacks import Stack, refusal

TAGS = [{"Key": "team", "Value": "x"}]
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("drift") / "data", "--no-auth").start()
    prepare(server)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def whole(server):
    """A stack of nearly every type, as created."""
    stack = Stack(server, "whole")
    stack.create(everything(), Capabilities=CAPABILITIES, Tags=TAGS, wait=None)
    assert stack.settled(120) == "CREATE_COMPLETE", stack.reasons()[:3]
    return stack


def drifts(stack):
    """How each resource that was looked at differs, by logical id."""
    detection = stack.client.detect_stack_drift(StackName=stack.name)["StackDriftDetectionId"]
    status = stack.client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert status["DetectionStatus"] == "DETECTION_COMPLETE", status
    pages = stack.client.get_paginator("describe_stack_resource_drifts").paginate(StackName=stack.name) \
        if stack.client.can_paginate("describe_stack_resource_drifts") \
        else [stack.client.describe_stack_resource_drifts(StackName=stack.name, MaxResults=100)]
    return {d["LogicalResourceId"]: [
        (p["PropertyPath"], p["DifferenceType"], p["ExpectedValue"], p["ActualValue"]) for p in d["PropertyDifferences"]]
        or d["StackResourceDriftStatus"] for page in pages for d in page["StackResourceDrifts"]}


def revert(stack, **options):
    """A change set that brings the stack's resources back: its changes, and its id."""
    made = stack.client.create_change_set(
        StackName=stack.name, ChangeSetName="back", UsePreviousTemplate=True, DeploymentMode="REVERT_DRIFT",
        Capabilities=CAPABILITIES, Tags=TAGS, **options)["Id"]
    found = stack.client.describe_change_set(ChangeSetName=made, IncludePropertyValues=True)
    return found, made


def types():
    """The resource types of services, by support ledger."""
    ledger = json.loads(subprocess.run([BINARY, "support", "--json"], capture_output=True, check=True, text=True).stdout)
    return ledger["cloudformation types"]


def test_the_stack_has_every_type():
    missing = set(types()) - {r["Type"] for r in everything().values()}
    # CloudFormation's own have tests of their own, and AWS::CDK::Metadata stands for nothing.
    assert {t for t in missing if not t.startswith(("AWS::CloudFormation::", "AWS::CDK::"))} == set()


def test_what_nobody_touched_has_no_drift(whole):
    found = drifts(whole)
    assert {name: drift for name, drift in found.items() if drift != "IN_SYNC"} == {}
    assert set(found) == set(everything())


def test_a_revert_of_what_nobody_touched_does_nothing(whole):
    found, made = revert(whole)
    assert (found["Status"], found["Changes"]) == ("FAILED", []), found["Changes"]
    assert "didn't contain changes" in found["StatusReason"]
    whole.client.delete_change_set(ChangeSetName=made)


def test_a_revert_leaves_what_other_resources_gave(whole, server):
    iam, role = server.client("iam"), whole.physical("Role")
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=json.dumps(document("s3:*")))
    iam.detach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AWSLambdaExecute")
    differing = {name: drift for name, drift in drifts(whole).items() if drift != "IN_SYNC"}
    assert set(differing) == {"Role"}, differing
    found, made = revert(whole)
    assert [c["ResourceChange"]["LogicalResourceId"] for c in found["Changes"]] == ["Role"], found["Changes"]
    whole.client.execute_change_set(ChangeSetName=made)
    assert whole.settled(120) == "UPDATE_COMPLETE", whole.reasons()
    attached = [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    assert sorted(attached) == sorted([
        "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AWSLambdaExecute", whole.physical("Managed")])
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["a", "apart", "z"]
    assert {name: drift for name, drift in drifts(whole).items() if drift != "IN_SYNC"} == {}


def test_a_scan_finds_every_type_that_can_be_listed(whole):
    """And each resource is read by the identifier that its listing has."""
    client = whole.client
    scan = client.start_resource_scan()["ResourceScanId"]
    eventually("the scan", lambda: client.describe_resource_scan(ResourceScanId=scan)["Status"] != "IN_PROGRESS")
    described = client.describe_resource_scan(ResourceScanId=scan)
    assert (described["Status"], described.get("StatusReason")) == ("COMPLETE", None)
    pages = client.get_paginator("list_resource_scan_resources").paginate(ResourceScanId=scan)
    managed = {r["ResourceType"] for page in pages for r in page["Resources"] if r["ManagedByStack"]}
    can = types()
    listed = {r["Type"] for r in everything().values() if "list" in can[r["Type"]]["actions"]}
    assert managed == listed
    apart = {"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::IAM::Policy"}  # known only to their stacks
    apart |= {"AWS::SQS::QueueInlinePolicy", "AWS::SNS::TopicInlinePolicy", "AWS::Lambda::LayerVersionPermission"}
    apart |= {"AWS::SecretsManager::ResourcePolicy", "AWS::SecretsManager::RotationSchedule"}
    assert {r["Type"] for r in everything().values()} - listed == apart
    for name, found in everything().items():
        if found["Type"] in listed:
            assert model(whole.server, whole, name, found["Type"]), name


def test_what_is_read_makes_a_template(whole):
    """A queue, a rule and a project that stand become a template with all that they are."""
    client = whole.client
    arn = whole.server.client("events").describe_rule(Name=whole.physical("Rule"))["Arn"]
    client.create_generated_template(GeneratedTemplateName="from", Resources=[
        {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Q", "ResourceIdentifier": {"QueueUrl": whole.physical("Queue")}},
        {"ResourceType": "AWS::Events::Rule", "LogicalResourceId": "R", "ResourceIdentifier": {"Arn": arn}},
        {"ResourceType": "AWS::CodeBuild::Project", "LogicalResourceId": "P", "ResourceIdentifier": {"Id": whole.physical("Project")}}])
    text = client.get_generated_template(GeneratedTemplateName="from", Format="JSON")["TemplateBody"]
    found = json.loads(text)["Resources"]
    assert found["Q"]["Properties"]["VisibilityTimeout"] == 40 and found["Q"]["Properties"]["RedrivePolicy"]
    assert found["R"]["Properties"]["EventPattern"] == {"source": ["a"]} and len(found["R"]["Properties"]["Targets"]) == 2
    assert found["P"]["Properties"]["Environment"]["EnvironmentVariables"][0]["Name"] == "B"
    client.validate_template(TemplateBody=text)


def test_a_policy_that_is_not_there_cannot_be_attached(server):
    iam = server.client("iam")
    iam.create_user(UserName="attacher")
    for arn in ("arn:aws:iam::aws:policy/NoSuchPolicy", "arn:aws:iam::000000000000:policy/none",
                "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"):
        code, message = refusal(iam.attach_user_policy, UserName="attacher", PolicyArn=arn)
        assert (code, message) == ("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    for name in ("AmazonSQSFullAccess", "service-role/AWSLambdaBasicExecutionRole", "AmazonEC2FullAccess"):
        iam.attach_user_policy(UserName="attacher", PolicyArn="arn:aws:iam::aws:policy/" + name)
    stack = Stack(server, "attaching")
    role = everything()["Role"]
    role["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    stack.create({"Role": role}, Capabilities=CAPABILITIES, wait=None)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "does not exist or is not attachable" in stack.reasons("Role")[0]


def test_a_summary_says_what_identifies_each_type(server):
    body = json.dumps({"Resources": everything()})
    found = server.client("cloudformation").get_template_summary(TemplateBody=body)["ResourceIdentifierSummaries"]
    names = {s["ResourceType"]: s["ResourceIdentifiers"] for s in found}
    assert names["AWS::SQS::Queue"] == ["QueueUrl"]
    assert names["AWS::Logs::MetricFilter"] == ["LogGroupName", "FilterName"]
    assert len(names) == len({r["Type"] for r in everything().values()})


# What a resource cannot be without, although its schema does not say so.
NEEDED = {
    "AWS::Lambda::Function": {"Runtime", "Handler"}, "AWS::Events::Rule": {"EventPattern", "ScheduleExpression"},
    "AWS::CloudWatch::Alarm": {"MetricName", "Namespace", "Statistic", "Period", "Threshold", "Metrics", "ComparisonOperator", "EvaluationPeriods"},
    "AWS::IAM::Policy": {"Roles"}, "AWS::Events::EventBusPolicy": {"Statement", "Action", "Principal"},
    "AWS::Lambda::EventSourceMapping": {"EventSourceArn"}, "AWS::Events::Connection": {"AuthorizationType", "AuthParameters"},
    "AWS::SecretsManager::RotationSchedule": {"RotationLambdaARN", "RotationRules"},
    "AWS::Lambda::EventInvokeConfig": {"MaximumRetryAttempts"},
    "AWS::CodePipeline::Pipeline": {"ArtifactStore", "DisableInboundStageTransitions"},
}


# What is not the same as never having been there, as on AWS: versions are only suspended, and what a new bucket comes with is
# deleted. A topic shows the subscriptions that are resources of their own.
LEFT = {"AWS::S3::Bucket": {"VersioningConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration"},
        "AWS::SNS::Topic": {"Subscription"}}
# Defaults that are shown once something was said.
DEFAULTS = ["1", "MessageAttributes", {"Variables": {}}, {"AccelerationStatus": "Suspended"}, {"Enabled": False, "Events": []}, {"Enabled": False, "Alarms": []}]


def schema(client, kind):
    return json.loads(client.describe_type(Type="RESOURCE", TypeName=kind)["Schema"])


def bare(client, resources):
    """The resources with only what they cannot be without or what would replace them; and what was taken out, by logical id."""
    left, taken = {}, {}
    for name, found in resources.items():
        facts = schema(client, found["Type"])
        kept = set(facts.get("required", [])) | NEEDED.get(found["Type"], set()) | {
            path.split("/")[2] for path in facts.get("createOnlyProperties", [])}
        left[name] = found | {"Properties": {k: v for k, v in found["Properties"].items() if k in kept}}
        taken[name] = set(found["Properties"]) - kept
    return left, taken


def model(server, stack, name, kind):
    """The resource as Cloud Control reads it, by the identifier that its listing has."""
    control, physical = server.client("cloudcontrol"), stack.physical(name)
    pages = control.get_paginator("list_resources").paginate(TypeName=kind)
    known = [r["Identifier"] for page in pages for r in page["ResourceDescriptions"]]
    names = (physical, physical.replace("/", "|"))
    mine = [i for i in known if i in names or physical in i.split("|") or i.endswith("/" + physical.replace("|", "/"))]
    assert mine, (kind, physical, known)
    return json.loads(control.get_resource(TypeName=kind, Identifier=mine[0])["ResourceDescription"]["Properties"])


def test_what_is_taken_out_of_the_template_goes_back_to_what_it_was_without_it(server, whole):
    """A stack whose template loses everything that can be left out becomes what a stack made of that template is."""
    left, taken = bare(whole.client, everything())
    fresh = Stack(server, "fresh")
    fresh.create(left, Capabilities=CAPABILITIES, Tags=TAGS, wait=None)
    assert fresh.settled(120) == "CREATE_COMPLETE", fresh.reasons()
    whole.update(left, Capabilities=CAPABILITIES, Tags=TAGS, wait=None)
    assert whole.settled(120) == "UPDATE_COMPLETE", whole.reasons()
    wrong = {}
    can = types()
    for name, properties in taken.items():
        kind = left[name]["Type"]
        properties = properties - LEFT.get(kind, set())
        if not properties or "list" not in can[kind]["actions"]:
            continue
        was, should = model(server, whole, name, kind), model(server, fresh, name, kind)
        # Defaults may have the resource's own name in them.
        def plain(stack, value):
            return json.dumps(value).replace(stack.physical(name), "NAME") if value and value not in DEFAULTS else None
        differing = {p: (was.get(p), should.get(p)) for p in properties
                     if plain(whole, was.get(p)) != plain(fresh, should.get(p))}
        if differing:
            wrong[name] = differing
    assert not wrong, "\n".join(f"{name}: {differing}" for name, differing in wrong.items())
