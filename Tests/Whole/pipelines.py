"""A pipeline as the tests drive it: its role, its buckets, its declaration, and a job worker."""
import json
import uuid

import botocore.exceptions
import pytest

from conftest import eventually, zipped

TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["codepipeline.amazonaws.com", "lambda.amazonaws.com", "cloudformation.amazonaws.com",
                              "codebuild.amazonaws.com", "events.amazonaws.com"]}}]}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def kind(category, provider, owner="AWS"):
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


def approval(title="Approve", **more):
    return {"name": title, "actionTypeId": kind("Approval", "Manual")} | more


def function(title, target, **more):
    return {"name": title, "actionTypeId": kind("Invoke", "Lambda"), "configuration": {"FunctionName": target}} | more


def job(title, provider, **more):
    return {"name": title, "actionTypeId": kind("Test", provider, "Custom")} | more


def stack(title, inputs=("Source",), **configuration):
    return {"name": title, "actionTypeId": kind("Deploy", "CloudFormation"),
            "inputArtifacts": [{"name": one} for one in inputs], "configuration": configuration}


def stage(title, *actions, **more):
    return {"name": title, "actions": list(actions)} | more


class Ground:
    """What every pipeline stands on: a role, a versioned bucket for sources, a bucket for artifacts."""

    def __init__(self, server):
        self.server = server
        self.client = server.client("codepipeline")
        self.s3 = server.client("s3")
        iam = server.client("iam")
        title = name("role")
        self.role = iam.create_role(RoleName=title, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=title, PolicyName="all", PolicyDocument=json.dumps(ALL))
        self.sources, self.artifacts = name("sources"), name("artifacts")
        for bucket in (self.sources, self.artifacts):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.s3.put_bucket_versioning(Bucket=self.sources, VersioningConfiguration={"Status": "Enabled"})

    def custom(self, **more):
        provider = name("w")
        self.client.create_custom_action_type(
            category="Test", provider=provider, version="1",
            inputArtifactDetails={"minimumCount": 0, "maximumCount": 1},
            outputArtifactDetails={"minimumCount": 0, "maximumCount": 1}, **more)
        return provider

    def lambda_function(self, code):
        title = name("f")
        client = self.server.client("lambda")
        client.create_function(
            FunctionName=title, Runtime="python3.11", Handler="app.handler", Role=self.role, Timeout=30,
            Code={"ZipFile": zipped(app_py=code)})
        client.get_waiter("function_active_v2").wait(FunctionName=title, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return title


class Pipeline:
    """A pipeline of stages behind an S3 source."""

    def __init__(self, ground, *stages, start=True, **more):
        self.ground, self.client = ground, ground.client
        self.name = name("p")
        self.key = f"{self.name}.zip"
        if start:
            self.upload("first")
        polls = more.pop("polls", "true")
        source = {
            "name": "Fetch", "actionTypeId": kind("Source", "S3"), "namespace": "Src",
            "configuration": {"S3Bucket": ground.sources, "S3ObjectKey": self.key, "PollForSourceChanges": polls},
            "outputArtifacts": [{"name": "Source"}]}
        self.declaration = {
            "name": self.name, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
            "stages": [stage("Source", source), *stages]} | more
        self.declaration = {member: value for member, value in self.declaration.items() if value is not None}
        self.client.create_pipeline(pipeline=self.declaration)
        self.first = self.executions()[0]["pipelineExecutionId"]

    def upload(self, text, **files):
        files = {"text.txt": text} | files
        body = zipped(**files)
        return self.ground.s3.put_object(Bucket=self.ground.sources, Key=self.key, Body=body)["VersionId"]

    def start(self, **options):
        return self.client.start_pipeline_execution(name=self.name, **options)["pipelineExecutionId"]

    def executions(self):
        return self.client.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]

    def execution(self, id):
        return self.client.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=id)["pipelineExecution"]

    def status(self, id):
        return self.execution(id)["status"]

    def becomes(self, id, status, within=30):
        return eventually(f"{status} of {self.name}", lambda: self.status(id) == status or self.unless_over(id, status), within)

    def unless_over(self, id, status):
        now = self.status(id)
        if now in ("Succeeded", "Failed", "Stopped", "Superseded", "Cancelled") and now != status:
            raise AssertionError(f"{now}, not {status}: {json.dumps(self.view(id), default=str)[:3000]}")
        return now == status

    def state(self, title):
        states = self.client.get_pipeline_state(name=self.name)["stageStates"]
        return next(one for one in states if one["stageName"] == title)

    def inside(self, title, id, within=20):
        """Waits until the stage works on that execution."""
        def probe():
            latest = self.state(title).get("latestExecution")
            return latest and latest["pipelineExecutionId"] == id
        return eventually(f"{id} in {title}", probe, within)

    def waits(self, title, id, within=20):
        def probe():
            return self.state(title).get("inboundExecution", {}).get("pipelineExecutionId") == id
        return eventually(f"{id} before {title}", probe, within)

    def actions(self, id):
        details = self.client.list_action_executions(
            pipelineName=self.name, filter={"pipelineExecutionId": id})["actionExecutionDetails"]
        return {one["actionName"]: one for one in reversed(details)}

    def token(self, title="Gate", action="Approve"):
        def probe():
            found = [one for one in self.state(title)["actionStates"] if one["actionName"] == action]
            return found and found[0].get("latestExecution", {}).get("token")
        return eventually(f"token of {action}", probe)

    def approve(self, token, status="Approved", title="Gate", action="Approve"):
        return self.client.put_approval_result(
            pipelineName=self.name, stageName=title, actionName=action, token=token,
            result={"summary": "seen", "status": status})

    def view(self, id):
        import urllib.request
        body = json.dumps({"input": {"pipelineName": self.name, "executionId": id}}).encode()
        url = f"{self.ground.server.endpoint}/_slipway/api/slipway-codepipeline/ViewExecution"
        headers = {"Content-Type": "application/json", "Authorization": FAKE, "X-Amz-Date": "20260101T000000Z"}
        answer = urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers))
        return json.loads(answer.read())["output"]

    def update(self, edit):
        declaration = self.client.get_pipeline(name=self.name)["pipeline"]
        edit(declaration)
        return self.client.update_pipeline(pipeline=declaration)["pipeline"]


FAKE = ("AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/codepipeline/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=" + "0" * 64)

# A function answers its job over plain HTTP: the server of these tests accepts anyone.
ANSWER = '''
import json, os, urllib.request

def call(operation, body):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"], data=json.dumps(body).encode(),
        headers={"X-Amz-Target": "CodePipeline_20150709." + operation, "Content-Type": "application/x-amz-json-1.1",
                 "Authorization": "%s", "X-Amz-Date": "20260101T000000Z"})
    return urllib.request.urlopen(request).read()
''' % FAKE


class Worker:
    """A job worker for one custom action type."""

    def __init__(self, ground, provider):
        self.client = ground.client
        self.type = kind("Test", provider, "Custom")

    def poll(self):
        jobs = self.client.poll_for_jobs(actionTypeId=self.type)["jobs"]
        return jobs[0] if jobs else None

    def take(self, what="a job"):
        """The next job, acknowledged."""
        found = eventually(what, self.poll)
        self.client.acknowledge_job(jobId=found["id"], nonce=found["nonce"])
        return found

    def succeed(self, found=None, **options):
        found = found or self.take()
        self.client.put_job_success_result(jobId=found["id"], **options)
        return found

    def fail(self, found=None, message="it broke"):
        found = found or self.take()
        self.client.put_job_failure_result(jobId=found["id"], failureDetails={"type": "JobFailed", "message": message})
        return found
