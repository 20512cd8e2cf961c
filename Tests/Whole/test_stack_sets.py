"""Stack sets over accounts and regions of one Slipway, as their owners drive them."""
import json
import time

import boto3
import pytest
from botocore.config import Config

from conftest import eventually
from stacks import Stack, name, parameter, refusal, template

OWN = "000000000000"
ACCOUNTS = ["111111111111", "222222222222", "333333333333"]
VALUE = {"Parameters": {"Value": {"Type": "String", "Default": "1"}}}


def content(**more):
    return template({"A": parameter({"Ref": "Value"}, **more)}, **VALUE)


class StackSet:
    """A stack set under one name."""

    def __init__(self, server, body=None, **options):
        self.server, self.client, self.name = server, server.client("cloudformation"), name("set")
        self.id = self.client.create_stack_set(
            StackSetName=self.name, TemplateBody=body or content(), **options)["StackSetId"]

    def ended(self, answer, within=60):
        """The operation as soon as it has come to its end."""
        def probe():
            operation = self.client.describe_stack_set_operation(
                StackSetName=self.name, OperationId=answer["OperationId"])["StackSetOperation"]
            return operation if operation["Status"] in ("SUCCEEDED", "FAILED", "STOPPED") else None
        return eventually("the end of the operation", probe, within)

    def run(self, call, within=60, **options):
        return self.ended(getattr(self.client, call)(StackSetName=self.name, **options), within)

    def create(self, accounts, regions, **options):
        return self.run("create_stack_instances", Accounts=accounts, Regions=regions, **options)

    def instances(self):
        pages = self.client.get_paginator("list_stack_instances").paginate(StackSetName=self.name)
        return {(i["Account"], i["Region"]): i for page in pages for i in page["Summaries"]}

    def results(self, operation):
        pages = self.client.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=self.name, OperationId=operation["OperationId"])
        return {(r["Account"], r["Region"]): r for page in pages for r in page["Summaries"]}

    def values(self):
        """What stands in each place."""
        found = {}
        for (account, region), instance in self.instances().items():
            stack = client(self.server, "cloudformation", account, region).describe_stack_resources(
                StackName=instance["StackId"])["StackResources"]
            found[account, region] = [
                client(self.server, "ssm", account, region).get_parameter(
                    Name=r["PhysicalResourceId"])["Parameter"]["Value"] for r in stack]
        return found


def client(server, service, account, region):
    """A client of that account: where anyone is let in, the key says which."""
    return boto3.client(
        service, endpoint_url=server.endpoint, region_name=region, aws_access_key_id=account,
        aws_secret_access_key="x", config=Config(retries={"max_attempts": 1}))


def test_a_set_in_accounts_and_regions(shared):
    stacks = StackSet(shared)
    made = stacks.create(ACCOUNTS, ["eu-west-1", "us-east-1"], OperationPreferences={
        "MaxConcurrentCount": 3, "FailureToleranceCount": 2, "RegionConcurrencyType": "PARALLEL"})
    assert made["Status"] == "SUCCEEDED" and made["Action"] == "CREATE"
    assert len(stacks.instances()) == 6
    assert {i["Status"] for i in stacks.instances().values()} == {"CURRENT"}
    assert set(map(tuple, stacks.values().values())) == {("1",)}
    assert {r["Status"] for r in stacks.results(made).values()} == {"SUCCEEDED"}
    described = stacks.client.describe_stack_set(StackSetName=stacks.name)["StackSet"]
    assert described["Regions"] == ["eu-west-1", "us-east-1"] and described["PermissionModel"] == "SELF_MANAGED"

    changed = stacks.run("update_stack_set", UsePreviousTemplate=True, Parameters=[
        {"ParameterKey": "Value", "ParameterValue": "2"}], OperationPreferences={"MaxConcurrentCount": 1})
    assert changed["Status"] == "SUCCEEDED"
    assert set(map(tuple, stacks.values().values())) == {("2",)}

    one = stacks.run("update_stack_instances", Accounts=ACCOUNTS[:1], Regions=["eu-west-1"], ParameterOverrides=[
        {"ParameterKey": "Value", "ParameterValue": "own"}])
    assert one["Status"] == "SUCCEEDED"
    assert stacks.values()[ACCOUNTS[0], "eu-west-1"] == ["own"]
    assert stacks.values()[ACCOUNTS[0], "us-east-1"] == ["2"]
    override = stacks.client.describe_stack_instance(
        StackSetName=stacks.name, StackInstanceAccount=ACCOUNTS[0], StackInstanceRegion="eu-west-1")["StackInstance"]
    assert override["ParameterOverrides"] == [{"ParameterKey": "Value", "ParameterValue": "own"}]

    code, _ = refusal(stacks.client.delete_stack_set, StackSetName=stacks.name)
    assert code == "StackSetNotEmptyException"
    ids = [i["StackId"] for i in stacks.instances().values()]
    gone = stacks.run("delete_stack_instances", Accounts=ACCOUNTS, Regions=["eu-west-1", "us-east-1"], RetainStacks=False)
    assert gone["Status"] == "SUCCEEDED" and not stacks.instances()
    for stack in ids:
        region, account = stack.split(":")[3:5]
        assert client(shared, "cloudformation", account, region).describe_stacks(
            StackName=stack)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    stacks.client.delete_stack_set(StackSetName=stacks.name)
    sets = stacks.client.list_stack_sets(Status="DELETED")["Summaries"]
    assert stacks.id in [s["StackSetId"] for s in sets]
    assert refusal(stacks.client.update_stack_set, StackSetName=stacks.name, UsePreviousTemplate=True)[0] \
        == "StackSetNotFoundException"


