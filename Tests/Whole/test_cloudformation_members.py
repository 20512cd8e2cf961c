"""Members of CloudFormation's requests as clients send them: modes, validations, signals, nested imports, limits."""
import pytest

from conftest import eventually
from stacks import Stack, name, parameter, refusal, template
from test_cloudformation_failures import bad, existing, named


@pytest.fixture
def stack(shared):
    return Stack(shared)


def change_set(stack, resources, kind="CREATE", **options):
    made = stack.client.create_change_set(
        StackName=stack.name, ChangeSetName=name("c"), ChangeSetType=kind, TemplateBody=template(resources), **options)
    stack.id = made["StackId"]
    return stack.client.describe_change_set(ChangeSetName=made["Id"])


def events(stack, change_set, **options):
    return stack.client.describe_events(ChangeSetName=change_set["ChangeSetId"], **options)["OperationEvents"]


# Validations before a deployment

def test_a_misspelt_property_fails_the_change_set_with_its_place(stack):
    wrong = parameter("1")
    wrong["Properties"]["Valeu"] = "2"
    made = change_set(stack, {"A": parameter("1"), "B": wrong})
    assert (made["Status"], made["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "[AWS::EarlyValidation::PropertyValidation]" in made["StatusReason"] and "has no such property" in made["StatusReason"]
    failed = events(stack, made, Filters={"FailedEvents": True})
    assert [(e["EventType"], e["LogicalResourceId"], e["ValidationName"]) for e in failed] == [
        ("VALIDATION_ERROR", "B", "PROPERTY_VALIDATION")]
    assert failed[0]["ValidationPath"] == "/Resources/B/Properties/Valeu"
    assert stack.client.get_template(ChangeSetName=made["ChangeSetId"])["StagesAvailable"] == ["Original"]
    end = events(stack, made)[0]
    assert (end["EventType"], end["OperationType"], end["OperationStatus"]) == ("STACK_EVENT", "CREATE_CHANGESET", "FAILED")
    told = stack.server.aws("cloudformation", "describe-events", "--change-set-name", made["ChangeSetId"])
    assert len(told["OperationEvents"]) == 2
    stack.client.delete_stack(StackName=stack.name)


def test_a_name_that_is_taken_fails_the_change_set_unless_nobody_looks(stack):
    key = existing(stack.server)
    made = change_set(stack, {"A": named(key)})
    assert made["Status"] == "FAILED" and "[AWS::EarlyValidation::ResourceExistenceCheck]" in made["StatusReason"]
    failed = events(stack, made, Filters={"FailedEvents": True})
    assert [(e["ValidationName"], e["ValidationFailureMode"]) for e in failed] == [("NAME_CONFLICT_VALIDATION", "FAIL")]
    assert failed[0]["ValidationStatusReason"] == (
        f"Resource of type 'AWS::SSM::Parameter' with identifier '{key}' already exists.")
    made = change_set(stack, {"A": named(key)}, DisableValidation=True)
    assert made["Status"] == "CREATE_COMPLETE"
    stack.client.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "already exists" in stack.reasons("A")[0]
    assert stack.server.client("ssm").get_parameter(Name=key)["Parameter"]["Value"] == "here"


def test_a_bucket_that_is_not_empty_is_warned_of(stack):
    bucket = {"Type": "AWS::S3::Bucket"}
    stack.create({"A": parameter("1"), "B": bucket})
    stack.server.client("s3").put_object(Bucket=stack.physical("B"), Key="k", Body=b"x")
    made = change_set(stack, {"A": parameter("1")}, "UPDATE")
    assert made["Status"] == "CREATE_COMPLETE"
    warned = events(stack, made, Filters={"FailedEvents": True})
    assert [(e["ValidationName"], e["ValidationFailureMode"], e["LogicalResourceId"]) for e in warned] == [
        ("BUCKET_EMPTINESS_VALIDATION", "WARN", "B")]
    made = change_set(stack, {"A": parameter("1")} | {"B": bucket | {"DeletionPolicy": "Retain"}, "C": parameter("2")}, "UPDATE")
    assert events(stack, made, Filters={"FailedEvents": True}) == []


def test_without_validation_the_service_finds_out(stack):
    wrong = {"A": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": "ten"}}}
    assert refusal(stack.client.create_stack, StackName=stack.name, TemplateBody=template(wrong))[0] == "ValidationError"
    stack.create(wrong, wait=None, DisableValidation=True)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "DelaySeconds" in stack.reasons("A")[0]
    unknown = {"A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", "Nothing": 1}}}
    code, message = refusal(
        stack.client.create_stack, StackName=name("s"), TemplateBody=template(unknown), DisableValidation=True)
    assert code == "ValidationError" and "Nothing" in message


# Express mode

def test_express_mode_keeps_what_failed_unless_told_otherwise(stack):
    resources = {"A": parameter("1"), "Bad": bad() | {"DependsOn": "A"}}
    stack.create(resources, wait=None, DeploymentConfig={"Mode": "EXPRESS"})
    assert stack.settled() == "CREATE_FAILED" and stack.value("A") == "1"
    assert stack.described()["DeploymentConfig"] == {"Mode": "EXPRESS"}
    assert "please use the disable-rollback parameter" in refusal(
        stack.client.update_stack, StackName=stack.name, TemplateBody=template({"A": parameter("2")}))[1]
    stack.update({"A": parameter("2")}, DeploymentConfig={"Mode": "EXPRESS"})
    assert stack.value("A") == "2"
    made = change_set(stack, {"A": parameter("3")}, "UPDATE", DeploymentConfig={"Mode": "EXPRESS"})
    assert made["DeploymentConfig"] == {"Mode": "EXPRESS"}
    stack.client.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert stack.settled() == "UPDATE_COMPLETE"
    assert stack.described()["DeploymentConfig"] == {"Mode": "EXPRESS"} and stack.described()["DisableRollback"] is True
    stack.delete(DeploymentConfig={"Mode": "EXPRESS"})
    other = Stack(stack.server)
    other.create(resources, wait=None, DeploymentConfig={"Mode": "EXPRESS", "DisableRollback": False})
    assert other.settled() == "ROLLBACK_COMPLETE"


# Signals

def test_a_creation_policy_waits_for_signals_from_the_command_line(stack):
    waits = {"Type": "AWS::CloudFormation::WaitCondition",
             "CreationPolicy": {"ResourceSignal": {"Count": {"Ref": "N"}, "Timeout": "PT10M"}}}
    parameters = {"Parameters": {"N": {"Type": "Number", "Default": 2}}}
    stack.create({"W": waits, "A": parameter("1", DependsOn="W")}, parameters, wait=None)
    eventually("the wait", lambda: ("W", "CREATE_IN_PROGRESS") in stack.story())
    for unique in ("one", "two"):
        stack.server.aws(
            "cloudformation", "signal-resource", "--stack-name", stack.name, "--logical-resource-id", "W",
            "--unique-id", unique, "--status", "SUCCESS")
    stack.wait("stack_create_complete")
    assert "Received SUCCESS signal with UniqueId two" in stack.reasons("W", "CREATE_IN_PROGRESS")
    code, message = refusal(
        stack.client.signal_resource, StackName=stack.name, LogicalResourceId="W", UniqueId="3", Status="SUCCESS")
    assert message == "Resource W is in CREATE_COMPLETE state and cannot be signaled."
    stack.delete()


# Imports below a parent

def test_what_stands_already_is_imported_into_nested_stacks_too(shared):
    bucket, outer = name("b"), Stack(shared)
    shared.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": shared.client("s3").meta.region_name})
    keys = [existing(shared) for _ in range(2)]

    def inner(body):
        shared.client("s3").put_object(Bucket=bucket, Key="inner", Body=template(body))
        return {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"s3://{bucket}/inner"}}}
    keep = {"DeletionPolicy": "Retain"}
    both = {"IncludeNestedStacks": True, "ImportExistingResources": True}
    made = change_set(outer, inner({"A": parameter("1"), "Old": named(keys[0], **keep)}), **both)
    outer.client.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert outer.settled() == "CREATE_COMPLETE"
    child = Stack(shared, outer.physical("Child"))
    assert ("Old", "IMPORT_COMPLETE") in child.story()
    body = {"A": parameter("2"), "Old": named(keys[0], **keep), "Other": named(keys[1], **keep)}
    made = change_set(outer, inner(body), "UPDATE", **both)
    below = made["Changes"][0]["ResourceChange"]["ChangeSetId"]
    told = outer.client.describe_change_set(ChangeSetName=below)["Changes"]
    assert {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"]["Action"] for c in told} == {
        "A": "Modify", "Other": "Import"}
    outer.client.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert outer.settled() == "UPDATE_COMPLETE" and child.physical("Other") == keys[1]
    outer.delete()
    for key in keys:
        assert shared.client("ssm").get_parameter(Name=key)["Parameter"]["Value"] == "here"


