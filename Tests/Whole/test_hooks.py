"""Hooks: functions and rules that are asked before stacks and resources are touched."""
import json

import pytest

from stacks import Stack, name, parameter, refusal

FUNCTION = """
import json, urllib.request
def handler(event, context):
    data = event["requestData"]
    model = data.get("targetModel", {}).get("resourceProperties")
    text = json.dumps(model) if model is not None else urllib.request.urlopen(data["payload"]).read().decode()
    print("looked at", data["targetName"])
    if "explode" in text:
        raise ValueError("no idea")
    if "forbidden" in text:
        return {"hookStatus": "FAILED", "errorCode": "NonCompliant", "message": "forbidden is forbidden",
                "clientRequestToken": event["clientRequestToken"]}
    return {"hookStatus": "SUCCESS", "message": "fine", "clientRequestToken": event["clientRequestToken"]}
"""


def role(service, *actions):
    return {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": list(actions) or ["logs:*"], "Resource": "*"}]}}]}}


def hook_stack(alias, **properties):
    return {
        "FunctionRole": role("lambda.amazonaws.com"),
        "HookRole": role("hooks.cloudformation.amazonaws.com", "lambda:InvokeFunction"),
        "F": {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "python3.12", "Handler": "index.handler", "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
            "Code": {"ZipFile": FUNCTION}}},
        "H": {"Type": "AWS::CloudFormation::LambdaHook", "Properties": {
            "Alias": alias, "ExecutionRole": {"Fn::GetAtt": ["HookRole", "Arn"]}, "FailureMode": "FAIL",
            "HookStatus": "ENABLED", "LambdaFunction": {"Fn::GetAtt": ["F", "Arn"]}, "TargetOperations": ["RESOURCE"]}
            | properties}}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server of this file's own, with authentication: a hook concerns everything in it."""
    from conftest import Slipway
    server = Slipway(tmp_path_factory.mktemp("hooks") / "data").start()
    yield server
    server.stop()


@pytest.fixture
def hooked(house):
    made = []
    def make(**properties):
        stack = Stack(house)
        stack.create(hook_stack("Private::Test::Judge", **properties), Capabilities=["CAPABILITY_IAM"])
        made.append(stack)
        return stack
    yield make
    for stack in made:
        stack.delete()


def test_a_function_judges_resources(house, hooked):
    hooked()
    good = Stack(house).create({"A": parameter("fine")})
    bad = Stack(house)
    bad.create({"A": parameter("forbidden")}, wait=None)
    assert bad.settled() == "ROLLBACK_COMPLETE"
    assert bad.reasons("A") == ["The following hook(s) failed: [Private::Test::Judge]"]
    said = [e for e in bad.events() if e.get("HookStatus") == "HOOK_COMPLETE_FAILED"]
    assert said[0]["HookStatusReason"] == "forbidden is forbidden" and said[0]["HookFailureMode"] == "FAIL"
    cloudformation = house.client("cloudformation")
    results = cloudformation.list_hook_results(TargetType="RESOURCE", TargetId=bad.id)["HookResults"]
    assert [r["Status"] for r in results] == ["HOOK_COMPLETE_FAILED"]
    one = cloudformation.get_hook_result(HookResultId=results[0]["HookResultId"])
    assert one["Target"]["TargetTypeName"] == "AWS::SSM::Parameter" and one["Target"]["Action"] == "CREATE"
    # A stack that turns back is not held up.
    good.update({"A": parameter("forbidden")}, wait=None)
    assert good.settled() == "UPDATE_ROLLBACK_COMPLETE" and good.value("A") == "fine"
    sets = cloudformation.create_change_set(
        StackName=good.name, ChangeSetName="c", TemplateBody=json.dumps({"Resources": {"A": parameter("x")}}))
    planned = cloudformation.describe_change_set_hooks(ChangeSetName=sets["Id"])["Hooks"]
    assert [p["TypeName"] for p in planned] == ["Private::Test::Judge"]


def test_what_cannot_be_asked_has_failed_with_the_reason(house, hooked):
    hooked()
    bad = Stack(house)
    bad.create({"A": parameter("explode")}, wait=None)
    assert bad.settled() == "ROLLBACK_COMPLETE"
    said = next(e for e in bad.events() if e.get("HookStatus") == "HOOK_FAILED")
    assert "no idea" in said["HookStatusReason"]


def test_a_warning_lets_go_on(house, hooked):
    hooked(FailureMode="WARN")
    stack = Stack(house).create({"A": parameter("forbidden")})
    assert any(e.get("HookStatus") == "HOOK_COMPLETE_FAILED" and e["HookFailureMode"] == "WARN" for e in stack.events())


def test_filters(house, hooked):
    hooked(TargetFilters={"TargetNames": ["AWS::S3::*"], "Actions": ["CREATE"]})
    Stack(house).create({"A": parameter("forbidden")})