def taken(server, account, region, path):
    """Makes the stack of that account and region fail: what it shall make is there."""
    client(server, "ssm", account, region).put_parameter(Name=path, Type="String", Value="mine")


def test_failures_are_borne_as_far_as_was_said_and_tell_why(shared):
    path = "/" + name("taken")
    stacks = StackSet(shared, template({"A": {"Type": "AWS::SSM::Parameter", "Properties": {
        "Name": path, "Type": "String", "Value": "1"}}}))
    taken(shared, ACCOUNTS[0], "eu-west-1", path)
    made = stacks.create(ACCOUNTS, ["eu-west-1", "us-east-1"])
    assert made["Status"] == "FAILED" and made["StatusDetails"]["FailedStackInstancesCount"] == 1
    results = stacks.results(made)
    assert results[ACCOUNTS[0], "eu-west-1"]["Status"] == "FAILED"
    assert path in results[ACCOUNTS[0], "eu-west-1"]["StatusReason"]
    assert [r["Status"] for r in results.values()].count("CANCELLED") == 5
    # What stood in the way is gone: the same call again makes the rest, and what failed anew.
    client(shared, "ssm", ACCOUNTS[0], "eu-west-1").delete_parameter(Name=path)
    again = stacks.create(ACCOUNTS, ["eu-west-1", "us-east-1"], OperationPreferences={"MaxConcurrentCount": 1})
    assert again["Status"] == "SUCCEEDED", stacks.results(again)
    assert {i["Status"] for i in stacks.instances().values()} == {"CURRENT"}


def test_drift_is_found_where_it_is(shared):
    stacks = StackSet(shared)
    stacks.create(ACCOUNTS[:2], ["eu-west-1"])
    place = stacks.instances()[ACCOUNTS[1], "eu-west-1"]
    physical = client(shared, "cloudformation", ACCOUNTS[1], "eu-west-1").describe_stack_resources(
        StackName=place["StackId"])["StackResources"][0]["PhysicalResourceId"]
    client(shared, "ssm", ACCOUNTS[1], "eu-west-1").put_parameter(Name=physical, Value="changed", Overwrite=True)
    seen = stacks.run("detect_stack_set_drift", OperationPreferences={"MaxConcurrentCount": 1})
    details = seen["StackSetDriftDetectionDetails"]
    assert details["DriftStatus"] == "DRIFTED" and details["DriftedStackInstancesCount"] == 1
    assert {a: i["DriftStatus"] for (a, _), i in stacks.instances().items()} == {
        ACCOUNTS[0]: "IN_SYNC", ACCOUNTS[1]: "DRIFTED"}
    drifts = stacks.client.list_stack_instance_resource_drifts(
        StackSetName=stacks.name, StackInstanceAccount=ACCOUNTS[1], StackInstanceRegion="eu-west-1",
        OperationId=seen["OperationId"])["Summaries"]
    assert drifts[0]["PropertyDifferences"][0]["ActualValue"] == "changed"


