"""Pipelines from a repository through a build: CodeCommit, CodeBuild and EventBridge around CodePipeline."""
import json

import pytest

from conftest import eventually
from pipelines import Ground, approval, kind, name, stack, stage

BUILDSPEC = """
version: 0.2
env:
  exported-variables: [GREETING]
phases:
  build:
    commands:
      - echo building $COMMIT
      - export GREETING=hello-$COMMIT
      - echo "$GREETING" > built.txt
      - test ! -f fail.txt
artifacts:
  files: [built.txt, t.json]
"""

TEMPLATE = json.dumps({
    "Parameters": {"Value": {"Type": "String"}},
    "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Value"}}}},
    "Outputs": {"Given": {"Value": {"Ref": "Value"}}}})


@pytest.fixture(scope="module")
def ground(shared):
    return Ground(shared)


class Repository:
    """A repository with one branch that is committed to through the API."""

    def __init__(self, server):
        self.client = server.client("codecommit")
        self.name = name("r")
        self.arn = self.client.create_repository(repositoryName=self.name)["repositoryMetadata"]["Arn"]
        self.head = None

    def commit(self, message, **files):
        options = {"parentCommitId": self.head} if self.head else {}
        self.head = self.client.create_commit(
            repositoryName=self.name, branchName="main", commitMessage=message, authorName="Ann", email="ann@example.com",
            putFiles=[{"filePath": path.replace("_", "."), "fileContent": text.encode()} for path, text in files.items()],
            **options)["commitId"]
        return self.head

    def source(self, **more):
        return {"name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "namespace": "Src",
                "configuration": {"RepositoryName": self.name, "BranchName": "main"} | more,
                "outputArtifacts": [{"name": "Source"}]}


def make(ground, source, *stages, **more):
    title = name("p")
    ground.client.create_pipeline(pipeline={
        "name": title, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
        "stages": [stage("Source", source), *stages]} | more)
    return title


def executions(ground, title):
    return ground.client.list_pipeline_executions(pipelineName=title)["pipelineExecutionSummaries"]


def ends(ground, title, id, within=90):
    def probe():
        found = ground.client.get_pipeline_execution(pipelineName=title, pipelineExecutionId=id)["pipelineExecution"]
        return found if found["status"] not in ("InProgress", "Stopping") else None
    return eventually(f"the end of {title}", probe, within)


def actions(ground, title, id):
    details = ground.client.list_action_executions(
        pipelineName=title, filter={"pipelineExecutionId": id})["actionExecutionDetails"]
    return {one["actionName"]: one for one in details}


def test_a_commit_starts_the_pipeline_with_that_commit(ground):
    repository = Repository(ground.server)
    first = repository.commit("one", a_txt="1")
    title = make(ground, repository.source(), stage("Gate", approval()))
    found = eventually("the source", lambda: executions(ground, title)[0]["sourceRevisions"])
    assert found[0]["revisionId"] == first and found[0]["revisionSummary"] == "one"
    second = repository.commit("two", a_txt="2")
    eventually("the second", lambda: len(executions(ground, title)) == 2 and executions(ground, title)[0]["sourceRevisions"])
    newest = executions(ground, title)[0]
    assert newest["sourceRevisions"][0]["revisionId"] == second
    variables = actions(ground, title, newest["pipelineExecutionId"])["Fetch"]["output"]["outputVariables"]
    assert variables["CommitId"] == second and variables["BranchName"] == "main" and variables["CommitMessage"].strip() == "two"
    assert variables["AuthorDate"].endswith("Z")


def test_a_rule_and_the_own_detection_start_one_execution(ground):
    repository = Repository(ground.server)
    repository.commit("one", a_txt="1")
    title = make(ground, repository.source(), stage("Gate", approval()))
    events = ground.server.client("events")
    rule = name("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.codecommit"], "resources": [repository.arn]}))
    account = repository.arn.split(":")[4]
    events.put_targets(Rule=rule, Targets=[{
        "Id": "p", "Arn": f"arn:aws:codepipeline:eu-west-1:{account}:{title}", "RoleArn": ground.role}])
    # One without detection of its own: its start shows that the rule has fired.
    quiet = make(ground, repository.source(PollForSourceChanges="false"), stage("Gate", approval()))
    events.put_targets(Rule=rule, Targets=[{
        "Id": "q", "Arn": f"arn:aws:codepipeline:eu-west-1:{account}:{quiet}", "RoleArn": ground.role}])
    repository.commit("two", a_txt="2")
    started = eventually("the rule's start", lambda: len(executions(ground, quiet)) == 2 and executions(ground, quiet)[0])
    assert started["trigger"] == {
        "triggerType": "CloudWatchEvent", "triggerDetail": f"arn:aws:events:eu-west-1:{account}:rule/{rule}"}
    eventually("the other's start", lambda: len(executions(ground, title)) >= 2)
    assert len(executions(ground, title)) == 2


