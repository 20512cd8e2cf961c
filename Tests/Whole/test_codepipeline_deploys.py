"""What pipelines do less often: CodeDeploy, other regions, automatic rollbacks, connections, templates, full and closed stores."""
import concurrent.futures
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

import botocore.exceptions
import pytest
import requests

from conftest import Slipway, eventually, zipped
from pipelines import Ground, Pipeline, Worker, approval, job, kind, name, refusal, stack, stage
from stacks import Stack
from test_connections import TOKEN, GitHost, Repository, connection, desk, git


@pytest.fixture(scope="module")
def ground(shared):
    return Ground(shared)


def second(pipeline):
    """The execution that the second upload started."""
    return eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]


def error(pipeline, id, action):
    return pipeline.actions(id)[action]["output"]["executionResult"]["errorDetails"]


# CodeDeploy

class Deploying:
    """A function with two versions, an alias at the first, and a deployment group."""

    def __init__(self, ground):
        server = ground.server
        self.lambda_, codedeploy = server.client("lambda"), server.client("codedeploy")
        self.function, self.application = name("f"), name("a")
        for version in (1, 2):
            code = zipped(app_py=f"def handler(e, c): return {version}")
            if version == 1:
                self.lambda_.create_function(
                    FunctionName=self.function, Runtime="python3.11", Handler="app.handler", Role=ground.role, Code={"ZipFile": code})
            else:
                self.lambda_.update_function_code(FunctionName=self.function, ZipFile=code)
            self.lambda_.get_waiter("function_updated_v2").wait(FunctionName=self.function, WaiterConfig={"Delay": 0.1})
            self.lambda_.publish_version(FunctionName=self.function)
        self.lambda_.create_alias(FunctionName=self.function, Name="live", FunctionVersion="1")
        codedeploy.create_application(applicationName=self.application, computePlatform="Lambda")
        codedeploy.create_deployment_group(
            applicationName=self.application, deploymentGroupName="g", serviceRoleArn=ground.role,
            deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
            deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"})

    def appspec(self, target="2", **more):
        return json.dumps({"version": 0.0, "Resources": [{"f": {
            "Type": "AWS::Lambda::Function", "Properties": {
                "Name": self.function, "Alias": "live", "CurrentVersion": "1", "TargetVersion": target}}}], **more})

    def action(self, **configuration):
        return {"name": "Shift", "actionTypeId": kind("Deploy", "CodeDeploy"), "inputArtifacts": [{"name": "Source"}],
                "configuration": {"ApplicationName": self.application, "DeploymentGroupName": "g"} | configuration}

    def version(self):
        return self.lambda_.get_alias(FunctionName=self.function, Name="live")["FunctionVersion"]


def test_an_appspec_in_the_artifact_is_deployed(ground):
    deploying = Deploying(ground)
    pipeline = Pipeline(ground, stage("Deploy", deploying.action()), start=False)
    pipeline.upload("x", **{"appspec.yml": deploying.appspec()})
    id = second(pipeline)
    pipeline.becomes(id, "Succeeded", within=60)
    assert deploying.version() == "2"
    result = pipeline.actions(id)["Shift"]["output"]["executionResult"]
    deployment = ground.server.client("codedeploy").get_deployment(deploymentId=result["externalExecutionId"])["deploymentInfo"]
    assert deployment["status"] == "Succeeded" and deployment["applicationName"] == deploying.application


def test_deployments_that_fail_say_why(ground):
    deploying = Deploying(ground)
    pipeline = Pipeline(ground, stage("Deploy", deploying.action()))
    pipeline.becomes(pipeline.first, "Failed")
    assert "none of appspec.yml" in error(pipeline, pipeline.first, "Shift")["message"]

    hook = ground.lambda_function("def handler(event, context):\n    raise RuntimeError('the shop is closed')\n")
    other = Pipeline(ground, stage("Deploy", deploying.action()), start=False)
    other.upload("x", **{"appspec.yaml": deploying.appspec(Hooks=[{"BeforeAllowTraffic": hook}])})
    id = second(other)
    other.becomes(id, "Failed", within=60)
    told = error(other, id, "Shift")
    assert told["message"].startswith("Deployment d-") and deploying.version() == "1"
    shown = other.view(id)["stages"][1]["actions"][0]["error"]
    assert "the shop is closed" in json.dumps(shown), shown

    missing = Pipeline(ground, stage("Deploy", deploying.action(DeploymentGroupName="nobody")), start=False)
    missing.upload("x", **{"appspec.json": deploying.appspec()})
    id = second(missing)
    missing.becomes(id, "Failed")
    assert error(missing, id, "Shift")["code"] == "DeploymentGroupDoesNotExistException"


# Other regions

def test_an_action_of_another_region_reads_and_writes_there(ground):
    far = ground.server.client("s3", region="us-west-2")
    store = name("far")
    far.create_bucket(Bucket=store, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    project, title = name("b"), name("s")
    ground.server.client("codebuild", region="us-west-2").create_project(
        name=project, source={"type": "CODEPIPELINE", "buildspec": json.dumps({
            "version": 0.2, "phases": {"build": {"commands": ["cat text.txt", "echo $AWS_REGION >region.txt"]}},
            "artifacts": {"files": ["region.txt", "t.json"]}})},
        artifacts={"type": "CODEPIPELINE"}, serviceRole=ground.role,
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    build = {"name": "Build", "actionTypeId": kind("Build", "CodeBuild"), "region": "us-west-2", "runOrder": 1,
             "configuration": {"ProjectName": project}, "inputArtifacts": [{"name": "Source"}], "outputArtifacts": [{"name": "Built"}]}
    there = stack("There", ["Built"], ActionMode="CREATE_UPDATE", StackName=title, TemplatePath="Built::t.json", RoleArn=ground.role)
    here = stack("Here", ["Built"], ActionMode="CREATE_UPDATE", StackName=title, TemplatePath="Built::t.json", RoleArn=ground.role)
    stores = {"eu-west-1": {"type": "S3", "location": ground.artifacts}, "us-west-2": {"type": "S3", "location": store}}
    pipeline = Pipeline(ground, stage("Build", build), stage("Deploy", there | {"region": "us-west-2"}, here),
                        start=False, artifactStore=None, artifactStores=stores)
    pipeline.upload("carried over", **{"t.json": json.dumps({"Resources": {"P": {
        "Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "AWS::Region"}}}}})})
    id = second(pipeline)
    pipeline.becomes(id, "Succeeded", within=90)
    done = pipeline.actions(id)
    assert done["Fetch"]["output"]["outputArtifacts"][0]["s3location"]["bucket"] == ground.artifacts
    assert done["Build"]["output"]["outputArtifacts"][0]["s3location"]["bucket"] == store
    assert done["Build"]["input"]["region"] == "us-west-2"
    for region in ("eu-west-1", "us-west-2"):
        found = ground.server.client("cloudformation", region=region).describe_stack_resources(StackName=title)
        parameter = found["StackResources"][0]["PhysicalResourceId"]
        assert ground.server.client("ssm", region=region).get_parameter(Name=parameter)["Parameter"]["Value"] == region
    # A region without a store is refused before anything runs.
    broken = pipeline.client.get_pipeline(name=pipeline.name)["pipeline"]
    del broken["artifactStores"]["us-west-2"]
    assert refusal(pipeline.client.update_pipeline, pipeline=broken) == "InvalidStructureException"


# Automatic rollback

def test_a_failed_stage_goes_back_to_the_newest_good_execution_by_itself(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    ship = stage("Ship", job("Put", provider, inputArtifacts=[{"name": "Source"}]), onFailure={"result": "ROLLBACK"})
    pipeline = Pipeline(ground, ship, stage("Gate", approval()), pipelineType="V2")
    worker.succeed()
    pipeline.approve(pipeline.token())
    pipeline.becomes(pipeline.first, "Succeeded")
    # The second is good as well, and waits behind the stage: it is alive.
    pipeline.upload("two")
    good = worker.succeed()["data"]["inputArtifacts"][0]
    middle = second(pipeline)
    pipeline.inside("Gate", middle)
    pipeline.upload("three")
    worker.fail(message="it does not fly")
    again = worker.take("the rollback's job")
    assert again["data"]["inputArtifacts"][0]["revision"] == good["revision"]
    worker.succeed(again)
    back = next(one for one in pipeline.executions() if one["executionType"] == "ROLLBACK")
    pipeline.becomes(back["pipelineExecutionId"], "Succeeded")
    found = pipeline.execution(back["pipelineExecutionId"])
    bad = next(one for one in pipeline.executions() if one["status"] == "Failed")
    assert found["rollbackMetadata"]["rollbackTargetPipelineExecutionId"] == middle
    assert found["trigger"]["triggerType"] == "AutomatedRollback" and bad["pipelineExecutionId"] in found["trigger"]["triggerDetail"]
    assert pipeline.state("Ship")["latestExecution"]["type"] == "ROLLBACK"
    # The one behind the stage goes on as if nothing had been.
    pipeline.approve(pipeline.token())
    pipeline.becomes(middle, "Succeeded")
    # A rollback that fails is not rolled back again.
    pipeline.upload("four")
    worker.fail()
    worker.fail(worker.take("the second rollback's job"))
    eventually("the end", lambda: all(one["status"] != "InProgress" for one in pipeline.executions()))
    assert len([one for one in pipeline.executions() if one["executionType"] == "ROLLBACK"]) == 2


def test_without_a_good_execution_there_is_nothing_to_go_back_to(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    pipeline = Pipeline(
        ground, stage("Ship", job("Put", provider), onFailure={"result": "ROLLBACK"}), pipelineType="V2")
    worker.fail()
    pipeline.becomes(pipeline.first, "Failed")
    assert len(pipeline.executions()) == 1


# Connections

BUILDSPEC = """
version: 0.2
env: {exported-variables: [DEPTH]}
phases:
  build:
    commands:
      - cat app.txt
      - export DEPTH=$(git rev-list --count HEAD 2>/dev/null || echo none)
"""


def pushed(url, secret, repository, commit, before, files):
    body = json.dumps({
        "ref": "refs/heads/main", "before": before, "after": commit, "deleted": False, "created": False, "forced": False,
        "repository": {"full_name": repository, "clone_url": "http://x/r.git", "html_url": "http://x/r"},
        "sender": {"id": 7, "login": "ana"}, "pusher": {"name": "ana"},
        "head_commit": {"id": commit, "message": "pushed", "author": {"name": "Ana", "email": "ana@example.com"}},
        "commits": [{"id": commit, "message": "pushed", "added": files, "modified": [], "removed": [],
                     "author": {"name": "Ana", "email": "ana@example.com"}}]}).encode()
    answer = requests.post(url, data=body, headers={
        "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": name("d"),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()})
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


@pytest.mark.parametrize("format, depth", [("CODE_ZIP", "none"), ("CODEBUILD_CLONE_REF", "2")])
def test_a_push_at_a_host_starts_the_pipeline_with_that_commit(ground, folder, format, depth):
    root = folder / "git"
    root.mkdir()
    host = GitHost(root)
    repository = Repository(root, "team/app")
    (repository.work / "buildspec.yml").write_text(BUILDSPEC)
    first = repository.commit("app.txt", "one\n", "first")
    arn = connection(ground.server)
    hook = desk(ground.server, "AuthorizeConnection", connectionArn=arn, cloneBaseURL=host.url, username="ana", token=TOKEN)["output"]
    project = name("b")
    ground.server.client("codebuild").create_project(
        name=project, source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"}, serviceRole=ground.role,
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    title = name("p")
    source = {"name": "Fetch", "actionTypeId": kind("Source", "CodeStarSourceConnection"), "namespace": "Src",
              "configuration": {"ConnectionArn": arn, "FullRepositoryId": "team/app", "BranchName": "main",
                                "OutputArtifactFormat": format}, "outputArtifacts": [{"name": "Source"}]}
    build = {"name": "Build", "actionTypeId": kind("Build", "CodeBuild"), "inputArtifacts": [{"name": "Source"}],
             "configuration": {"ProjectName": project}}
    ground.client.create_pipeline(pipeline={
        "name": title, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
        "stages": [stage("Source", source), stage("Build", build)]})

    def newest(count):
        found = ground.client.list_pipeline_executions(pipelineName=title)["pipelineExecutionSummaries"]
        return found[0] if len(found) == count and found[0]["status"] not in ("InProgress",) else None

    def actions(id):
        details = ground.client.list_action_executions(
            pipelineName=title, filter={"pipelineExecutionId": id})["actionExecutionDetails"]
        return {one["actionName"]: one for one in details}
    begun = eventually("the first end", lambda: newest(1), within=90)
    assert begun["status"] == "Succeeded", actions(begun["pipelineExecutionId"])
    assert begun["sourceRevisions"][0]["revisionId"] == first
    commit = repository.commit("app.txt", "two\n", "second")
    assert pushed(hook["webhookURL"], hook["webhookSecret"], "team/app", commit, first, ["app.txt"]) == 1
    found = eventually("the push's end", lambda: newest(2), within=90)
    done = actions(found["pipelineExecutionId"])
    assert found["status"] == "Succeeded", done
    assert found["trigger"] == {"triggerType": "WebhookV2", "triggerDetail": arn}
    assert found["sourceRevisions"][0]["revisionId"] == commit
    assert json.loads(found["sourceRevisions"][0]["revisionSummary"]) == {"ProviderType": "GitHub", "CommitMessage": "second"}
    variables = done["Fetch"]["output"]["outputVariables"]
    assert (variables["CommitId"], variables["BranchName"], variables["FullRepositoryName"]) == (commit, "main", "team/app")
    assert done["Build"]["output"]["outputVariables"]["DEPTH"] == depth
    # Another branch is not this pipeline's.
    repository.commit("x.txt", "x", branch="other")
    host.server.shutdown()
    host.server.server_close()
    failed = ground.client.start_pipeline_execution(name=title)["pipelineExecutionId"]
    eventually("it fails", lambda: newest(3), within=60)
    told = actions(failed)["Fetch"]["output"]["executionResult"]["errorDetails"]
    assert "team/app" in told["message"] and TOKEN not in json.dumps(told), told


def test_a_host_that_never_answers_holds_nobody_up(folder):
    """The server stops at once although git waits, and takes the source up again at the next start."""
    server = Slipway(folder / "data", "--no-auth").start()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        asked = []

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    asked.append(deaf.accept())
        threading.Thread(target=listen, daemon=True).start()
        try:
            ground = Ground(server)
            arn = connection(server)
            desk(server, "AuthorizeConnection", connectionArn=arn, cloneBaseURL=f"http://127.0.0.1:{deaf.getsockname()[1]}")
            title = name("p")
            source = {"name": "Fetch", "actionTypeId": kind("Source", "CodeStarSourceConnection"),
                      "configuration": {"ConnectionArn": arn, "FullRepositoryId": "team/app", "BranchName": "main"},
                      "outputArtifacts": [{"name": "Source"}]}
            ground.client.create_pipeline(pipeline={
                "name": title, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
                "stages": [stage("Source", source), stage("Gate", approval())]})
            eventually("git asks", lambda: asked)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 0
            assert subprocess.run(["pgrep", "-f", f"{server.folder}/connections"], capture_output=True).returncode == 1
            count = len(asked)
            server.start()
            eventually("git asks again", lambda: len(asked) > count)
            execution = ground.client.list_pipeline_executions(pipelineName=title)["pipelineExecutionSummaries"][0]
            assert execution["status"] == "InProgress"
            ground.client.stop_pipeline_execution(
                pipelineName=title, pipelineExecutionId=execution["pipelineExecutionId"], abandon=True)
        finally:
            server.stop()


def test_a_connection_is_used_as_the_pipelines_role(folder):
    server = Slipway(folder / "data").start()
    try:
        ground = Ground(server)
        root = folder / "git"
        Repository(pathlib.Path(root), "team/app").commit("a.txt", "1")
        arn = connection(server)
        server.slipway("connection", "authorize", arn, "--url", root)
        title = name("p")
        source = {"name": "Fetch", "actionTypeId": kind("Source", "CodeStarSourceConnection"),
                  "configuration": {"ConnectionArn": arn, "FullRepositoryId": "team/app", "BranchName": "main"},
                  "outputArtifacts": [{"name": "Source"}]}
        role = ground.role.split("/")[-1]
        iam = server.client("iam")
        rules = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(rules))
        ground.client.create_pipeline(pipeline={
            "name": title, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
            "stages": [stage("Source", source), stage("Gate", approval())]})

        def state():
            return ground.client.get_pipeline_state(name=title)["stageStates"][0].get("latestExecution", {}).get("status")
        eventually("the refusal", lambda: state() == "Failed")
        details = ground.client.list_action_executions(pipelineName=title)["actionExecutionDetails"]
        told = details[0]["output"]["executionResult"]["errorDetails"]["message"]
        assert "codeconnections:UseConnection" in told and arn in told, told
        rules["Statement"].append({"Effect": "Allow", "Action": "codeconnections:UseConnection", "Resource": arn})
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(rules))
        ground.client.start_pipeline_execution(name=title)
        eventually("the source", lambda: state() == "Succeeded")
    finally:
        server.stop()


# Templates

def test_webhooks_and_custom_actions_are_made_from_templates(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()), polls="false")
    provider, title = name("worker"), name("h")

    def resources(branch="object/{S3ObjectKey}", **more):
        return {
            "Hook": {"Type": "AWS::CodePipeline::Webhook", "Properties": {
                "Name": title, "TargetPipeline": pipeline.name, "TargetAction": "Fetch", "TargetPipelineVersion": 1,
                "Authentication": "GITHUB_HMAC", "AuthenticationConfiguration": {"SecretToken": "s3cret"},
                "Filters": [{"JsonPath": "$.ref", "MatchEquals": branch}]}},
            "Worker": {"Type": "AWS::CodePipeline::CustomActionType", "Properties": {
                "Category": "Test", "Provider": provider, "Version": "1",
                "ConfigurationProperties": [{"Name": "Lane", "Key": "true", "Required": True, "Secret": False, "Queryable": True,
                                             "Type": "String"}],
                "InputArtifactDetails": {"MinimumCount": 0, "MaximumCount": "1"},
                "OutputArtifactDetails": {"MinimumCount": 0, "MaximumCount": 0},
                "Settings": {"EntityUrlTemplate": "https://ci.example.com/{Config:Lane}",
                             "ExecutionUrlTemplate": "https://ci.example.com/{ExternalExecutionId}"},
                "Tags": [{"Key": "team", "Value": "blue"}]}}} | more
    made = Stack(ground.server).create(resources(), top={"Outputs": {
        "Url": {"Value": {"Fn::GetAtt": ["Hook", "Url"]}}, "Hook": {"Value": {"Ref": "Hook"}}, "Type": {"Value": {"Ref": "Worker"}}}})
    outputs = made.outputs()
    assert outputs["Hook"] == title
    found = next(one for one in ground.client.list_webhooks()["webhooks"] if one["definition"]["name"] == title)
    assert found["url"] == outputs["Url"] and found["definition"]["filters"] == [
        {"jsonPath": "$.ref", "matchEquals": "object/{S3ObjectKey}"}]

    def post(ref):
        body = json.dumps({"ref": ref}).encode()
        return requests.post(outputs["Url"], data=body, headers={
            "X-Hub-Signature-256": "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()})
    assert "pipelineExecutionId" in post(f"object/{pipeline.key}").text
    assert "does not pass" in post("object/other").text
    made.update(resources("other"))
    assert "pipelineExecutionId" in post("other").text

    # The type is there for pipelines, and for workers.
    worker = Worker(ground, provider)
    other = Pipeline(ground, stage("Test", job("A", provider, configuration={"Lane": "left"})))
    found = worker.take()
    assert found["data"]["actionConfiguration"]["configuration"] == {"Lane": "left"}
    worker.succeed(found, executionDetails={"externalExecutionId": "77", "summary": "ok"})
    other.becomes(other.first, "Succeeded")
    state = other.state("Test")["actionStates"][0]
    assert state["entityUrl"] == "https://ci.example.com/left"
    assert state["latestExecution"]["externalExecutionUrl"] == "https://ci.example.com/77"
    lanes = job("A", provider, configuration={"Road": "left"})
    broken = other.declaration | {"name": name("p"), "stages": [other.declaration["stages"][0], stage("Test", lanes)]}
    assert refusal(ground.client.create_pipeline, pipeline=broken) == "InvalidActionDeclarationException"
    ground.client.delete_pipeline(name=other.name)
    made.delete()
    assert title not in [one["definition"]["name"] for one in ground.client.list_webhooks()["webhooks"]]
    assert requests.post(outputs["Url"], data=b"{}").status_code == 404
    types = ground.client.list_action_types(actionOwnerFilter="Custom")["actionTypes"]
    assert provider not in [one["id"]["provider"] for one in types]


# Stores that take nothing

def test_a_closed_or_missing_store_fails_the_action_with_its_name(slipway):
    ground = Ground(slipway)
    title = ground.role.split("/")[-1]
    slipway.client("iam").put_role_policy(RoleName=title, PolicyName="closed", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{ground.artifacts}/*"}]}))
    pipeline = Pipeline(ground, stage("Gate", approval()))
    pipeline.becomes(pipeline.first, "Failed")
    told = error(pipeline, pipeline.first, "Fetch")
    assert told["code"] == "AccessDenied" and "s3:PutObject" in told["message"] and ground.artifacts in told["message"], told
    slipway.client("iam").delete_role_policy(RoleName=title, PolicyName="closed")
    ground.s3.delete_bucket(Bucket=ground.artifacts)
    id = pipeline.start()
    pipeline.becomes(id, "Failed")
    told = error(pipeline, id, "Fetch")
    assert told["code"] == "NoSuchBucket", told
    # A store that is back is used again, by a retry of the same execution.
    ground.s3.create_bucket(Bucket=ground.artifacts, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    pipeline.client.retry_stage_execution(
        pipelineName=pipeline.name, stageName="Source", pipelineExecutionId=id, retryMode="FAILED_ACTIONS")
    pipeline.approve(pipeline.token())
    pipeline.becomes(id, "Succeeded")


def mounted(path, size):
    """A small disk at that path; None where this user may make none."""
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], capture_output=True)
    return path if done.returncode == 0 else None


def test_a_full_disk_stops_nobody_for_ever(folder):
    disk = mounted(folder / "disk", "96m")
    if disk is None:
        pytest.skip("only root can mount a small disk")
    server = Slipway(disk / "data", "--no-auth").start()
    try:
        ground = Ground(server)
        put = {"name": "Put", "actionTypeId": kind("Deploy", "S3"), "inputArtifacts": [{"name": "Source"}],
               "configuration": {"BucketName": ground.artifacts, "Extract": "true", "ObjectKey": "site"}}
        pipeline = Pipeline(ground, stage("Deploy", put), polls="false")
        pipeline.becomes(pipeline.first, "Succeeded")
        ground.s3.put_object(Bucket=ground.sources, Key=pipeline.key, Body=zipped(big=os.urandom(6 << 20).hex()))
        free = os.statvfs(disk)
        filler = disk / "filler"
        filler.write_bytes(b"x" * (free.f_bavail * free.f_frsize - (8 << 20)))
        id = pipeline.start()
        pipeline.becomes(id, "Failed")
        told = error(pipeline, id, "Put")
        assert told["code"] == "InsufficientStorage", told
        # The server lives, and says the same to others.
        assert refusal(ground.s3.put_object, Bucket=ground.sources, Key="k", Body=os.urandom(20 << 20)) == "InsufficientStorage"
        filler.unlink()
        # Once there is room again the same execution goes on.
        pipeline.client.retry_stage_execution(
            pipelineName=pipeline.name, stageName="Deploy", pipelineExecutionId=id, retryMode="FAILED_ACTIONS")
        pipeline.becomes(id, "Succeeded")
        assert ground.s3.head_object(Bucket=ground.artifacts, Key="site/big")["ContentLength"] == 12 << 20
    finally:
        server.stop()
        subprocess.run(["umount", "-l", disk], check=True)


# Approvals and edits at the same time

def test_of_many_answers_to_an_approval_one_counts(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()))
    token = pipeline.token()

    def answer(number):
        try:
            pipeline.approve(token, "Approved" if number % 2 else "Rejected")
            return "Approved" if number % 2 else "Rejected"
        except botocore.exceptions.ClientError as failure:
            return failure.response["Error"]["Code"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answer, range(8)))
    counted = [one for one in answers if one in ("Approved", "Rejected")]
    assert len(counted) == 1 and answers.count("ApprovalAlreadyCompletedException") == 7, answers
    pipeline.becomes(pipeline.first, "Succeeded" if counted == ["Approved"] else "Failed")


def test_a_stage_that_is_edited_or_removed_while_it_runs(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    pipeline = Pipeline(ground, stage("One", job("A", provider)), stage("Two", approval("X")))
    held = worker.take()

    def remove(declaration):
        declaration["stages"] = [declaration["stages"][0], stage("Two", approval("Y"))]
    pipeline.update(remove)
    assert [one["stageName"] for one in pipeline.client.get_pipeline_state(name=pipeline.name)["stageStates"]] == ["Source", "Two"]
    # What runs ends under the old structure, then the new one holds.
    worker.succeed(held)
    pipeline.inside("Two", pipeline.first)
    pipeline.approve(pipeline.token("Two", "Y"), title="Two", action="Y")
    pipeline.becomes(pipeline.first, "Succeeded")
    assert pipeline.actions(pipeline.first)["A"]["pipelineVersion"] == 1
    assert pipeline.actions(pipeline.first)["Y"]["pipelineVersion"] == 2


def test_a_pipeline_that_is_deleted_while_it_runs(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    pipeline = Pipeline(ground, stage("One", job("A", provider)), stage("Two", approval("X")))
    held = worker.take()
    ground.client.delete_pipeline(name=pipeline.name)
    assert refusal(ground.client.get_pipeline_state, name=pipeline.name) == "PipelineNotFoundException"
    assert refusal(ground.client.put_job_success_result, jobId=held["id"]) == "JobNotFoundException"
    assert worker.poll() is None
    # A new one of that name has nothing of the old one.
    ground.client.create_pipeline(pipeline=pipeline.declaration)
    assert len(pipeline.executions()) == 1 and pipeline.executions()[0]["pipelineExecutionId"] != pipeline.first
    again = worker.take()
    assert again["id"] != held["id"]
    worker.succeed(again)
