"""CloudFormation when it goes wrong: what is taken back, what is kept, what is said; custom resources among it."""
import json
import time
import urllib.request

import pytest

from conftest import eventually, zipped
from stacks import Stack, name, parameter, refusal, template


@pytest.fixture
def stack(shared):
    return Stack(shared)


def bad():
    """A resource that is refused when it is made."""
    return {"Type": "AWS::Lambda::Function", "Properties": {
        "Runtime": "python3.11", "Handler": "a.b", "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"S3Bucket": "no-such-bucket", "S3Key": "k"}}}


def test_a_failed_creation_is_rolled_back(stack):
    stack.create({"A": parameter("1"), "Bad": bad() | {"DependsOn": "A"}, "After": parameter("2", DependsOn="Bad")}, wait=None)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    story = stack.story()
    assert ("After", "CREATE_IN_PROGRESS") not in story
    assert ("A", "DELETE_COMPLETE") in story
    assert "bucket" in stack.reasons("Bad")[0].lower()
    assert stack.reasons(stack.name, "ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."]
    code, message = refusal(stack.client.update_stack, StackName=stack.name, TemplateBody=template({"A": parameter("1")}))
    assert code == "ValidationError"
    assert f"{stack.id} is in ROLLBACK_COMPLETE state and can not be updated." in message
    stack.delete()


def test_two_resources_of_one_stack_do_not_share_a_name(stack):
    def named():
        return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": f"/{stack.name}", "Type": "String", "Value": "v"}}
    stack.create({"A": named(), "B": named() | {"DependsOn": "A"}}, wait=None)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert f"/{stack.name} already exists" in stack.reasons("B")[0]


def test_of_two_stacks_at_once_one_gets_the_export(shared):
    top = {"Outputs": {"O": {"Value": "x", "Export": {"Name": name("export")}}}}
    both = [Stack(shared), Stack(shared)]
    for one in both:
        one.create(waiting() | {"A": parameter("1")}, top, wait=None)
    for one in both:
        eventually("the handle", lambda: ("W", "CREATE_IN_PROGRESS") in one.story())
        urllib.request.urlopen(urllib.request.Request(one.physical("H"), method="PUT", headers={"Content-Type": ""}, data=(
            b'{"Status": "SUCCESS", "Reason": "up", "UniqueId": "1", "Data": ""}')))
    assert sorted(one.settled() for one in both) == ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"]


@pytest.mark.parametrize("options, ending", [
    ({"DisableRollback": True}, "CREATE_FAILED"), ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED"),
    ({"OnFailure": "DELETE"}, "DELETE_COMPLETE")])
def test_what_to_do_on_failure_is_a_choice(stack, options, ending):
    stack.create({"A": parameter("1"), "Bad": bad() | {"DependsOn": "A"}}, wait=None, **options)
    assert stack.settled() == ending
    if ending == "CREATE_FAILED":
        assert stack.value("A") == "1"
        stack.delete()


def test_a_failed_update_gives_the_old_values_back(stack):
    stack.create({"A": parameter("old"), "B": parameter("b")})
    stack.update({"A": parameter("new"), "Bad": bad() | {"DependsOn": "A"}, "New": parameter("n")}, wait=None)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.value("A") == "old" and stack.value("B") == "b"
    resources = stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert {r["LogicalResourceId"] for r in resources} == {"A", "B"}
    story = stack.story()
    assert (stack.name, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS") in story
    assert ("New", "DELETE_COMPLETE") in story
    assert stack.reasons(stack.name, "UPDATE_ROLLBACK_IN_PROGRESS") == [
        "The following resource(s) failed to create: [Bad]. "]
    stack.update({"A": parameter("newer")})
    assert stack.value("A") == "newer"


def test_an_update_that_keeps_what_succeeded(stack):
    stack.create({"A": parameter("old")})
    stack.update({"A": parameter("new"), "Bad": bad() | {"DependsOn": "A"}}, wait=None, DisableRollback=True)
    assert stack.settled() == "UPDATE_FAILED"
    assert stack.value("A") == "new"
    stack.client.rollback_stack(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.value("A") == "old"


def waiting():
    return {"H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "W": {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "A",
                  "Properties": {"Handle": {"Ref": "H"}, "Timeout": "600", "Count": 1}}}


def test_an_update_can_be_cancelled(stack):
    stack.create({"A": parameter("old")})
    stack.update({"A": parameter("new")} | waiting(), wait=None)
    eventually("the wait", lambda: ("W", "CREATE_IN_PROGRESS") in stack.story())
    code, message = refusal(
        stack.client.update_stack, StackName=stack.name, TemplateBody=template({"A": parameter("third")}))
    assert code == "ValidationError" and "UPDATE_IN_PROGRESS" in message
    stack.client.cancel_update_stack(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.value("A") == "old"
    assert refusal(stack.client.cancel_update_stack, StackName=stack.name)[0] == "ValidationError"


def test_a_wait_condition_hears_its_signal(stack):
    stack.create({"A": parameter("1")} | waiting(), {"Outputs": {"Data": {"Value": {"Fn::GetAtt": ["W", "Data"]}}}}, wait=None)
    eventually("the wait", lambda: ("W", "CREATE_IN_PROGRESS") in stack.story())
    signal = json.dumps({"Status": "SUCCESS", "Reason": "up", "UniqueId": "1", "Data": "hello"}).encode()
    urllib.request.urlopen(urllib.request.Request(
        stack.physical("H"), data=signal, method="PUT", headers={"Content-Type": ""}))
    stack.wait("stack_create_complete")
    assert json.loads(stack.outputs()["Data"]) == {"1": "hello"}


def test_a_stack_that_takes_too_long_is_rolled_back(stack):
    resources = {"A": parameter("1")} | waiting()
    resources["W"]["Properties"]["Timeout"] = "1"
    stack.create(resources, wait=None)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "WaitCondition timed out. Received 0 conditions when expecting 1" in stack.reasons("W")[0]


def test_drift_is_seen(stack):
    stack.create({"A": parameter("1"), "B": parameter("2")})
    stack.server.client("ssm").put_parameter(Name=stack.physical("A"), Value="other", Type="String", Overwrite=True)
    detection = stack.client.detect_stack_drift(StackName=stack.name)["StackDriftDetectionId"]
    status = eventually("the detection", lambda: (
        d if (d := stack.client.describe_stack_drift_detection_status(StackDriftDetectionId=detection))[
            "DetectionStatus"] != "DETECTION_IN_PROGRESS" else None))
    assert (status["StackDriftStatus"], status["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    drifts = {d["LogicalResourceId"]: d for d in
              stack.client.describe_stack_resource_drifts(StackName=stack.name)["StackResourceDrifts"]}
    assert drifts["B"]["StackResourceDriftStatus"] == "IN_SYNC"
    difference = drifts["A"]["PropertyDifferences"]
    assert [(d["PropertyPath"], d["ExpectedValue"], d["ActualValue"]) for d in difference] == [("/Value", "1", "other")]


# Custom resources

CUSTOM = """
import json, os, time, urllib.request
def handler(event, context):
    properties = event["ResourceProperties"]
    print("asked for", event["RequestType"], flush=True)
    if properties.get("Sleep") and event["RequestType"] != "Delete":
        time.sleep(600)
    if properties.get("Crash") and event["RequestType"] != "Delete":
        raise RuntimeError("no luck")
    if properties.get("Exit") and event["RequestType"] != "Delete":
        os._exit(3)
    if properties.get("Silent") and event["RequestType"] != "Delete":
        return "said nothing"
    fail = properties.get("Fail") and event["RequestType"] != "Delete"
    body = json.dumps({
        "Status": "FAILED" if fail else "SUCCESS", "Reason": "not today", "StackId": event["StackId"],
        "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"],
        "PhysicalResourceId": properties.get("Id", "custom-1"),
        "Data": {"Answer": properties.get("Ask", "") + "!", "Kind": event["RequestType"]}}).encode()
    urllib.request.urlopen(urllib.request.Request(
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}))
"""


@pytest.fixture(scope="module")
def provider(shared):
    lambda_ = shared.client("lambda")
    function = name("provider")
    arn = lambda_.create_function(
        FunctionName=function, Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zipped(app_py=CUSTOM)}, Timeout=3)["FunctionArn"]
    lambda_.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})
    return arn


def custom(provider, **properties):
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": provider} | properties}


ANSWER = {"Outputs": {"Answer": {"Value": {"Fn::GetAtt": ["C", "Answer"]}}, "Id": {"Value": {"Ref": "C"}},
                      "Kind": {"Value": {"Fn::GetAtt": ["C", "Kind"]}}}}


def test_a_custom_resource_lives_by_its_function(stack, provider):
    stack.create({"C": custom(provider, Ask="why")}, ANSWER)
    assert stack.outputs() == {"Answer": "why!", "Id": "custom-1", "Kind": "Create"}
    stack.update({"C": custom(provider, Ask="how")}, ANSWER)
    assert stack.outputs() == {"Answer": "how!", "Id": "custom-1", "Kind": "Update"}
    stack.update({"C": custom(provider, Ask="how", Id="custom-2")}, ANSWER)
    assert stack.outputs()["Id"] == "custom-2"
    assert any(e["ResourceStatus"] == "DELETE_COMPLETE" and e["PhysicalResourceId"] == "custom-1" for e in stack.events())
    stack.update({"C": custom(provider, Fail="yes")}, ANSWER, wait=None)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.outputs()["Answer"] == "how!"
    stack.delete()


@pytest.mark.parametrize("how, words", [
    ("Fail", "not today"), ("Crash", "no luck"), ("Exit", "exit"), ("Silent", "answer"),
    ("Sleep", "timed out")])
def test_a_custom_resource_that_fails_fails_within_seconds(stack, provider, how, words):
    started = time.monotonic()
    stack.create({"C": custom(provider, **{how: "yes"})}, wait=None)
    assert stack.settled(25) == "ROLLBACK_COMPLETE"
    assert time.monotonic() - started < 25
    reason = stack.reasons("C")[0]
    assert words in reason
    assert how == "Fail" or "Last log lines:" in reason and "asked for Create" in reason
    stack.delete()


def test_a_custom_resource_whose_function_is_missing_fails_at_once(stack):
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name('missing')}"
    stack.create({"C": custom(arn)}, wait=None)
    assert stack.settled(10) == "ROLLBACK_COMPLETE"
    assert f"Function not found: {arn}" in stack.reasons("C")[0]


def test_code_that_is_not_there_fails_with_what_s3_says(stack):
    bucket = name("code")
    stack.server.run("aws", "s3", "mb", f"s3://{bucket}")
    missing = bad()
    missing["Properties"]["Code"] = {"S3Bucket": bucket, "S3Key": "no-such-key"}
    stack.create({"Bucket": bad(), "Key": missing | {"DependsOn": "A"}, "A": parameter("1")}, wait=None, DisableRollback=True)
    assert stack.settled(10) == "CREATE_FAILED"
    reasons = {r: stack.reasons(r) for r in ("Bucket", "Key")}
    assert "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist" in reasons["Bucket"][0]
    assert not reasons["Key"] or "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist." in reasons["Key"][0]
    code, message = refusal(stack.client.update_stack, StackName=stack.name, TemplateBody=template({"Key": missing}))
    assert code == "ValidationError" and message.startswith(
        "This stack is currently in a non-terminal [CREATE_FAILED] state. To update the stack from this state, please use "
        "the disable-rollback parameter with update-stack API.")
    stack.update({"Key": missing}, wait=None, DisableRollback=True)
    assert stack.settled(10) == "UPDATE_FAILED"
    assert "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist." in stack.reasons("Key")[-1]


def test_the_innermost_cause_is_told_in_the_outermost_stack(shared):
    bucket, outer = name("b"), Stack(shared)
    s3 = shared.client("s3")
    shared.run("aws", "s3", "mb", f"s3://{bucket}")
    s3.put_object(Bucket=bucket, Key="inner", Body=template({"Bad": bad()}))
    url = f"s3://{bucket}/"
    nested = {"Type": "AWS::CloudFormation::Stack"}
    s3.put_object(Bucket=bucket, Key="middle", Body=template({"Inner": nested | {"Properties": {"TemplateURL": url + "inner"}}}))
    outer.create({"Middle": nested | {"Properties": {"TemplateURL": url + "middle"}}}, wait=None)
    assert outer.settled() == "ROLLBACK_COMPLETE"
    reason = outer.reasons("Middle")[0]
    assert "First cause: Inner/Bad (AWS::Lambda::Function): " in reason and "S3 Error Code: NoSuchBucket" in reason


def test_a_rollback_that_fails_can_be_continued(stack, provider):
    """The function that the old resource needs is gone while the update is rolled back."""
    lambda_ = stack.server.client("lambda")
    function = name("mortal")
    arn = lambda_.create_function(
        FunctionName=function, Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zipped(app_py=CUSTOM)})["FunctionArn"]
    stack.create({"A": parameter("1"), "C": custom(arn, Ask="1", DependsOn="A")})
    resources = {"A": parameter("1"), "C": custom(arn, Ask="2")} | waiting()
    resources["W"]["DependsOn"] = "C"
    stack.update(resources, wait=None)
    eventually("the wait", lambda: ("W", "CREATE_IN_PROGRESS") in stack.story())
    lambda_.delete_function(FunctionName=function)
    stack.client.cancel_update_stack(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    assert function in stack.reasons("C")[0]
    stack.client.continue_update_rollback(StackName=stack.name, ResourcesToSkip=["C"])
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


# Resources that stand already

def existing(server):
    key = f"/{name('by-hand')}"
    server.client("ssm").put_parameter(Name=key, Value="here", Type="String")
    return key


def named(key, value="here", **more):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": key, "Type": "String", "Value": value}} | more


def import_set(stack, resources, kind="CREATE"):
    made = stack.client.create_change_set(
        StackName=stack.name, ChangeSetName=name("c"), ChangeSetType=kind, ImportExistingResources=True,
        TemplateBody=template(resources))
    stack.id = made["StackId"]
    return stack.client.describe_change_set(ChangeSetName=made["Id"])


def test_what_stands_already_is_imported_by_a_change_set(stack):
    key = existing(stack.server)
    resources = {"Old": named(key, DeletionPolicy="RetainExceptOnCreate"), "New": parameter({"Ref": "Old"})}
    described = import_set(stack, resources)
    assert described["ImportExistingResources"] is True
    actions = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"]["Action"] for c in described["Changes"]}
    assert actions == {"Old": "Import", "New": "Add"}
    stack.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert stack.settled() == "CREATE_COMPLETE"
    assert ("Old", "IMPORT_COMPLETE") in stack.story() and stack.value("New") == key
    second = existing(stack.server)
    described = import_set(stack, resources | {"Second": named(second, DeletionPolicy="Retain")}, "UPDATE")
    assert [c["ResourceChange"]["Action"] for c in described["Changes"]] == ["Import"]
    stack.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert stack.settled() == "UPDATE_COMPLETE" and stack.physical("Second") == second
    stack.delete()
    assert stack.server.client("ssm").get_parameter(Name=key)["Parameter"]["Value"] == "here"


def test_what_cannot_be_imported_fails_the_change_set_or_is_given_back(stack):
    key = existing(stack.server)
    described = import_set(stack, {"Old": named(key)})
    assert described["Status"] == "FAILED" and "set its DeletionPolicy to Retain" in described["StatusReason"]
    keep = {"DeletionPolicy": "RetainExceptOnCreate"}
    described = import_set(stack, {"Old": named(key, **keep), "Bad": bad() | {"DependsOn": "Old"}})
    stack.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert stack.server.client("ssm").get_parameter(Name=key)["Parameter"]["Value"] == "here"
    other = Stack(stack.server)
    described = import_set(other, {"Old": named(key, "something else", **keep)})
    other.client.execute_change_set(ChangeSetName=described["ChangeSetId"])
    assert other.settled() == "ROLLBACK_COMPLETE"
    assert "is not what the template says: at /Value it has here" in other.reasons("Old")[0]
    assert stack.server.client("ssm").get_parameter(Name=key)["Parameter"]["Value"] == "here"


@pytest.mark.parametrize("isForced", [False, True])
def test_a_rollback_that_failed_inside_a_nested_stack_is_continued_from_outside(shared, provider, isForced):
    bucket, outer = name("b"), Stack(shared)
    shared.run("aws", "s3", "mb", f"s3://{bucket}")
    lambda_ = shared.client("lambda")
    function = name("mortal")
    arn = lambda_.create_function(
        FunctionName=function, Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zipped(app_py=CUSTOM)})["FunctionArn"]
    lambda_.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})
    for version in ("1", "2"):
        inner = {"A": parameter("1"), "C": custom(arn, Ask=version)} | (waiting() if version == "2" else {})
        if version == "2":
            inner["W"]["DependsOn"] = "C"
        shared.client("s3").put_object(Bucket=bucket, Key=version, Body=template(inner))

    def nested(version):
        return {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"s3://{bucket}/{version}"}}}
    outer.create(nested("1"))
    child = Stack(shared, outer.physical("Child"))
    outer.update(nested("2"), wait=None)
    eventually("the wait", lambda: ("W", "CREATE_IN_PROGRESS") in child.story())
    lambda_.delete_function(FunctionName=function)
    outer.client.cancel_update_stack(StackName=outer.name)
    assert outer.settled() == "UPDATE_ROLLBACK_FAILED"
    assert function in outer.reasons("Child")[-1]
    inside = child.described()["StackName"]
    skipped = {"ForceRollback": True} if isForced else {"ResourcesToSkip": [f"{inside}.C"]}
    outer.client.continue_update_rollback(StackName=outer.name, **skipped)
    assert outer.settled() == "UPDATE_ROLLBACK_COMPLETE" and child.status() == "UPDATE_ROLLBACK_COMPLETE"
