"""Secrets Manager, driven by boto3: versions and labels, recovery, rotation by a real function, templates."""
import json
import pathlib
import uuid

import botocore.exceptions
import pytest

from conftest import CLIENT, eventually, zipped

ROTATE = CLIENT + '''
def handler(event, context):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = call("secretsmanager", "DescribeSecret", SecretId=arn)["VersionIdsToStages"]
    assert "AWSPENDING" in stages[token], stages
    if step == "createSecret":
        call("secretsmanager", "PutSecretValue", SecretId=arn, ClientRequestToken=token, SecretString="turned",
             VersionStages=["AWSPENDING"])
    if step == "testSecret":
        value = call("secretsmanager", "GetSecretValue", SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        if os.environ.get("FAIL"):
            raise ValueError("not good enough")
        assert value["SecretString"] == "turned"
    if step == "finishSecret":
        now = [version for version, labels in stages.items() if "AWSCURRENT" in labels][0]
        call("secretsmanager", "UpdateSecretVersionStage", SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token,
             RemoveFromVersionId=now)
'''


@pytest.fixture
def secrets(shared):
    return shared.client("secretsmanager")


@pytest.fixture
def name():
    return f"team/db-{uuid.uuid4().hex[:8]}"


def code(call, **input):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**input)
    return error.value.response["Error"]["Code"]


def test_versions_and_labels(secrets, name):
    made = secrets.create_secret(Name=name, SecretString="one", Description="d", Tags=[{"Key": "team", "Value": "a"}])
    assert made["ARN"].split(":secret:")[1][:-7] == name
    two = secrets.put_secret_value(SecretId=name, SecretString="two")
    assert two["VersionStages"] == ["AWSCURRENT"]
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId=made["ARN"][:-7], VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    secrets.put_secret_value(SecretId=name, SecretBinary=b"\x00\xff", VersionStages=["blue"])
    assert secrets.get_secret_value(SecretId=name, VersionStage="blue")["SecretBinary"] == b"\x00\xff"
    stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    assert sorted(sum(stages.values(), [])) == ["AWSCURRENT", "AWSPREVIOUS", "blue"]
    assert code(secrets.update_secret_version_stage, SecretId=name, VersionStage="AWSCURRENT",
                MoveToVersionId=made["VersionId"]) == "InvalidParameterException"
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=made["VersionId"], RemoveFromVersionId=two["VersionId"])
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "one"
    secrets.update_secret(SecretId=name, Description="e", SecretString="three")
    listed = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
    assert [s["Description"] for s in listed] == ["e"] and listed[0]["Tags"] == [{"Key": "team", "Value": "a"}]
    batch = secrets.batch_get_secret_value(SecretIdList=[name, "nobody"])
    assert batch["SecretValues"][0]["SecretString"] == "three"
    assert batch["Errors"][0]["ErrorCode"] == "ResourceNotFoundException"


def test_requests_may_be_repeated(secrets, name):
    token = str(uuid.uuid4())
    one = secrets.create_secret(Name=name, SecretString="x", ClientRequestToken=token)
    assert secrets.create_secret(Name=name, SecretString="x", ClientRequestToken=token)["ARN"] == one["ARN"]
    assert code(secrets.create_secret, Name=name, SecretString="y") == "ResourceExistsException"
    assert code(secrets.put_secret_value, SecretId=name, SecretString="y", ClientRequestToken=token) == "ResourceExistsException"
    assert code(secrets.get_secret_value, SecretId="nobody") == "ResourceNotFoundException"
    assert code(secrets.create_secret, Name=name + "2", SecretString="a", SecretBinary=b"b") == "InvalidParameterException"
    assert code(secrets.create_secret, Name="no spaces allowed", SecretString="a") == "ValidationException"


def test_deletion_can_be_taken_back(secrets, name):
    secrets.create_secret(Name=name, SecretString="x")
    assert code(secrets.delete_secret, SecretId=name, RecoveryWindowInDays=3) == "InvalidParameterException"
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert code(secrets.get_secret_value, SecretId=name) == "InvalidRequestException"
    assert code(secrets.create_secret, Name=name, SecretString="y") == "InvalidRequestException"
    assert not secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "x"
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert code(secrets.describe_secret, SecretId=name) == "ResourceNotFoundException"


