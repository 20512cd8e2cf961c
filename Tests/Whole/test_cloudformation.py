"""CloudFormation as its users drive it: aws CLI and boto3, whole lives of stacks."""
import json
import time

import botocore.exceptions
import pytest

from conftest import eventually
from stacks import Stack, name, parameter, refusal, template


@pytest.fixture
def stack(shared):
    return Stack(shared)


# The life of a stack

def test_a_stack_is_made_changed_and_deleted(stack):
    stack.create({"A": parameter("1"), "B": parameter({"Ref": "A"})})
    assert stack.value("A") == "1" and stack.value("B") == stack.physical("A")
    assert stack.story() == [
        (stack.name, "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"), ("A", "CREATE_COMPLETE"), ("B", "CREATE_IN_PROGRESS"), ("B", "CREATE_COMPLETE"),
        (stack.name, "CREATE_COMPLETE")]
    events = stack.events()
    assert events[0]["ResourceStatusReason"] == "User Initiated"
    assert events[2]["PhysicalResourceId"] == stack.physical("A")

    old = stack.physical("A")
    stack.update({"A": parameter("2"), "C": parameter("3")})
    assert stack.physical("A") == old and stack.value("A") == "2"
    resources = stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert {r["LogicalResourceId"]: r["ResourceStatus"] for r in resources} == {
        "A": "UPDATE_COMPLETE", "C": "CREATE_COMPLETE"}
    story = stack.story()
    assert story.index(("B", "DELETE_COMPLETE")) > story.index((stack.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert story[-1] == (stack.name, "UPDATE_COMPLETE")

    stack.delete()
    assert stack.status() == "DELETE_COMPLETE"
    assert stack.story()[-1] == (stack.name, "DELETE_COMPLETE")
    assert refusal(stack.client.describe_stacks, StackName=stack.name) == (
        "ValidationError", f"Stack with id {stack.name} does not exist")
    with pytest.raises(botocore.exceptions.ClientError, match="ParameterNotFound"):
        stack.server.client("ssm").get_parameter(Name=old)
    stack.client.delete_stack(StackName=stack.name)  # of one that is gone: no error


def test_refusals_before_anything_happens(stack):
    client = stack.client
    stack.create({"A": parameter("1")})
    assert refusal(client.create_stack, StackName=stack.name, TemplateBody=template({"A": parameter("1")})) == (
        "AlreadyExistsException", f"Stack [{stack.name}] already exists")
    assert refusal(client.update_stack, StackName=stack.name, TemplateBody=template({"A": parameter("1")})) == (
        "ValidationError", "No updates are to be performed.")
    assert refusal(client.update_stack, StackName="nobody", TemplateBody=template({"A": parameter("1")})) == (
        "ValidationError", "Stack [nobody] does not exist")
    other = name("s")
    for resources, top, words in (
            ({"A": parameter({"Ref": "Nobody"})}, {},
             "Unresolved resource dependencies [Nobody] in the Resources block"),
            ({"A": parameter({"Ref": "B"}), "B": parameter({"Ref": "A"})}, {},
             "Circular dependency between resources: [A, B]"),
            ({"A": {"Type": "AWS::No::Such"}}, {}, "AWS::No::Such"),
            ({}, {}, "At least one Resources member must be defined."),
            ({"A": parameter("1")}, {"Parameters": {"P": {"Type": "String"}}}, "Parameters: [P] must have values"),
            ({"A": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}, {},
             "Requires capabilities : [CAPABILITY_IAM]")):
        code, message = refusal(client.create_stack, StackName=other, TemplateBody=template(resources, **top))
        assert code in ("ValidationError", "InsufficientCapabilitiesException"), message
        assert words in message
    assert refusal(client.describe_stacks, StackName=other)[0] == "ValidationError"
    assert "Parameters: [Q] do not exist in the template" in refusal(
        client.create_stack, StackName=other, TemplateBody=template({"A": parameter("1")}),
        Parameters=[{"ParameterKey": "Q", "ParameterValue": "1"}])[1]


def test_termination_protection(stack):
    stack.create({"A": parameter("1")}, EnableTerminationProtection=True)
    code, message = refusal(stack.client.delete_stack, StackName=stack.name)
    assert code == "ValidationError"
    assert message == f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
    stack.client.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    stack.delete()


def test_retained_resources_outlive_their_stack(stack):
    stack.create({"A": parameter("kept", DeletionPolicy="Retain"), "B": parameter("gone")})
    kept, gone = stack.physical("A"), stack.physical("B")
    stack.delete()
    ssm = stack.server.client("ssm")
    assert ("A", "DELETE_SKIPPED") in stack.story()
    assert ssm.get_parameter(Name=kept)["Parameter"]["Value"] == "kept"
    assert refusal(ssm.get_parameter, Name=gone)[0] == "ParameterNotFound"


# Parameters, conditions, outputs

def test_parameters_of_all_kinds(stack):
    ssm = stack.server.client("ssm")
    path = f"/{stack.name}/v"
    ssm.put_parameter(Name=path, Value="from ssm", Type="String")
    top = {
        "Parameters": {
            "Secret": {"Type": "String", "NoEcho": True, "MinLength": 3},
            "FromSSM": {"Type": "AWS::SSM::Parameter::Value<String>"},
            "Many": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
            "Size": {"Type": "Number", "MinValue": 1, "MaxValue": 9, "Default": 3},
            "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"], "Default": "dev",
                      "ConstraintDescription": "must be a stage"}},
        "Outputs": {
            "SSM": {"Value": {"Ref": "FromSSM"}},
            "Many": {"Value": {"Fn::Join": ["|", {"Ref": "Many"}]}},
            "Size": {"Value": {"Ref": "Size"}}}}
    resources = {"A": parameter({"Fn::Sub": "${Secret}!"})}

    def keys(**values):
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]
    for wrong, words in (
            (keys(Secret="ab", FromSSM=path), "Parameter 'Secret' must contain at least 3 characters"),
            (keys(Secret="abc", FromSSM=path, Stage="x"), "must be a stage"),
            (keys(Secret="abc", FromSSM=path, Size="ten"), "Parameter 'Size' must be a number"),
            (keys(Secret="abc", FromSSM=path, Size="10"), "Size"),
            (keys(Secret="abc", FromSSM="/no/such/one"), "/no/such/one")):
        code, message = refusal(
            stack.client.create_stack, StackName=stack.name, TemplateBody=template(resources, **top), Parameters=wrong)
        assert code == "ValidationError"
        assert any(w in message for w in words.split("|")), message
    stack.create(resources, top, Parameters=keys(Secret="hush", FromSSM=path))
    assert stack.value("A") == "hush!"
    shown = {p["ParameterKey"]: p for p in stack.described()["Parameters"]}
    assert shown["Secret"]["ParameterValue"] == "****"
    assert shown["FromSSM"]["ParameterValue"] == path and shown["FromSSM"]["ResolvedValue"] == "from ssm"
    assert stack.outputs() == {"SSM": "from ssm", "Many": "a|b|c", "Size": "3"}
    assert "hush" not in json.dumps(stack.events(), default=str)

    ssm.put_parameter(Name=path, Value="newer", Type="String", Overwrite=True)
    kept = [{"ParameterKey": k, "UsePreviousValue": True} for k in ("Secret", "FromSSM")]
    stack.update(resources | {"B": parameter("b")}, top, Parameters=kept)
    assert stack.outputs()["SSM"] == "newer" and stack.value("A") == "hush!"


