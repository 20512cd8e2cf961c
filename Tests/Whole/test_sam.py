"""The SAM CLI as its users drive it, against one server: every command that talks to AWS."""
import json
import time
import urllib.request
import uuid

import pytest

from conftest import VENV, Slipway, eventually

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
Globals:
  Function:
    Runtime: python3.11
    Timeout: 5
    Tags: {team: shop}
    Environment: {Variables: {GREETING: !Ref Greeting}}
Resources:
  Words:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer/, CompatibleRuntimes: [python3.11]}
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: one/
      Handler: app.handler
      Layers: [!Ref Words]
      FunctionUrlConfig: {AuthType: NONE}
      Policies: [AmazonS3ReadOnlyAccess, SSMParameterReadPolicy: {ParameterName: x}]
  Two:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: two/, Handler: app.handler, MemorySize: 128}
Outputs:
  Url: {Value: !GetAtt OneUrl.FunctionUrl, Description: where it is}
  Two: {Value: !Ref Two}
"""
ONE = """
import os, words
def handler(event, context):
    print("one was asked")
    return {"greeting": os.environ["GREETING"], "word": words.WORD, "name": (event or {}).get("name")}
"""
TWO = """
def handler(event, context):
    raise ValueError("two is broken")
"""


class Application:
    """A SAM application in a folder of its own, deployed once for all tests here."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.stack = f"sam-{uuid.uuid4().hex[:8]}"
        for path, text in {"template.yaml": TEMPLATE, "one/app.py": ONE, "two/app.py": TWO,
                           "layer/python/words.py": "WORD = 'layered'\n"}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    deployed = 0

    def sam(self, *command, check=True):
        return self.server.run(VENV / "sam", *command, cwd=self.folder, check=check)

    def deploy(self, *more, check=True):
        # sam names its change sets by the second, and none may have the name of the one before.
        eventually("another second", lambda: int(time.time()) != self.deployed)
        try:
            return self.sam("deploy", "--stack-name", self.stack, "--resolve-s3", "--no-progressbar",
                            "--capabilities", "CAPABILITY_IAM", *more, check=check)
        finally:
            self.deployed = int(time.time())

    def physical(self, resource):
        client = self.server.client("cloudformation")
        detail = client.describe_stack_resource(StackName=self.stack, LogicalResourceId=resource)
        return detail["StackResourceDetail"]["PhysicalResourceId"]


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("sam") / "data").start()
    application = Application(server, tmp_path_factory.mktemp("application"))
    application.deploy()
    yield application
    server.stop()


