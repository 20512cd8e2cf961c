"""Cloud Control as its users drive it: one resource at a time, without a stack."""
import json
import threading

import pytest

from conftest import eventually
from stacks import name, refusal


@pytest.fixture(scope="module")
def control(shared):
    return shared.client("cloudcontrol")


def ended(control, answer, within=60):
    """The request as soon as it has come to its end."""
    token = answer["ProgressEvent"]["RequestToken"]
    def probe():
        event = control.get_resource_request_status(RequestToken=token)["ProgressEvent"]
        return event if event["OperationStatus"] in ("SUCCESS", "FAILED", "CANCEL_COMPLETE") else None
    return eventually("the end of the request", probe, within)


def made(control, kind, **properties):
    event = ended(control, control.create_resource(TypeName=kind, DesiredState=json.dumps(properties)))
    assert event["OperationStatus"] == "SUCCESS", event
    return event["Identifier"]


def properties(control, kind, identifier):
    found = control.get_resource(TypeName=kind, Identifier=identifier)["ResourceDescription"]
    assert found["Identifier"] == identifier
    return json.loads(found["Properties"])


def test_a_parameter_lives(shared, control):
    wanted = "/" + name("p")
    assert made(control, "AWS::SSM::Parameter", Name=wanted, Type="String", Value="1") == wanted
    assert properties(control, "AWS::SSM::Parameter", wanted)["Value"] == "1"
    assert shared.client("ssm").get_parameter(Name=wanted)["Parameter"]["Value"] == "1"
    patch = json.dumps([{"op": "test", "path": "/Value", "value": "1"}, {"op": "replace", "path": "/Value", "value": "2"}])
    event = ended(control, control.update_resource(
        TypeName="AWS::SSM::Parameter", Identifier=wanted, PatchDocument=patch))
    assert event["OperationStatus"] == "SUCCESS" and event["Operation"] == "UPDATE"
    assert shared.client("ssm").get_parameter(Name=wanted)["Parameter"]["Value"] == "2"
    pages = control.get_paginator("list_resources").paginate(
        TypeName="AWS::SSM::Parameter", PaginationConfig={"PageSize": 1})
    assert wanted in [r["Identifier"] for page in pages for r in page["ResourceDescriptions"]]
    assert ended(control, control.delete_resource(
        TypeName="AWS::SSM::Parameter", Identifier=wanted))["OperationStatus"] == "SUCCESS"
    code, _ = refusal(control.get_resource, TypeName="AWS::SSM::Parameter", Identifier=wanted)
    assert code == "ResourceNotFoundException"