def test_conditions_choose(stack):
    top = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Mappings": {"Sizes": {"prod": {"n": "9"}, "dev": {"n": "1"}}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, "Dev": {"Fn::Not": [{"Condition": "Prod"}]}},
        "Outputs": {"Only": {"Condition": "Prod", "Value": "yes"},
                    "Size": {"Value": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "n"]}}}}
    resources = {"A": parameter({"Fn::If": ["Prod", "big", "small"]}), "P": parameter("p", Condition="Prod"),
                 "D": parameter("d", Condition="Dev")}

    def stage(value):
        return [{"ParameterKey": "Stage", "ParameterValue": value}]
    stack.create(resources, top, Parameters=stage("dev"))
    assert stack.value("A") == "small" and stack.outputs() == {"Size": "1"}
    stack.update(resources, top, Parameters=stage("prod"))
    assert stack.value("A") == "big" and stack.outputs() == {"Size": "9", "Only": "yes"}
    listed = stack.client.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert {r["LogicalResourceId"] for r in listed} == {"A", "P"}


def test_exports_are_imported_and_hold_their_stack(shared):
    one, two = Stack(shared), Stack(shared)
    exported = name("export")
    top = {"Outputs": {"O": {"Value": {"Fn::GetAtt": ["A", "Value"]}, "Export": {"Name": exported}}}}
    one.create({"A": parameter("shared")}, top)
    two.create({"B": parameter({"Fn::ImportValue": exported})})
    assert two.value("B") == "shared"
    pages = one.client.get_paginator("list_exports").paginate()
    assert exported in [e["Name"] for page in pages for e in page["Exports"]]
    assert one.client.list_imports(ExportName=exported)["Imports"] == [two.name]
    third = Stack(shared).create({"A": parameter("x")}, top, wait=None)
    assert third.settled() == "ROLLBACK_COMPLETE"
    assert third.reasons(ending="ROLLBACK_IN_PROGRESS") == [
        f"Export with name {exported} is already exported by stack {one.name}. Rollback requested by user."]
    assert refusal(one.client.delete_stack, StackName=one.name) == (
        "ValidationError", f"Export {exported} cannot be deleted as it is in use by {two.name}")
    two.delete()
    assert "is not imported by any stack" in refusal(one.client.list_imports, ExportName=exported)[1]
    one.delete()