def test_what_was_deployed_runs(application):
    lambda_ = application.server.client("lambda")
    function = application.physical("One")
    answer = json.load(lambda_.invoke(FunctionName=function, Payload=b'{"name": "Ann"}')["Payload"])
    assert answer == {"greeting": "hello", "word": "layered", "name": "Ann"}
    assert lambda_.get_function(FunctionName=function)["Tags"]["team"] == "shop"
    stack = application.server.client("cloudformation").describe_stacks(StackName=application.stack)["Stacks"][0]
    url = next(o["OutputValue"] for o in stack["Outputs"] if o["OutputKey"] == "Url")
    assert json.load(urllib.request.urlopen(url))["word"] == "layered"
    role = lambda_.get_function_configuration(FunctionName=function)["Role"].split("/")[-1]
    iam = application.server.client("iam")
    attached = [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    assert set(attached) == {"AmazonS3ReadOnlyAccess", "AWSLambdaBasicExecutionRole"}
    assert len(iam.list_role_policies(RoleName=role)["PolicyNames"]) == 1


def test_the_same_again_is_no_change(application):
    again = application.deploy("--no-fail-on-empty-changeset")
    assert f"No changes to deploy. Stack {application.stack} is up to date" in again.stdout
    assert "No changes to deploy" in application.deploy("--fail-on-empty-changeset", check=False).stderr


def test_a_parameter_changes_the_functions(application):
    shown = application.deploy("--parameter-overrides", "Greeting=welcome").stdout
    assert "Successfully created/updated stack" in shown
    configuration = application.server.client("lambda").get_function_configuration(
        FunctionName=application.physical("Two"))
    assert configuration["Environment"]["Variables"]["GREETING"] == "welcome"
    application.deploy("--parameter-overrides", "Greeting=hello")


def test_remote_invoke(application):
    done = application.sam("remote", "invoke", "One", "--stack-name", application.stack, "--event", '{"name": "Bo"}')
    assert json.loads(done.stdout)["name"] == "Bo"
    assert "one was asked" in done.stderr
    failed = application.sam("remote", "invoke", "Two", "--stack-name", application.stack, check=False)
    assert "two is broken" in failed.stdout + failed.stderr
    gone = application.sam("remote", "invoke", "Three", "--stack-name", application.stack, check=False)
    assert gone.returncode != 0 and "Three" in gone.stderr


def test_logs_are_shown_and_filtered(application):
    function = application.physical("One")
    application.server.client("lambda").invoke(FunctionName=function)
    shown = eventually("the log", lambda: (
        text if "one was asked" in (text := application.sam(
            "logs", "--stack-name", application.stack, "--name", "One").stdout) else None))
    assert "REPORT RequestId" in shown
    filtered = application.sam("logs", "--stack-name", application.stack, "--name", "One", "--filter", "asked").stdout
    assert "one was asked" in filtered and "REPORT" not in filtered


def test_lists(application):
    resources = json.loads(application.sam(
        "list", "resources", "--stack-name", application.stack, "--output", "json").stdout)
    assert {"One", "Two", "OneRole", "OneUrl"} <= {r["LogicalResourceId"] for r in resources}
    outputs = json.loads(application.sam(
        "list", "stack-outputs", "--stack-name", application.stack, "--output", "json").stdout)
    assert {o["OutputKey"] for o in outputs} == {"Url", "Two"}


def test_list_of_endpoints(application):
    endpoints = json.loads(application.sam(
        "list", "endpoints", "--stack-name", application.stack, "--output", "json").stdout)
    one = next(e for e in endpoints if e["LogicalResourceId"] == "One")
    assert one["CloudEndpoint"].startswith("http")


def test_validate(application):
    assert "is a valid SAM Template" in application.sam("validate", "--region", "eu-west-1").stdout
    wrong = application.folder / "wrong.yaml"
    wrong.write_text("Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function}}\n")
    refused = application.sam("validate", "--template", wrong, "--region", "eu-west-1", check=False)
    assert refused.returncode != 0


def test_a_failed_deployment_says_why(application):
    template = application.folder / "template.yaml"
    good = template.read_text()
    template.write_text(good + "  Gone: {Value: !GetAtt Two.Nothing}\n")
    try:
        failed = application.deploy(check=False)
    finally:
        template.write_text(good)
    assert failed.returncode == 1
    assert "Nothing" in failed.stdout + failed.stderr
    application.deploy("--no-fail-on-empty-changeset")


def test_delete(application):
    """The last of this file: takes the stack and what was uploaded for it away."""
    name, application.stack = application.stack, f"{application.stack}-2"
    application.deploy()
    started = time.monotonic()
    deleted = application.sam("delete", "--stack-name", application.stack, "--no-prompts", "--region", "eu-west-1")
    assert "Deleted successfully" in deleted.stdout
    assert time.monotonic() - started < 60
    stacks = application.server.client("cloudformation").list_stacks(
        StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"])["StackSummaries"]
    assert {s["StackName"]: s["StackStatus"] for s in stacks}[application.stack] == "DELETE_COMPLETE"
    application.stack = name
    gone = application.sam("delete", "--stack-name", "nobody", "--no-prompts", "--region", "eu-west-1")
    assert "does not exist" in gone.stdout + gone.stderr