def test_stacks_and_change_sets_are_judged_before_anything_is_touched(house, hooked):
    hooked(TargetOperations=["STACK", "CHANGE_SET"])
    cloudformation = house.client("cloudformation")
    wanted = name("s")
    body = json.dumps({"Resources": {"A": parameter("forbidden")}})
    bad = Stack(house)
    bad.create({"A": parameter("forbidden")}, wait=None)
    assert bad.settled() == "ROLLBACK_COMPLETE"
    assert bad.reasons(bad.name, "ROLLBACK_IN_PROGRESS") == [
        "The following hook(s) failed: [Private::Test::Judge]. Rollback requested by user."]
    said = next(e for e in bad.events() if e.get("HookStatus") == "HOOK_COMPLETE_FAILED")
    assert said["LogicalResourceId"] == bad.name and said["HookStatusReason"] == "forbidden is forbidden"
    assert not [e for e in bad.events() if e["LogicalResourceId"] == "A"]
    results = cloudformation.list_hook_results(TargetType="STACK", TargetId=bad.id)["HookResults"]
    assert "HOOK_COMPLETE_FAILED" in [r["Status"] for r in results]
    good = Stack(house).create({"A": parameter("fine")})
    good.update({"A": parameter("forbidden")}, wait=None)
    assert good.settled() == "UPDATE_ROLLBACK_COMPLETE" and good.value("A") == "fine"
    good.delete()
    made = cloudformation.create_change_set(
        StackName=wanted, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body)
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert described["Status"] == "FAILED" and "forbidden is forbidden" in described["StatusReason"]


def test_cloud_control_is_judged_too(house, hooked):
    hooked(TargetOperations=["CLOUD_CONTROL"])
    control = house.client("cloudcontrol")
    from test_cloud_control import ended
    event = ended(control, control.create_resource(TypeName="AWS::SSM::Parameter", DesiredState=json.dumps(
        {"Type": "String", "Value": "forbidden"})))
    assert event["OperationStatus"] == "FAILED" and "forbidden is forbidden" in event["StatusMessage"]


def test_rules_in_guards_language(house):
    bucket = name("rules")
    s3 = house.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="r.guard", Body=b"""
let parameters = Resources.*[ ResourceType == 'AWS::SSM::Parameter' ]
rule named when %parameters !empty {
    %parameters.ResourceProperties.Description exists <<Say what it is for>>
}
""")
    hook = Stack(house)
    hook.create({
        "HookRole": role("hooks.cloudformation.amazonaws.com", "s3:GetObject"),
        "H": {"Type": "AWS::CloudFormation::GuardHook", "Properties": {
            "Alias": "Private::Test::Rules", "ExecutionRole": {"Fn::GetAtt": ["HookRole", "Arn"]}, "FailureMode": "FAIL",
            "HookStatus": "ENABLED", "RuleLocation": {"Uri": f"s3://{bucket}/r.guard"},
            "TargetOperations": ["RESOURCE"]}}}, Capabilities=["CAPABILITY_IAM"])
    try:
        bad = Stack(house)
        bad.create({"A": parameter("x")}, wait=None)
        assert bad.settled() == "ROLLBACK_COMPLETE"
        said = next(e for e in bad.events() if e.get("HookStatus") == "HOOK_COMPLETE_FAILED")["HookStatusReason"]
        assert "named" in said and "Say what it is for" in said
        fine = parameter("x")
        fine["Properties"]["Description"] = "for the test"
        Stack(house).create({"A": fine})
    finally:
        hook.delete()


def test_rules_judge_the_changes_of_a_change_set(house):
    bucket, s3, cloudformation = name("rules"), house.client("s3"), house.client("cloudformation")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="r.guard", Body=b"""
let changed = Changes[ resourceType == 'AWS::SSM::Parameter' ]
rule kept when %changed !empty {
    %changed.action == 'UPDATE'
    %changed.lineNumber exists
    let before = json_parse(%changed.beforeContext)
    %before.Properties.Value == 'one'
    let after = json_parse(%changed.afterContext)
    %after.Properties.Value != 'bad' <<bad is bad>>
}
""")
    stack, hook = Stack(house).create({"A": parameter("one")}), Stack(house)
    hook.create({
        "HookRole": role("hooks.cloudformation.amazonaws.com", "s3:GetObject"),
        "H": {"Type": "AWS::CloudFormation::GuardHook", "Properties": {
            "Alias": "Private::Test::Changes", "ExecutionRole": {"Fn::GetAtt": ["HookRole", "Arn"]},
            "FailureMode": "FAIL", "HookStatus": "ENABLED", "RuleLocation": {"Uri": f"s3://{bucket}/r.guard"},
            "TargetOperations": ["CHANGE_SET"]}}}, Capabilities=["CAPABILITY_IAM"])
    try:
        for value, status in [("good", "CREATE_COMPLETE"), ("bad", "FAILED")]:
            made = cloudformation.create_change_set(
                StackName=stack.name, ChangeSetName=value, TemplateBody=json.dumps({"Resources": {"A": parameter(value)}}))
            described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
            assert described["Status"] == status, described.get("StatusReason")
        assert "bad is bad" in described["StatusReason"]
    finally:
        hook.delete()
        stack.delete()


def test_a_name_that_is_none_is_refused(house):
    stack = Stack(house)
    stack.create(hook_stack("nonsense"), wait=None, Capabilities=["CAPABILITY_IAM"])
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "Private::Guard::Tags" in " ".join(stack.reasons("H"))