# Change sets

def test_change_sets_tell_what_will_happen(stack):
    role = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/{stack.name}/1", "RetentionInDays": 1}}
    stack.create({"G": role, "A": parameter("1"), "B": parameter("b")})
    replaced = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/{stack.name}/2", "RetentionInDays": 1}}
    client = stack.client
    client.create_change_set(
        StackName=stack.name, ChangeSetName="c", TemplateBody=template({"G": replaced, "A": parameter("2"), "N": parameter("n")}))
    client.get_waiter("change_set_create_complete").wait(
        StackName=stack.name, ChangeSetName="c", WaiterConfig={"Delay": 0.1})
    described = client.describe_change_set(StackName=stack.name, ChangeSetName="c")
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in described["Changes"]}
    assert {k: (c["Action"], c.get("Replacement")) for k, c in changes.items()} == {
        "G": ("Modify", "True"), "A": ("Modify", "False"), "B": ("Remove", None), "N": ("Add", None)}
    target = changes["G"]["Details"][0]["Target"]
    assert (target["Attribute"], target["Name"], target["RequiresRecreation"]) == ("Properties", "LogGroupName", "Always")
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert stack.value("A") == "1"
    client.execute_change_set(StackName=stack.name, ChangeSetName="c")
    stack.wait("stack_update_complete")
    assert stack.value("A") == "2" and stack.physical("G") == f"/{stack.name}/2"
    groups = stack.server.client("logs").describe_log_groups(logGroupNamePrefix=f"/{stack.name}/")["logGroups"]
    assert [g["logGroupName"] for g in groups] == [f"/{stack.name}/2"]
    assert refusal(client.execute_change_set, StackName=stack.name, ChangeSetName="c")[0] in (
        "InvalidChangeSetStatus", "ChangeSetNotFound")

    client.create_change_set(StackName=stack.name, ChangeSetName="none", UsePreviousTemplate=True)
    none = eventually("the change set", lambda: (
        d if (d := client.describe_change_set(StackName=stack.name, ChangeSetName="none"))["Status"] == "FAILED" else None))
    assert none["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set.")
    assert none["ExecutionStatus"] == "UNAVAILABLE"
    assert refusal(client.execute_change_set, StackName=stack.name, ChangeSetName="none")[0] == "InvalidChangeSetStatus"
    client.delete_change_set(StackName=stack.name, ChangeSetName="none")
    assert refusal(client.describe_change_set, StackName=stack.name, ChangeSetName="none") == (
        "ChangeSetNotFound", "ChangeSet [none] does not exist")


