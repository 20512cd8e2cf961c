"""Roles that stacks act as, and topics that they tell, with authentication."""
import json

import botocore.exceptions
import pytest

from conftest import eventually
from stacks import Stack, name, parameter, refusal

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from conftest import Slipway
    server = Slipway(tmp_path_factory.mktemp("roles") / "data").start()
    yield server
    server.stop()


def policy(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


@pytest.fixture
def role(house):
    iam = house.client("iam")
    def make(*actions):
        role_name = name("role")
        arn = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        if actions:
            iam.put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=policy(*actions))
        return arn
    return make


def user(server, *actions):
    """A client of CloudFormation for a user who may do that."""
    iam = server.client("iam")
    user_name = name("user")
    iam.create_user(UserName=user_name)
    iam.put_user_policy(UserName=user_name, PolicyName="p", PolicyDocument=policy(*actions))
    key = iam.create_access_key(UserName=user_name)["AccessKey"]
    return server.client("cloudformation", key=key["AccessKeyId"], secret=key["SecretAccessKey"])


def test_what_the_role_may_not_do_is_not_done(house, role):
    """Even for the root: the stack acts as the role."""
    stack = Stack(house)
    stack.create({"A": parameter("1")}, wait=None, RoleARN=role("logs:*"))
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "ssm:PutParameter" in stack.reasons("A")[0]


def test_a_role_does_what_its_caller_may_not_and_is_remembered(house, role):
    maker = role("ssm:*")
    cloudformation = user(house, "cloudformation:*", "iam:PassRole")
    stack = Stack(house)
    stack.client = cloudformation
    stack.create({"A": parameter("1")}, RoleARN=maker)
    assert stack.described()["RoleARN"] == maker
    stack.update({"A": parameter("2")})
    assert Stack(house, stack.name).value("A") == "2"
    other = Stack(house)
    other.client = cloudformation
    other.create({"A": parameter("1")}, wait=None)
    assert other.settled() == "ROLLBACK_COMPLETE"
    stack.delete()


def test_a_role_must_be_passed_and_trust_cloudformation(house, role):
    maker = role("ssm:*")
    body = json.dumps({"Resources": {"A": parameter("1")}})
    mere = user(house, "cloudformation:*")
    code, message = refusal(mere.create_stack, StackName=name("s"), TemplateBody=body, RoleARN=maker)
    assert code == "AccessDenied" and "iam:PassRole" in message
    iam = house.client("iam")
    stranger = name("role")
    arn = iam.create_role(RoleName=stranger, AssumeRolePolicyDocument=TRUST.replace("cloudformation", "lambda"))["Role"]["Arn"]
    code, message = refusal(
        house.client("cloudformation").create_stack, StackName=name("s"), TemplateBody=body, RoleARN=arn)
    assert code == "ValidationError" and message == f"Role {arn} is invalid or cannot be assumed"


def test_another_role_can_delete_what_one_cannot_any_more(house, role):
    maker = role("ssm:*")
    stack = Stack(house)
    stack.create({"A": parameter("1")}, RoleARN=maker)
    house.client("iam").delete_role_policy(RoleName=maker.split("/")[-1], PolicyName="p")
    stack.client.delete_stack(StackName=stack.name)
    assert stack.settled() == "DELETE_FAILED"
    stack.client.delete_stack(StackName=stack.name, RoleARN=role("ssm:*"))
    stack.wait("stack_delete_complete")


def test_nested_stacks_act_as_their_parent(house, role):
    bucket = name("templates")
    s3 = house.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="t", Body=json.dumps({"Resources": {"A": parameter("1")}}))
    maker = role("cloudformation:*", "s3:GetObject", "ssm:*")
    stack = Stack(house)
    stack.create({"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {
        "TemplateURL": f"https://{bucket}.s3.amazonaws.com/t"}}}, RoleARN=maker)
    child = stack.client.describe_stacks(StackName=stack.physical("N"))["Stacks"][0]
    assert child["RoleARN"] == maker
    stack.delete()


def test_topics_are_told_every_event(house):
    """SNS to a queue: the events as CloudFormation writes them, in order."""
    sns, sqs = house.client("sns"), house.client("sqs")
    topic = sns.create_topic(Name=name("news"))["TopicArn"]
    queue = sqs.create_queue(QueueName=name("news"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
                                                "Resource": arn}]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    stack = Stack(house)
    stack.create({"A": parameter("1")}, NotificationARNs=[topic])
    expected = [f"{r} {s}" for r, s in stack.story()]
    told = []
    def receive():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            body = json.loads(message["Body"])
            assert body["Subject"] == "AWS CloudFormation Notification"
            lines = dict(line.split("=", 1) for line in body["Message"].splitlines())
            told.append(f"{lines['LogicalResourceId']} {lines['ResourceStatus']}".replace("'", ""))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(told) == sorted(expected)
    eventually("all events", receive)