def test_passwords(secrets):
    plain = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True, ExcludeCharacters="abc")["RandomPassword"]
    assert len(plain) == 40 and plain.isalnum() and not set(plain) & set("abc")
    assert code(secrets.get_random_password, PasswordLength=2) == "InvalidParameterException"


def rotator(shared, **environment):
    function = f"rotate-{uuid.uuid4().hex[:8]}"
    arn = shared.client("lambda").create_function(
        FunctionName=function, Runtime="python3.12", Handler="index.handler", Timeout=30,
        Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": zipped(index_py=ROTATE)},
        Environment={"Variables": {"AWS_ENDPOINT_URL": shared.endpoint, **environment}})["FunctionArn"]
    return arn


def test_a_function_rotates_a_secret_in_four_steps(shared, secrets, name):
    secrets.create_secret(Name=name, SecretString="old")
    answer = secrets.rotate_secret(
        SecretId=name, RotationLambdaARN=rotator(shared), RotationRules={"AutomaticallyAfterDays": 30})
    eventually("the rotation", lambda: "LastRotatedDate" in secrets.describe_secret(SecretId=name))
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "turned"
    described = secrets.describe_secret(SecretId=name)
    assert described["VersionIdsToStages"][answer["VersionId"]] == ["AWSCURRENT"]
    days = (described["NextRotationDate"] - described["LastRotatedDate"]).total_seconds() / 86400
    assert described["RotationEnabled"] and 29 < days < 31
    secrets.cancel_rotate_secret(SecretId=name)
    assert secrets.describe_secret(SecretId=name)["RotationEnabled"] is False


def test_a_rotation_that_fails_leaves_the_current_value(shared, secrets, name):
    secrets.create_secret(Name=name, SecretString="old")
    secrets.rotate_secret(SecretId=name, RotationLambdaARN=rotator(shared, FAIL="1"))
    pending = eventually("the pending version", lambda: [
        v for v, s in secrets.describe_secret(SecretId=name)["VersionIdsToStages"].items() if s == ["AWSPENDING"]])
    eventually("its value", lambda: "SecretString" in quietly(
        secrets.get_secret_value, SecretId=name, VersionId=pending[0], VersionStage="AWSPENDING"))
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "old"
    # once the failed one is over, another may begin
    eventually("the next rotation", lambda: quietly(secrets.rotate_secret, SecretId=name))


def quietly(call, **input):
    try:
        return call(**input)
    except botocore.exceptions.ClientError:
        return {}


def test_templates_generate_and_refer_to_secrets(shared, secrets):
    stack = f"secret-{uuid.uuid4().hex[:8]}"
    template = {"Resources": {
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {
            "SecretStringTemplate": "{\"user\": \"admin\"}", "GenerateStringKey": "password", "PasswordLength": 20,
            "ExcludePunctuation": True}}},
        "Policy": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {
            "SecretId": {"Ref": "Secret"}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:user/eve"},
                "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}}},
        "Copy": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {
            "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}"}}}},
        "Outputs": {"Arn": {"Value": {"Ref": "Secret"}}, "Copy": {"Value": {"Ref": "Copy"}}}}
    cloudformation = shared.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]}
    value = json.loads(secrets.get_secret_value(SecretId=outputs["Arn"])["SecretString"])
    assert value["user"] == "admin" and len(value["password"]) == 20
    assert shared.client("ssm").get_parameter(Name=outputs["Copy"])["Parameter"]["Value"] == value["password"]
    assert "eve" in secrets.get_resource_policy(SecretId=outputs["Arn"])["ResourcePolicy"]
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert value["password"] not in json.dumps(events, default=str)
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert code(secrets.describe_secret, SecretId=outputs["Arn"]) == "ResourceNotFoundException"


def test_values_are_sealed_at_rest_and_survive_a_power_cut(slipway):
    secrets = slipway.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="hush-hush-42")
    slipway.kill()
    for path in pathlib.Path(slipway.folder).rglob("*"):
        assert not path.is_file() or b"hush-hush-42" not in path.read_bytes(), path
    slipway.start()
    assert slipway.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "hush-hush-42"
