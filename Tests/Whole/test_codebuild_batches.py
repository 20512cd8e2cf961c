"""Batches of builds: the role that starts them, and the hosts that do."""
import hmac
import json
import urllib.request

import pytest

from builds import TRUST, Builds
from conftest import Slipway, eventually

SPEC = """
    version: 0.2
    batch: {build-list: [{identifier: one}, {identifier: two}]}
    phases: {build: {commands: ["echo $CODEBUILD_BATCH_BUILD_IDENTIFIER"]}}
    """


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("batches") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def builds(server):
    return Builds(server)


def over(builds, id):
    def probe():
        batch = builds.api.batch_get_build_batches(ids=[id])["buildBatches"][0]
        return batch if batch["complete"] else None
    return eventually(f"the end of {id}", probe, 90)


def start(builds, project, **more):
    return over(builds, builds.api.start_build_batch(projectName=project, **more)["buildBatch"]["id"])


def said(batch):
    return " ".join(c["message"] for p in batch["phases"] for c in p.get("contexts", []) if c.get("message"))


def test_a_batch_starts_its_builds_as_its_own_role(builds, server):
    iam = server.client("iam")
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    project = builds.project("as-role", SPEC, buildBatchConfig={"serviceRole": role})
    refused = start(builds, "as-role")
    assert refused["buildBatchStatus"] == "FAILED"
    assert "codebuild:StartBuild" in said(refused) and project["arn"] in said(refused), said(refused)
    assert builds.api.list_builds_for_project(projectName="as-role")["ids"] == []

    iam.put_role_policy(RoleName="batch", PolicyName="start", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "codebuild:StartBuild", "Resource": project["arn"]}]}))
    done = start(builds, "as-role")
    assert done["buildBatchStatus"] == "SUCCEEDED", said(done)
    # The builds themselves run as the project's role, and say who asked for the batch.
    child = builds.get(done["buildGroups"][0]["currentBuildSummary"]["arn"])
    assert child["serviceRole"] == builds.role and child["buildBatchArn"] == done["arn"]
    assert child["initiator"] == done["initiator"]

    stranger = iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(TRUST).replace(
        "codebuild", "lambda"))["Role"]["Arn"]
    for other in (stranger, stranger + "-none"):
        batch = start(builds, "as-role", buildBatchConfigOverride={"serviceRole": other})
        assert batch["buildBatchStatus"] == "FAILED"
        assert f"cannot assume the batch service role {other}" in said(batch), said(batch)


def test_nobody_else_starts_a_build_of_a_batch(builds, server):
    builds.project("inner", SPEC, buildBatchConfig={"serviceRole": builds.role})
    batch = start(builds, "inner")
    account = batch["arn"].split(":")[4]
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    body = json.dumps({"input": {"projectName": "inner", "batch": {
        "key": f"{account}/eu-west-1/{batch['id']}", "identifier": "one", "attempt": 9}}})
    request = botocore.awsrequest.AWSRequest(
        "POST", f"{server.endpoint}/_slipway/api/codebuild/StartBuild", data=body, headers={"Content-Type": "application/json"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(*server.credentials), "slipway", "eu-west-1").add_auth(request)
    prepared = request.prepare()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(
            prepared.url, data=body.encode(), headers=dict(prepared.headers), method="POST")).read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    assert b"InvalidInputException" in answer and b"CodeBuild's own" in answer, answer


def test_a_delivery_that_comes_twice_starts_one_batch(builds):
    builds.project("hooked", source={
        "type": "GITHUB", "location": f"{builds.server.endpoint}/v1/repos/none"}, spec=SPEC,
        buildBatchConfig={"serviceRole": builds.role})
    hook = builds.api.create_webhook(projectName="hooked", buildType="BUILD_BATCH", filterGroups=[
        [{"type": "EVENT", "pattern": "PUSH"}]])["webhook"]

    def push(delivery):
        commit = {"id": "a" * 40, "message": "m", "added": [], "modified": [], "removed": [],
                  "author": {"name": "n", "email": "e"}}
        body = json.dumps({
            "ref": "refs/heads/main", "before": "b" * 40, "after": "a" * 40, "commits": [commit], "head_commit": commit,
            "repository": {"full_name": "o/r", "clone_url": "http://x/o/r.git", "html_url": "http://x/o/r"},
            "sender": {"id": 7, "login": "me"}, "pusher": {"name": "me"}}).encode()
        request = urllib.request.Request(hook["payloadUrl"], data=body, headers={
            "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": "sha256=" + hmac.new(hook["secret"].encode(), body, "sha256").hexdigest()})
        return json.load(urllib.request.urlopen(request))["builds"]

    def batches():
        return builds.api.list_build_batches_for_project(projectName="hooked")["ids"]

    assert push("d-1") == 1 and push("d-1") == 1
    assert len(batches()) == 1
    builds.server.kill()
    builds.server.start()
    assert push("d-1") == 1 and len(batches()) == 1
    assert push("d-2") == 1 and len(batches()) == 2
    # A secret of a project that has another webhook now opens nothing.
    builds.api.delete_webhook(projectName="hooked")
    with pytest.raises(urllib.error.HTTPError) as error:
        push("d-3")
    assert error.value.code == 404