def test_a_stack_begun_by_a_change_set_is_in_review_first(stack):
    client = stack.client
    client.create_change_set(
        StackName=stack.name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template({"A": parameter("1")}))
    client.get_waiter("change_set_create_complete").wait(
        StackName=stack.name, ChangeSetName="first", WaiterConfig={"Delay": 0.1})
    assert stack.status() == "REVIEW_IN_PROGRESS"
    client.execute_change_set(StackName=stack.name, ChangeSetName="first")
    stack.wait("stack_create_complete")
    assert stack.value("A") == "1"


# Templates

def test_templates_are_kept_checked_and_summed_up(stack):
    body = """
Transform: AWS::Serverless-2016-10-31
Description: words
Parameters:
  P: {Type: String, Default: d, Description: a parameter}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.11, Handler: index.handler, InlineCode: "def handler(e, c): return 1"}
"""
    client = stack.client
    summary = client.get_template_summary(TemplateBody=body)
    assert summary["Parameters"][0]["ParameterKey"] == "P"
    assert summary["Description"] == "words"
    assert summary["DeclaredTransforms"] == ["AWS::Serverless-2016-10-31"]
    assert client.validate_template(TemplateBody=body)["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]
    code, message = refusal(client.create_stack, StackName=stack.name, TemplateBody=body)
    assert code == "InsufficientCapabilitiesException" and "CAPABILITY_AUTO_EXPAND" in message
    stack.client.create_stack(
        StackName=stack.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    stack.wait("stack_create_complete")
    assert client.get_template(StackName=stack.name)["TemplateBody"] == body
    processed = client.get_template(StackName=stack.name, TemplateStage="Processed")
    processed_body = processed["TemplateBody"]
    processed_body = processed_body if isinstance(processed_body, dict) else json.loads(processed_body)
    assert processed_body["Resources"]["F"]["Type"] == "AWS::Lambda::Function"
    assert set(processed["StagesAvailable"]) == {"Original", "Processed"}
    for wrong, words in (("{", "JSON not well-formed|YAML not well-formed|Template format error"),
                         ("Resources: [", "Template format error: YAML not well-formed"),
                         ("Nothing: 1", "Template format error|Invalid template property")):
        code, message = refusal(client.validate_template, TemplateBody=wrong)
        assert code == "ValidationError" and any(w in message for w in words.split("|")), message


def test_nested_stacks_come_from_s3(shared, tmp_path):
    bucket, outer = name("b"), Stack(shared)
    shared.run("aws", "s3", "mb", f"s3://{bucket}")
    (tmp_path / "inner.yaml").write_text("""
Parameters: {V: {Type: String}}
Resources:
  A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref V}}
Outputs:
  Name: {Value: !Ref A}
""")
    (tmp_path / "outer.yaml").write_text("""
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner.yaml, Parameters: {V: inside}}
  B: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Inner.Outputs.Name}}
""")
    shared.run("aws", "cloudformation", "package", "--template-file", tmp_path / "outer.yaml", "--s3-bucket", bucket,
               "--output-template-file", tmp_path / "packaged.yaml")
    deploy = ["aws", "cloudformation", "deploy", "--template-file", tmp_path / "packaged.yaml", "--stack-name", outer.name]
    done = shared.run(*deploy)
    assert f"Successfully created/updated stack - {outer.name}" in done.stdout
    inner = shared.client("ssm").get_parameter(Name=outer.value("B"))["Parameter"]
    assert inner["Value"] == "inside"
    nested = Stack(shared, outer.physical("Inner"))
    assert nested.described()["ParentId"] == outer.described()["StackId"]
    assert nested.described()["StackName"].startswith(f"{outer.name}-Inner-")

    # As on AWS a nested stack is asked each time: only it knows whether its template changed.
    before = nested.events()
    again = shared.run(*deploy, "--fail-on-empty-changeset")
    assert f"Successfully created/updated stack - {outer.name}" in again.stdout
    assert nested.events() == before, "nothing to do, nothing told"
    outer.delete()
    assert nested.status() == "DELETE_COMPLETE"


def test_the_stacks_tags_reach_its_resources(stack):
    stack.create({"A": parameter("1")}, Tags=[{"Key": "team", "Value": "shop"}])
    assert stack.described()["Tags"] == [{"Key": "team", "Value": "shop"}]
    tags = stack.server.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=stack.physical("A"))
    assert {"Key": "team", "Value": "shop"} in tags["TagList"]


# Many resources

@pytest.mark.parametrize("shape", ["wide", "chained"])
def test_two_hundred_resources_take_seconds(stack, shape):
    resources = {
        f"P{i}": parameter({"Ref": f"P{i - 1}"} if shape == "chained" and i else str(i)) for i in range(200)}
    started = time.monotonic()
    stack.create(resources)
    stack.delete()
    assert time.monotonic() - started < 60


def test_events_are_found_by_operation(stack):
    client = stack.client
    created = client.create_stack(StackName=stack.name, TemplateBody=template({"A": parameter("1")}))
    stack.id = created["StackId"]
    stack.wait("stack_create_complete")
    bad = {"Type": "AWS::Lambda::Function", "DependsOn": "A", "Properties": {
        "Runtime": "python3.11", "Handler": "a.b", "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"S3Bucket": "no-such-bucket", "S3Key": "k"}}}
    updated = client.update_stack(StackName=stack.name, TemplateBody=template({"A": parameter("2"), "Bad": bad}))
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    events = client.describe_events(OperationId=created["OperationId"])["OperationEvents"]
    assert {e["OperationType"] for e in events} == {"CREATE_STACK"}
    assert (events[0]["EventType"], events[0]["OperationStatus"]) == ("STACK_EVENT", "SUCCEEDED")
    failed = client.describe_events(
        OperationId=updated["OperationId"], Filters={"FailedEvents": True})["OperationEvents"]
    assert [(e["LogicalResourceId"], e["EventType"]) for e in failed] == [("Bad", "PROVISIONING_ERROR")]
    assert "NoSuchBucket" in failed[0]["ResourceStatusReason"]
    last = client.describe_events(StackName=stack.name)["OperationEvents"][0]
    assert (last["OperationId"], last["OperationStatus"]) == (updated["OperationId"], "FAILED")
    every = [e for page in client.get_paginator("describe_events").paginate(StackName=stack.name) for e in page["OperationEvents"]]
    assert len(every) == len(stack.events())
    code, message = refusal(client.describe_events, OperationId="00000000-0000-0000-0000-000000000000")
    assert code == "ValidationError" and "does not exist" in message
    stack.delete()


def test_a_stack_policy_may_lie_in_s3_and_must_be_one(shared, stack):
    bucket = name("policies")
    shared.run("aws", "s3", "mb", f"s3://{bucket}")
    deny = {"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}
    allow = {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}
    for key, policy in (("deny", deny), ("allow", allow)):
        shared.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(policy))
    code, message = refusal(
        stack.client.create_stack, StackName=stack.name, TemplateBody=template({"A": parameter("1")}), StackPolicyBody="{}")
    assert code == "ValidationError" and "Invalid stack policy" in message
    stack.create({"A": parameter("1")}, StackPolicyURL=f"s3://{bucket}/deny")
    stack.update({"A": parameter("2")}, wait=None)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE" and "denied by stack policy" in stack.reasons("A")[0]
    stack.update({"A": parameter("2")}, StackPolicyDuringUpdateURL=f"s3://{bucket}/allow")
    assert stack.value("A") == "2"
    assert json.loads(stack.client.get_stack_policy(StackName=stack.name)["StackPolicyBody"]) == deny
    stack.client.set_stack_policy(StackName=stack.name, StackPolicyURL=f"s3://{bucket}/allow")
    stack.update({"A": parameter("3")})
    assert refusal(stack.client.set_stack_policy, StackName=stack.name, StackPolicyURL=f"s3://{bucket}/none")[0] == "ValidationError"