def test_a_stack_that_stands_is_taken_in(shared):
    standing = Stack(shared)
    standing.create({"A": parameter({"Ref": "Value"})}, VALUE)
    other = Stack(shared)
    other.create({"B": parameter("other")})
    stacks = StackSet(shared)
    good = stacks.run("import_stacks_to_stack_set", StackIds=[standing.id])
    assert good["Status"] == "SUCCEEDED"
    assert [i["StackId"] for i in stacks.instances().values()] == [standing.id]
    assert refusal(stacks.client.import_stacks_to_stack_set, StackSetName=stacks.name, StackIds=[other.id])[0] \
        == "InvalidOperationException"
    different = StackSet(shared)
    bad = different.run("import_stacks_to_stack_set", StackIds=[other.id])
    assert bad["Status"] == "FAILED"
    assert "template" in next(iter(different.results(bad).values()))["StatusReason"]
    # What was not taken in is not deleted with the set's stacks.
    account, region = next(iter(different.instances()))
    different.run("delete_stack_instances", Accounts=[account], Regions=[region], RetainStacks=False)
    assert other.status() == "CREATE_COMPLETE"
    kept = stacks.run("delete_stack_instances", Accounts=[account], Regions=[region], RetainStacks=True)
    assert kept["Status"] == "SUCCEEDED" and standing.status() == "CREATE_COMPLETE"


WAITING = {"H": {"Type": "AWS::CloudFormation::WaitConditionHandle"}, "W": {
    "Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "H"}, "Timeout": "300"}}}


def signalled(server, account, region, stack):
    cloudformation = client(server, "cloudformation", account, region)
    eventually("the handle", lambda: any(
        r["LogicalResourceId"] == "W" for r in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]))
    cloudformation.signal_resource(StackName=stack, LogicalResourceId="H", UniqueId="1", Status="SUCCESS")


def begun(server, account, region, prefix):
    """The id of the stack of that set which is being made."""
    def probe():
        found = client(server, "cloudformation", account, region).list_stacks(
            StackStatusFilter=["CREATE_IN_PROGRESS"])["StackSummaries"]
        return next((s["StackId"] for s in found if s["StackName"].startswith(prefix)), None)
    return eventually("a stack", probe)


def test_one_operation_at_a_time_and_stopping(shared):
    stacks = StackSet(shared, template(WAITING))
    first = stacks.client.create_stack_instances(
        StackSetName=stacks.name, Accounts=ACCOUNTS[:2], Regions=["eu-west-1"], OperationId="first")
    assert first["OperationId"] == "first"
    assert refusal(stacks.client.create_stack_instances, StackSetName=stacks.name, Accounts=ACCOUNTS[2:], Regions=[
        "eu-west-1"])[0] == "OperationInProgressException"
    stacks.client.stop_stack_set_operation(StackSetName=stacks.name, OperationId="first")
    stack = begun(shared, ACCOUNTS[0], "eu-west-1", f"StackSet-{stacks.name}")
    signalled(shared, ACCOUNTS[0], "eu-west-1", stack)
    assert stacks.ended(first)["Status"] == "STOPPED"
    results = stacks.results(first)
    assert results[ACCOUNTS[0], "eu-west-1"]["Status"] == "SUCCEEDED"
    assert results[ACCOUNTS[1], "eu-west-1"]["Status"] == "CANCELLED"
    assert refusal(stacks.client.create_stack_instances, StackSetName=stacks.name, Accounts=ACCOUNTS, Regions=[
        "eu-west-1"], OperationId="first")[0] == "OperationIdAlreadyExistsException"


def test_a_managed_set_queues_what_touches_the_same_stacks(shared):
    stacks = StackSet(shared, template(WAITING), ManagedExecution={"Active": True})
    first = stacks.client.create_stack_instances(StackSetName=stacks.name, Accounts=ACCOUNTS[:1], Regions=["eu-west-1"])
    second = stacks.client.update_stack_instances(StackSetName=stacks.name, Accounts=ACCOUNTS[:1], Regions=["eu-west-1"])
    other = stacks.client.create_stack_instances(StackSetName=stacks.name, Accounts=ACCOUNTS[1:2], Regions=["eu-west-1"])
    status = {o["OperationId"]: o["Status"] for o in stacks.client.list_stack_set_operations(
        StackSetName=stacks.name)["Summaries"]}
    assert status == {first["OperationId"]: "RUNNING", second["OperationId"]: "QUEUED", other["OperationId"]: "RUNNING"}
    for account in ACCOUNTS[:2]:
        signalled(shared, account, "eu-west-1", begun(shared, account, "eu-west-1", f"StackSet-{stacks.name}"))
    assert {stacks.ended(o)["Status"] for o in (first, second, other)} == {"SUCCEEDED"}


@pytest.mark.parametrize("options, code", [
    (dict(PermissionModel="SERVICE_MANAGED"), "ValidationError"),
    (dict(CallAs="DELEGATED_ADMIN"), "ValidationError"),
    (dict(AutoDeployment={"Enabled": True}), "NotImplemented"),
    (dict(TemplateBody="nonsense"), "ValidationError"),
    (dict(Parameters=[{"ParameterKey": "None", "ParameterValue": "1"}]), "ValidationError"),
    (dict(TemplateBody=template({"R": {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {}}}})), "InsufficientCapabilitiesException"),
])
def test_what_is_wrong_with_a_set_is_said_at_once(shared, options, code):
    options = dict(StackSetName=name("set"), TemplateBody=content()) | options
    assert refusal(shared.client("cloudformation").create_stack_set, **options)[0] == code