def test_boto3s_waiter_and_a_bucket(control):
    bucket = name("bucket")
    token = control.create_resource(
        TypeName="AWS::S3::Bucket", DesiredState=json.dumps({"BucketName": bucket}))["ProgressEvent"]["RequestToken"]
    control.get_waiter("resource_request_success").wait(
        RequestToken=token, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    assert properties(control, "AWS::S3::Bucket", bucket)["Arn"] == f"arn:aws:s3:::{bucket}"


def test_a_function_has_its_read_only_properties(shared, control):
    role = made(control, "AWS::IAM::Role", AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    arn = shared.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    function = made(
        control, "AWS::Lambda::Function", Role=arn, Runtime="python3.12", Handler="index.handler", MemorySize=128,
        Code={"ZipFile": "def handler(event, context):\n    return 1\n"})
    assert properties(control, "AWS::Lambda::Function", function)["Arn"].endswith(":function:" + function)
    url = made(control, "AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=function)
    assert properties(control, "AWS::Lambda::Url", url)["FunctionUrl"].startswith("http")
    # The code is not read back, so a patch of something else needs none.
    assert ended(control, control.update_resource(
        TypeName="AWS::Lambda::Function", Identifier=function,
        PatchDocument=json.dumps([{"op": "replace", "path": "/MemorySize", "value": 256}])))["OperationStatus"] == "SUCCESS"
    assert shared.client("lambda").get_function_configuration(FunctionName=function)["MemorySize"] == 256


@pytest.mark.parametrize("operation, options, code", [
    ("create_resource", dict(TypeName="AWS::No::Type", DesiredState="{}"), "TypeNotFoundException"),
    ("create_resource", dict(TypeName="AWS::EC2::VPC", DesiredState="{}"), "UnsupportedActionException"),
    ("create_resource", dict(TypeName="AWS::SSM::Parameter", DesiredState="{"), "InvalidRequestException"),
    ("create_resource", dict(TypeName="AWS::SSM::Parameter", DesiredState='{"Type": "String"}'), "InvalidRequestException"),
    ("create_resource", dict(TypeName="AWS::SSM::Parameter", DesiredState='{"Typo": 1}'), "InvalidRequestException"),
    ("create_resource", dict(
        TypeName="AWS::SSM::Parameter", TypeVersionId="1", DesiredState="{}"), "NotImplemented"),
    ("get_resource", dict(TypeName="AWS::SSM::Parameter", Identifier="/none"), "ResourceNotFoundException"),
    ("delete_resource", dict(TypeName="AWS::SSM::Parameter", Identifier="/none"), "ResourceNotFoundException"),
    ("list_resources", dict(TypeName="AWS::IAM::Policy"), "UnsupportedActionException"),
    ("get_resource_request_status", dict(RequestToken="none"), "RequestTokenNotFoundException"),
    ("cancel_resource_request", dict(RequestToken="none"), "RequestTokenNotFoundException"),
])
def test_what_is_wrong_is_refused_at_once(control, operation, options, code):
    assert refusal(getattr(control, operation), **options)[0] == code


def test_of_two_changes_at_once_one_waits_its_turn(control):
    wanted = made(control, "AWS::SSM::Parameter", Name="/" + name("p"), Type="String", Value="0")
    codes = []
    def change(value):
        try:
            ended(control, control.update_resource(
                TypeName="AWS::SSM::Parameter", Identifier=wanted,
                PatchDocument=json.dumps([{"op": "replace", "path": "/Value", "value": str(value)}])))
            codes.append("done")
        except control.exceptions.ConcurrentOperationException:
            codes.append("busy")
    threads = [threading.Thread(target=change, args=(value,)) for value in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 8 and "done" in codes
    assert properties(control, "AWS::SSM::Parameter", wanted)["Value"] != "0"


def test_a_request_outlives_the_server(slipway):
    """Killed right after it answered: the next start carries the request out, once."""
    control = slipway.client("cloudcontrol")
    tokens = [control.create_resource(
        TypeName="AWS::SSM::Parameter", ClientToken=f"t{n}",
        DesiredState=json.dumps({"Name": f"/survivor/{n}", "Type": "String", "Value": "1"}))["ProgressEvent"]["RequestToken"]
        for n in range(10)]
    slipway.kill()
    slipway.start()
    control = slipway.client("cloudcontrol")
    for token in tokens:
        event = ended(control, {"ProgressEvent": {"RequestToken": token}})
        assert event["OperationStatus"] == "SUCCESS", event
    assert len(slipway.client("ssm").describe_parameters(MaxResults=50)["Parameters"]) == 10


def test_a_role_is_acted_as(slipway):
    """With authentication: what the role may not do is not done, whoever asks."""
    iam = slipway.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="maker", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    control = slipway.client("cloudcontrol")
    state = json.dumps({"Name": "/by-role", "Type": "String", "Value": "1"})
    event = ended(control, control.create_resource(TypeName="AWS::SSM::Parameter", RoleArn=arn, DesiredState=state))
    assert event["OperationStatus"] == "FAILED" and event["ErrorCode"] == "AccessDenied", event
    iam.put_role_policy(RoleName="maker", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}))
    event = ended(control, control.create_resource(TypeName="AWS::SSM::Parameter", RoleArn=arn, DesiredState=state))
    assert event["OperationStatus"] == "SUCCESS", event