# Members that do not go together

def test_members_that_are_refused(stack):
    body = {"StackName": stack.name, "TemplateBody": template({"A": parameter("1")})}
    for options, words in (
            ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "aws: prefixed tag key names are not allowed for external use."),
            ({"Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]},
             "Tags contain duplicate keys; tag keys must be unique"),
            ({"Tags": [{"Key": f"k{n}", "Value": "1"} for n in range(51)]}, "less than or equal to 50"),
            ({"Tags": [{"Key": "k" * 129, "Value": "1"}]}, "less than or equal to 128"),
            ({"NotificationARNs": [f"arn:aws:sns:eu-west-1:000000000000:t{n}" for n in range(6)]}, "less than or equal to 5"),
            ({"OnFailure": "DELETE", "DisableRollback": True}, "You can specify either DisableRollback or OnFailure")):
        code, message = refusal(stack.client.create_stack, **body, **options)
        assert code == "ValidationError" and words in message, message
    assert refusal(stack.client.describe_stacks, StackName=stack.name)[0] == "ValidationError"


def test_tags_and_topics_are_kept_replaced_and_taken_away(stack):
    topic = stack.server.client("sns").create_topic(Name=name("t"))["TopicArn"]
    stack.create({"A": parameter("1")}, Tags=[{"Key": "k", "Value": "1"}], NotificationARNs=[topic])
    stack.update({"A": parameter("2")})
    assert stack.described()["Tags"] == [{"Key": "k", "Value": "1"}] and stack.described()["NotificationARNs"] == [topic]
    stack.update({"A": parameter("2")}, Tags=[], NotificationARNs=[])
    assert stack.described()["Tags"] == [] and stack.described()["NotificationARNs"] == []


def test_a_failed_rollback_is_forced(stack):
    code, message = refusal(
        stack.client.continue_update_rollback, StackName=stack.name, ForceRollback=True, ResourcesToSkip=["A"])
    assert (code, message) == ("ValidationError", "ForceRollback and ResourcesToSkip are mutually exclusive.")
