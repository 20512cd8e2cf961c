"""What policies say of stages, gates, change sets, pull requests and deployments, with a user's own keys."""
import json

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conftest import Slipway, eventually
from pipelines import Ground, Pipeline, approval, name, refusal, stage

ARN = "arn:aws:{}:eu-west-1:000000000000:{}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("policies") / "data").start()
    yield server
    server.stop()


def person(server, *rules):
    """Clients of a user with those rules: (effect, action, resource)."""
    iam, title = server.client("iam"), name("user")
    iam.create_user(UserName=title)
    statements = [{"Effect": effect, "Action": action, "Resource": resource} for effect, action, resource in rules]
    iam.put_user_policy(UserName=title, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": statements}))
    key = iam.create_access_key(UserName=title)["AccessKey"]
    return lambda service: server.client(service, key=key["AccessKeyId"], secret=key["SecretAccessKey"])


def denied(call, **arguments):
    return refusal(call, **arguments) in ("AccessDenied", "AccessDeniedException")


def test_a_gate_is_the_approvers_and_nobody_elses(server):
    pipeline = Pipeline(Ground(server), stage("Gate", approval()))
    gate = ARN.format("codepipeline", pipeline.name + "/Gate/Approve")
    decide = {"pipelineName": pipeline.name, "stageName": "Gate", "actionName": "Approve", "token": pipeline.token(),
              "result": {"summary": "", "status": "Approved"}}
    shut_out = person(server, ("Allow", "*", "*"), ("Deny", "codepipeline:*", gate))("codepipeline")
    assert denied(shut_out.put_approval_result, **decide)
    # Under another name the token decides nothing.
    assert refusal(shut_out.put_approval_result, **decide | {"stageName": "Source", "actionName": "Fetch"}) \
        == "InvalidApprovalTokenException"
    stages = person(server, ("Allow", "*", "*"), ("Deny", "*", ARN.format("codepipeline", pipeline.name + "/Gate")))
    assert denied(stages("codepipeline").disable_stage_transition, pipelineName=pipeline.name, stageName="Gate",
                  transitionType="Inbound", reason="no")
    frozen = person(server, ("Allow", "*", "*"), ("Deny", "*", ARN.format("codepipeline", pipeline.name)))
    assert denied(frozen("codepipeline").update_pipeline, pipeline=pipeline.declaration)
    approver = person(server, ("Allow", "codepipeline:PutApprovalResult", gate))("codepipeline")
    assert approver.put_approval_result(**decide)["approvedAt"]
    pipeline.becomes(pipeline.first, "Succeeded")


def test_a_change_set_is_its_stacks(server):
    title, root = name("stack"), server.client("cloudformation")
    made = root.create_change_set(
        StackName=title, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=json.dumps({"Resources": {
            "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}))
    root.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 1})
    rule = ARN.format("cloudformation", f"stack/{title}/*")
    shut_out = person(server, ("Allow", "*", "*"), ("Deny", "cloudformation:*", rule))("cloudformation")
    assert denied(shut_out.execute_change_set, ChangeSetName=made["Id"])
    assert denied(shut_out.delete_change_set, ChangeSetName=made["Id"])
    allowed = person(server, ("Allow", "cloudformation:*", rule), ("Allow", "ssm:*", "*"))("cloudformation")
    allowed.execute_change_set(ChangeSetName=made["Id"])
    root.get_waiter("stack_create_complete").wait(StackName=title, WaiterConfig={"Delay": 1})
    assert refusal(allowed.describe_change_set, ChangeSetName=made["Id"].replace("first", "other")) == "AccessDenied"


def test_why_a_stack_failed_is_told_to_whom_its_events_are(server):
    title, root, iam = name("stack"), server.client("cloudformation"), server.client("iam")
    root.create_stack(StackName=title, TemplateBody=json.dumps({"Resources": {
        "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/aws/x", "Value": "v"}}}}))
    eventually("the stack is rolled back", lambda: root.describe_stacks(
        StackName=title)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE")
    stack = ARN.format("cloudformation", f"stack/{title}/*")

    def why(*rules):
        user = name("user")
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": action, "Resource": resource} for effect, action, resource in rules]}))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        request = AWSRequest(
            "POST", f"{server.endpoint}/_slipway/api/slipway-cloudformation/WhyStack",
            data=json.dumps({"input": {"stackName": title}}), headers={"Content-Type": "application/json"})
        SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "slipway", "eu-west-1").add_auth(request)
        sent = request.prepare()
        return requests.post(sent.url, data=sent.body, headers=dict(sent.headers), timeout=30)

    assert "P (AWS::SSM::Parameter)" in why(("Allow", "cloudformation:DescribeStackEvents", stack)).text
    for rules in ([("Allow", "*", "*"), ("Deny", "cloudformation:*", stack)], [("Allow", "ssm:*", "*")]):
        refused = why(*rules)
        assert refused.status_code in (400, 403) and "cloudformation:DescribeStackEvents" in refused.text
        assert "AWS::SSM::Parameter" not in refused.text


def test_a_pull_request_is_its_repositorys(server):
    root, title = server.client("codecommit"), name("repo")
    root.create_repository(repositoryName=title)
    base = root.put_file(repositoryName=title, branchName="main", filePath="a", fileContent=b"1")["commitId"]
    root.create_branch(repositoryName=title, branchName="topic", commitId=base)
    root.put_file(repositoryName=title, branchName="topic", filePath="a", fileContent=b"2", parentCommitId=base)
    target = {"repositoryName": title, "sourceReference": "topic", "destinationReference": "main"}
    mine = ARN.format("codecommit", title)
    member = person(server, ("Allow", "codecommit:*", mine))("codecommit")
    request = member.create_pull_request(title="t", targets=[target])["pullRequest"]["pullRequestId"]
    shut_out = person(server, ("Allow", "*", "*"), ("Deny", "codecommit:*", mine))("codecommit")
    assert denied(shut_out.create_pull_request, title="t", targets=[target])
    assert denied(shut_out.update_pull_request_status, pullRequestId=request, pullRequestStatus="CLOSED")
    assert member.get_pull_request(pullRequestId=request)["pullRequest"]["pullRequestStatus"] == "OPEN"
    assert refusal(shut_out.get_pull_request, pullRequestId="999999") == "PullRequestDoesNotExistException"
