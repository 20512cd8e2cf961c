"""What an update may change of a stack, and what it says: nested stacks, types, contexts, and why it failed."""
import json

import botocore.exceptions
import pytest

from conftest import BINARY
from stacks import Stack, name, parameter, template

QUEUE = {"Type": "AWS::SQS::Queue"}
TOPIC = {"Type": "AWS::SNS::Topic"}


def refusal(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return caught.value.response["Error"]["Message"]


def change_set(stack, resources):
    made = stack.client.create_change_set(
        StackName=stack.name, ChangeSetName=name("c"), TemplateBody=template(resources))["Id"]
    return stack.client.describe_change_set(ChangeSetName=made, IncludePropertyValues=True)


def test_a_nested_template_that_changed_under_its_url_is_carried_out(shared, tmp_path):
    s3, bucket, stack = shared.client("s3"), name("b"), Stack(shared)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(value):
        s3.put_object(Bucket=bucket, Key="child", Body=template({"P": parameter(value)}))
    child = {"Type": "AWS::CloudFormation::Stack",
             "Properties": {"TemplateURL": f"https://{bucket}.s3.amazonaws.com/child"}}
    put("one")
    stack.create({"C": child})
    nested = Stack(shared, stack.physical("C"))
    value = lambda: shared.client("ssm").get_parameter(Name=nested.physical("P"))["Parameter"]["Value"]
    put("two")
    stack.update({"C": child})
    assert value() == "two"
    put("three")
    seen = change_set(stack, {"C": child})
    assert seen["Status"] == "CREATE_COMPLETE"
    [detail] = seen["Changes"][0]["ResourceChange"]["Details"]
    assert detail["ChangeSource"] == "Automatic" and detail["Evaluation"] == "Dynamic"
    (tmp_path / "t.json").write_text(template({"C": child}))
    told = shared.run(BINARY, "plan", tmp_path / "t.json", "--stack-name", stack.name).stdout
    assert "it is asked whether its template changed" in told and "(none)" not in told
    stack.update({"C": child, "Z": QUEUE})
    assert value() == "three"
    stack.delete()


@pytest.mark.parametrize("old, new", [
    (QUEUE, TOPIC), (QUEUE, {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:x"}})])
def test_a_resource_keeps_its_type(shared, old, new):
    stack = Stack(shared)
    stack.create({"Q": old})
    words = ("Update of resource type is not permitted. The new template modifies resource type of the following "
             "resources: [Q]")
    assert refusal(lambda: stack.update({"Q": new})) == words
    seen = change_set(stack, {"Q": new})
    assert (seen["Status"], seen["StatusReason"]) == ("FAILED", words)
    assert stack.status() == "CREATE_COMPLETE"
    stack.delete()


def test_contexts_are_json_before_and_after(shared):
    stack = Stack(shared)
    stack.create({"A": parameter("1"), "B": parameter("2")})
    seen = change_set(stack, {"A": parameter("3"), "C": parameter("4")})
    stack.delete()
    found = {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in seen["Changes"]}
    value = lambda name, side: json.loads(found[name][side])["Properties"]["Value"]
    assert value("A", "BeforeContext") == "1" and value("A", "AfterContext") == "3"
    assert "AfterContext" not in found["B"] and value("B", "BeforeContext") == "2"
    assert "BeforeContext" not in found["C"] and value("C", "AfterContext") == "4"


def test_the_metadata_of_the_cdk_stand_for_nothing(shared):
    stack = Stack(shared)
    stack.create({"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:abc"}}})
    assert stack.physical("CDKMetadata")
    stack.update({"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:def"}}})
    stack.delete()


@pytest.mark.parametrize("resource, words", [
    (TOPIC | {"Properties": {"TracingConfig": "Active"}}, "TracingConfig: Active is not supported for AWS::SNS::Topic"),
    ({"Type": "AWS::Lambda::Function", "Properties": {
        "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": "x"}, "SnapStart": {"ApplyOn": "PublishedVersions"}}},
     "SnapStart.ApplyOn: PublishedVersions is not supported for AWS::Lambda::Function")])
def test_what_is_not_offered_is_refused_before_anything_is_touched(shared, resource, words):
    stack = Stack(shared)
    assert words in refusal(lambda: stack.create({"Q": QUEUE, "T": resource}))
    assert "does not exist" in refusal(stack.described)


def slipway(server, *words):
    return server.run(BINARY, *words).stdout


def test_why_tells_of_a_change_set_that_was_refused_until_something_else_is_done(shared):
    cloudformation, title = shared.client("cloudformation"), name("refused")

    def made(change_set, kind, **properties):
        body = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}}})
        cloudformation.create_change_set(StackName=title, ChangeSetName=change_set, ChangeSetType=kind, TemplateBody=body)
        return cloudformation.describe_change_set(StackName=title, ChangeSetName=change_set)["Status"]

    assert made("a", "CREATE", QueueNam="x") == "FAILED"
    said = slipway(shared, "why", title)
    assert "Encountered unsupported property QueueNam" in said.splitlines()[0]
    assert "REVIEW_IN_PROGRESS: nothing has been made yet." in said and "describe-events --change-set-name arn:" in said
    assert made("b", "CREATE", DelaySeconds=1) == "CREATE_COMPLETE"
    assert "nothing went wrong" in slipway(shared, "why", title)
    cloudformation.execute_change_set(StackName=title, ChangeSetName="b")
    cloudformation.get_waiter("stack_create_complete").wait(StackName=title, WaiterConfig={"Delay": 1})
    assert "nothing went wrong" in slipway(shared, "why", title)
    # What changes nothing is no failure; what cannot be done is.
    assert made("c", "UPDATE", DelaySeconds=1) == "FAILED" and "nothing went wrong" in slipway(shared, "why", title)
    assert made("d", "UPDATE", DelaySeconds="soon") == "FAILED"
    said = slipway(shared, "why", title)
    assert "DelaySeconds must be" in said.splitlines()[0] and "CREATE_COMPLETE: it is as it was." in said
    cloudformation.delete_stack(StackName=title)


def test_why_tells_of_a_stack_what_failed_first_and_what_to_do(shared):
    topic, owner, stack = name("t"), Stack(shared), Stack(shared)
    owner.create({"T": TOPIC | {"Properties": {"TopicName": topic}}})
    assert "nothing went wrong" in slipway(shared, "why", owner.name)
    # Another stack's topic is told of like another stack's queue.
    stack.create({"T": TOPIC | {"Properties": {"TopicName": topic}}}, wait=None)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    said = slipway(shared, "why", stack.name)
    assert said.splitlines()[0].startswith("T (AWS::SNS::Topic): ")
    assert f"{topic} already exists in stack {owner.id}" in said
    assert f"aws cloudformation delete-stack --stack-name {stack.name}" in said
    answer = json.loads(slipway(shared, "why", stack.id, "--json"))
    assert answer["status"] == "ROLLBACK_COMPLETE" and answer["events"][0]["logicalResourceId"] == "T"
    assert shared.client("sns").list_tags_for_resource(ResourceArn=owner.physical("T"))["Tags"]
    for one in (stack, owner):
        one.delete()