@pytest.mark.parametrize("format", ["CODE_ZIP", "CODEBUILD_CLONE_REF"])
def test_from_a_commit_through_a_build_to_a_stack(ground, format):
    repository = Repository(ground.server)
    head = repository.commit("one", buildspec_yml=BUILDSPEC, t_json=TEMPLATE)
    project = name("b")
    ground.server.client("codebuild").create_project(
        name=project, source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"}, serviceRole=ground.role,
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    build = {
        "name": "Build", "actionTypeId": kind("Build", "CodeBuild"), "namespace": "B",
        "configuration": {"ProjectName": project, "EnvironmentVariables": '[{"name": "COMMIT", "value": "#{Src.CommitId}"}]'},
        "inputArtifacts": [{"name": "Source"}], "outputArtifacts": [{"name": "Built"}]}
    deploy = stack(
        "Deploy", inputs=("Built",), ActionMode="CREATE_UPDATE", StackName=name("s"), TemplatePath="Built::t.json",
        ParameterOverrides='{"Value": "#{B.GREETING}"}', RoleArn=ground.role)
    title = make(ground, repository.source(OutputArtifactFormat=format), stage("Build", build), stage("Deploy", deploy))
    id = executions(ground, title)[0]["pipelineExecutionId"]
    found = ends(ground, title, id)
    done = actions(ground, title, id)
    assert found["status"] == "Succeeded", {key: one["output"].get("executionResult") for key, one in done.items()}
    assert done["Build"]["output"]["outputVariables"]["GREETING"] == f"hello-{head}"
    assert done["Deploy"]["output"]["outputVariables"]["Given"] == f"hello-{head}"
    assert done["Build"]["output"]["executionResult"]["externalExecutionId"].startswith(f"{project}:")
    if format == "CODE_ZIP":
        repository.commit("broken", fail_txt="x")
        id = eventually("the second", lambda: len(executions(ground, title)) == 2 and executions(ground, title)[0])["pipelineExecutionId"]
        assert ends(ground, title, id)["status"] == "Failed"
        error = actions(ground, title, id)["Build"]["output"]["executionResult"]["errorDetails"]
        assert error["code"] == "JobFailed" and "BUILD" in error["message"] and "test ! -f fail.txt" in error["message"], error


def test_commands_without_a_project(ground):
    repository = Repository(ground.server)
    repository.commit("one", a_txt="1")
    commands = {
        "name": "Run", "actionTypeId": kind("Compute", "Commands"), "namespace": "C", "inputArtifacts": [{"name": "Source"}],
        "commands": ["export WORD=$(cat a.txt)-$LETTER", "echo $WORD > out.txt"], "outputVariables": ["WORD"],
        "environmentVariables": [{"name": "LETTER", "value": "#{Src.BranchName}"}],
        "outputArtifacts": [{"name": "Out", "files": ["out.txt"]}]}
    title = make(ground, repository.source(), stage("Run", commands), pipelineType="V2")
    id = executions(ground, title)[0]["pipelineExecutionId"]
    found = ends(ground, title, id)
    done = actions(ground, title, id)["Run"]["output"]
    assert found["status"] == "Succeeded", done
    assert done["outputVariables"]["WORD"] == "1-main"


def test_a_batch_and_several_inputs_and_outputs(ground):
    repository = Repository(ground.server)
    repository.commit("one", a_txt="1", buildspec_yml="""
version: 0.2
batch:
  fast-fail: false
  build-list:
    - identifier: one
    - identifier: two
phases:
  build:
    commands:
      - cat a.txt
      - cat $CODEBUILD_SRC_DIR_Other/a.txt > other.txt
artifacts:
  secondary-artifacts:
    Left:
      files: [a.txt]
    Right:
      files: [other.txt]
""")
    other = Repository(ground.server)
    other.commit("other", a_txt="2")
    project = name("b")
    ground.server.client("codebuild").create_project(
        name=project, source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"}, serviceRole=ground.role,
        buildBatchConfig={"serviceRole": ground.role},
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    second = other.source() | {"name": "More", "namespace": "More", "outputArtifacts": [{"name": "Other"}]}

    def build(title, outputs, **more):
        return {"name": title, "actionTypeId": kind("Build", "CodeBuild"),
                "configuration": {"ProjectName": project, "PrimarySource": "Source"} | more,
                "inputArtifacts": [{"name": "Source"}, {"name": "Other"}],
                "outputArtifacts": [{"name": one} for one in outputs]}
    put = {"name": "Put", "actionTypeId": kind("Deploy", "S3"), "inputArtifacts": [{"name": "Right"}],
           "configuration": {"BucketName": ground.artifacts, "Extract": "true", "ObjectKey": project}}
    title = name("p")
    ground.client.create_pipeline(pipeline={
        "name": title, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
        "stages": [stage("Source", repository.source(), second), stage("Build", build("Build", ["Left", "Right"])),
                   stage("Put", put), stage("Batch", build("Batch", [], BatchEnabled="true"))]})
    id = executions(ground, title)[0]["pipelineExecutionId"]
    found = ends(ground, title, id)
    done = actions(ground, title, id)
    assert found["status"] == "Succeeded", {key: one["output"].get("executionResult") for key, one in done.items()}
    assert ground.s3.get_object(Bucket=ground.artifacts, Key=f"{project}/other.txt")["Body"].read() == b"2"
    assert len(found["artifactRevisions"]) == 2