def test_names_and_tokens(shared):
    cloudformation = shared.client("cloudformation")
    wanted, token = name("set"), name("token")
    options = dict(StackSetName=wanted, TemplateBody=content(), ClientRequestToken=token)
    assert cloudformation.create_stack_set(**options)["StackSetId"] == cloudformation.create_stack_set(**options)["StackSetId"]
    assert refusal(cloudformation.create_stack_set, StackSetName=wanted, TemplateBody=content())[0] \
        == "NameAlreadyExistsException"
    for call, options in [
        (cloudformation.describe_stack_set, {}), (cloudformation.list_stack_instances, {}),
        (cloudformation.describe_stack_set_operation, {"OperationId": "x"}),
    ]:
        assert refusal(call, StackSetName="none", **options)[0] == "StackSetNotFoundException"
    assert refusal(cloudformation.describe_stack_set_operation, StackSetName=wanted, OperationId="x")[0] \
        == "OperationNotFoundException"
    assert refusal(cloudformation.update_stack_instances, StackSetName=wanted, Accounts=ACCOUNTS, Regions=[
        "eu-west-1"])[0] == "StackInstanceNotFoundException"


def test_an_operation_outlives_the_server(folder):
    from conftest import Slipway
    server = Slipway(folder / "data", "--no-auth").start()
    try:
        stacks = StackSet(server)
        accounts = [f"{n:012}" for n in range(1, 41)]
        answer = stacks.client.create_stack_instances(
            StackSetName=stacks.name, Accounts=accounts, Regions=["eu-west-1"], OperationPreferences={
                "MaxConcurrentPercentage": 50, "FailureTolerancePercentage": 100})
        eventually("some of them", lambda: any(i["Status"] == "CURRENT" for i in stacks.instances().values()))
        server.kill()
        server.start()
        stacks.client = server.client("cloudformation")
        assert stacks.ended(answer)["Status"] == "SUCCEEDED"
        assert {tuple(v) for v in stacks.values().values()} == {("1",)}
        for account in accounts:
            assert len(client(server, "ssm", account, "eu-west-1").describe_parameters()["Parameters"]) == 1
    finally:
        server.stop()


def test_two_hundred_stacks_at_once(shared):
    """They do not wait for each other: the whole takes little longer than the work itself."""
    stacks = StackSet(shared)
    accounts = [f"{n:012}" for n in range(500, 600)]
    started = time.monotonic()
    made = stacks.create(accounts, ["eu-west-1", "us-east-1"], OperationPreferences={
        "RegionConcurrencyType": "PARALLEL", "MaxConcurrentCount": 100, "FailureToleranceCount": 100})
    took = time.monotonic() - started
    assert made["Status"] == "SUCCEEDED" and len(stacks.instances()) == 200
    assert took < 60, f"{took:.1f} s"


def test_roles_are_asked_for_where_they_are_named(slipway):
    """With authentication: an account without the role is told so; with it, the stack is made as the role."""
    stacks = StackSet(slipway, ExecutionRoleName="Maker")
    account = slipway.client("sts").get_caller_identity()["Account"]
    made = stacks.create([account], ["eu-west-1"])
    assert made["Status"] == "FAILED"
    reason = next(iter(stacks.results(made).values()))["StatusReason"]
    assert reason == (f"Account {account} should have 'Maker' role with trust relationship to Role "
                      "'AWSCloudFormationStackSetAdministrationRole'.")
    iam = slipway.client("iam")
    def role(role_name, principal, *actions):
        iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}))
        iam.put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
    role("AWSCloudFormationStackSetAdministrationRole", {"Service": "cloudformation.amazonaws.com"}, "sts:AssumeRole")
    role("Maker", {"AWS": f"arn:aws:iam::{account}:root"}, "cloudformation:*")
    made = stacks.create([account], ["eu-west-1"])
    assert made["Status"] == "FAILED"
    assert "ssm:PutParameter" in next(iter(stacks.results(made).values()))["StatusReason"]
    iam.put_role_policy(RoleName="Maker", PolicyName="q", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}))
    made = stacks.create([account], ["eu-west-1"])
    assert made["Status"] == "SUCCEEDED", stacks.results(made)
