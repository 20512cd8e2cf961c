"""CodePipeline as its users drive it: boto3 over sockets, real buckets, functions and stacks."""
import json
import random
import urllib.error
import urllib.request

import pytest

from conftest import Slipway, eventually, zipped
from pipelines import (
    ANSWER, FAKE, Ground, Pipeline, Worker, approval, function, job, kind, name, refusal, stack, stage)


@pytest.fixture(scope="module")
def ground(shared):
    return Ground(shared)


def template(value):
    return json.dumps({
        "Parameters": {"Value": {"Type": "String", "Default": value}},
        "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Value"}}}},
        "Outputs": {"Name": {"Value": {"Ref": "P"}}, "Given": {"Value": {"Ref": "Value"}}}})


# The declaration

def test_a_round_trip_changes_only_the_version(ground):
    pipeline = Pipeline(ground, stage("Gate", approval(configuration={"CustomData": "look"})))
    got = pipeline.client.get_pipeline(name=pipeline.name)
    assert got["metadata"]["pipelineArn"].endswith(f":{pipeline.name}")
    before = got["pipeline"]
    assert {key: before[key] for key in pipeline.declaration} == pipeline.declaration
    after = pipeline.client.update_pipeline(pipeline=before)["pipeline"]
    assert after.pop("version") == 2 and before.pop("version") == 1
    assert after == before
    old = pipeline.client.get_pipeline(name=pipeline.name, version=1)["pipeline"]
    assert old.pop("version") == 1 and old == before
    assert refusal(pipeline.client.get_pipeline, name=pipeline.name, version=9) == "PipelineVersionNotFoundException"
    assert pipeline.name in [one["name"] for one in pipeline.client.list_pipelines()["pipelines"]]


def test_refusals_at_declaration(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()))
    create = pipeline.client.create_pipeline
    assert refusal(create, pipeline=pipeline.declaration) == "PipelineNameInUseException"
    other = pipeline.declaration | {"name": name("p")}
    assert refusal(create, pipeline=other | {"stages": other["stages"][:1]}) == "InvalidStructureException"
    first = other | {"pipelineType": "V1"}
    assert refusal(create, pipeline=first | {"executionMode": "QUEUED"}) == "InvalidStructureException"
    assert refusal(create, pipeline=first | {"variables": [{"name": "A"}]}) == "InvalidStructureException"
    gated = [other["stages"][0], other["stages"][1] | {"onFailure": {"result": "ROLLBACK"}}]
    assert refusal(create, pipeline=first | {"stages": gated}) == "InvalidStageDeclarationException"
    ecs = {"name": "X", "actionTypeId": kind("Deploy", "ECS"), "inputArtifacts": [{"name": "Source"}],
           "configuration": {"ClusterName": "c", "ServiceName": "s"}}
    assert refusal(create, pipeline=other | {"stages": other["stages"] + [stage("Run", ecs)]}) == "NotImplemented"
    assert refusal(pipeline.client.get_pipeline_state, name="nobody") == "PipelineNotFoundException"
    pipeline.client.delete_pipeline(name=pipeline.name)
    pipeline.client.delete_pipeline(name=pipeline.name)  # of one that is gone: no error
    assert refusal(pipeline.client.get_pipeline, name=pipeline.name) == "PipelineNotFoundException"


# Executions that meet

def test_three_quick_changes_superseded(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()), stage("After", approval("Again")))
    first = pipeline.first
    token = pipeline.token()
    pipeline.upload("two")
    second = eventually("the second", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])
    pipeline.waits("Gate", second["pipelineExecutionId"])
    version = pipeline.upload("three")
    third = eventually("the third", lambda: len(pipeline.executions()) == 3 and pipeline.executions()[0])
    pipeline.becomes(second["pipelineExecutionId"], "Superseded")
    pipeline.waits("Gate", third["pipelineExecutionId"])
    assert third["trigger"]["triggerType"] == "PollForSourceChanges"
    pipeline.approve(token)
    pipeline.inside("Gate", third["pipelineExecutionId"])
    pipeline.inside("After", first)
    revision = pipeline.execution(third["pipelineExecutionId"])["artifactRevisions"][0]
    assert revision["revisionId"] == version and revision["name"] == "Source"


def test_queued_waits_in_order_and_parallel_overlaps(ground):
    queued = Pipeline(ground, stage("Gate", approval()), executionMode="QUEUED", pipelineType="V2")
    token = queued.token()
    second, third = queued.start(), queued.start()
    eventually("both wait", lambda: [
        one["pipelineExecutionId"] for one in queued.state("Gate").get("inboundExecutions", [])] == [second, third])
    queued.approve(token)
    queued.inside("Gate", second)
    assert queued.status(third) == "InProgress"

    parallel = Pipeline(ground, stage("Gate", approval()), executionMode="PARALLEL", pipelineType="V2")
    ids = [parallel.first, parallel.start()]

    def tokens():
        found = [parallel.actions(id).get("Approve", {}).get("output", {}).get("executionResult", {}) for id in ids]
        return all(found) and [one["externalExecutionId"] for one in found]
    one, two = eventually("both at the gate", tokens)
    assert "latestExecution" not in parallel.state("Gate")
    parallel.approve(two)
    parallel.becomes(ids[1], "Succeeded")
    assert parallel.status(ids[0]) == "InProgress"
    parallel.approve(one)
    parallel.becomes(ids[0], "Succeeded")


def test_a_disabled_transition_lets_only_the_newer_in(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()), start=False)
    pipeline.becomes(pipeline.first, "Failed")  # there is nothing to fetch yet
    pipeline.client.disable_stage_transition(
        pipelineName=pipeline.name, stageName="Gate", transitionType="Inbound", reason="frozen")
    inbound = pipeline.state("Gate")["inboundTransitionState"]
    assert inbound["enabled"] is False and inbound["disabledReason"] == "frozen"
    pipeline.upload("one")
    # The newest is the first, failed one until the change has begun another.
    older = eventually("one more", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    pipeline.waits("Gate", older)
    newer = pipeline.start()
    pipeline.becomes(older, "Superseded")
    pipeline.waits("Gate", newer)
    pipeline.client.enable_stage_transition(pipelineName=pipeline.name, stageName="Gate", transitionType="Inbound")
    pipeline.inside("Gate", newer)
    assert pipeline.state("Gate")["inboundTransitionState"]["enabled"] is True


def test_ten_quick_source_changes(ground):
    """Every one starts an execution; the last one arrives, and none is lost."""
    pipeline = Pipeline(ground, stage("Gate", approval()))
    pipeline.approve(pipeline.token())
    pipeline.becomes(pipeline.first, "Succeeded")
    versions = [pipeline.upload(f"change {number}") for number in range(10)]
    eventually("ten executions", lambda: len(pipeline.executions()) == 11)

    def settled():
        found = pipeline.executions()[:10]
        busy = [one for one in found if one["status"] == "InProgress"]
        return len(busy) <= 2 and found[0]["sourceRevisions"] and found
    found = eventually("the dust settles", settled)
    assert found[0]["sourceRevisions"][0]["revisionId"] == versions[-1]
    assert {one["status"] for one in found} <= {"InProgress", "Superseded"}


# Failure, retry, stop

def test_a_stage_fails_when_its_siblings_have_ended_and_is_retried(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    pipeline = Pipeline(ground, stage("Test", job("A", provider), job("B", provider)))
    pipeline.inside("Test", pipeline.first)
    jobs = [worker.take(), worker.take()]
    jobs.sort(key=lambda one: one["data"]["pipelineContext"]["action"]["name"])
    worker.fail(jobs[0], "no such luck")
    assert pipeline.state("Test")["latestExecution"]["status"] == "InProgress"
    worker.succeed(jobs[1])
    pipeline.becomes(pipeline.first, "Failed")
    states = {one["actionName"]: one["latestExecution"] for one in pipeline.state("Test")["actionStates"]}
    assert states["A"]["errorDetails"] == {"code": "JobFailed", "message": "no such luck"}
    assert states["B"]["status"] == "Succeeded"
    arguments = {"pipelineName": pipeline.name, "stageName": "Test", "pipelineExecutionId": pipeline.first}
    assert refusal(pipeline.client.retry_stage_execution, **(arguments | {"stageName": "Nope"}), retryMode="FAILED_ACTIONS") == \
        "StageNotFoundException"
    pipeline.client.retry_stage_execution(**arguments, retryMode="FAILED_ACTIONS")
    assert refusal(pipeline.client.retry_stage_execution, **arguments, retryMode="FAILED_ACTIONS") == "StageNotRetryableException"
    again = worker.succeed()
    assert again["data"]["pipelineContext"]["action"]["name"] == "A"
    pipeline.becomes(pipeline.first, "Succeeded")
    kept = {one["actionName"]: one["latestExecution"] for one in pipeline.state("Test")["actionStates"]}
    assert kept["B"]["actionExecutionId"] == states["B"]["actionExecutionId"]
    assert kept["A"]["actionExecutionId"] != states["A"]["actionExecutionId"]
    assert pipeline.state("Test")["retryStageMetadata"]["manualStageRetryAttempt"] == 1


def test_stop_and_wait_then_abandon(ground):
    provider = ground.custom()
    pipeline = Pipeline(ground, stage("Test", job("A", provider), approval("B", runOrder=2)))
    worker = Worker(ground, provider)
    found = worker.take()
    stop = {"pipelineName": pipeline.name, "pipelineExecutionId": pipeline.first}
    pipeline.client.stop_pipeline_execution(**stop, reason="enough")
    assert pipeline.status(pipeline.first) == "Stopping"
    assert refusal(pipeline.client.stop_pipeline_execution, **stop) == "DuplicatedStopRequestException"
    worker.succeed(found)
    pipeline.becomes(pipeline.first, "Stopped")
    assert pipeline.executions()[0]["stopTrigger"]["reason"] == "enough"
    assert refusal(pipeline.client.stop_pipeline_execution, **stop) == "PipelineExecutionNotStoppableException"
    second = pipeline.start()
    worker.take()
    pipeline.client.stop_pipeline_execution(pipelineName=pipeline.name, pipelineExecutionId=second, abandon=True)
    pipeline.becomes(second, "Stopped")
    assert pipeline.actions(second)["A"]["status"] == "Abandoned"


# Approvals

def test_approvals(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()), stage("Next", approval("Last")))
    token = pipeline.token()
    wrong = "00000000-0000-4000-8000-000000000000"
    arguments = {"pipelineName": pipeline.name, "stageName": "Gate", "actionName": "Approve",
                 "result": {"summary": "", "status": "Approved"}}
    put = pipeline.client.put_approval_result
    assert refusal(put, token=wrong, **arguments) == "InvalidApprovalTokenException"

    def rename(declaration):
        declaration["stages"][1]["name"] = "Portal"
    pipeline.update(rename)
    assert put(token=token, **arguments)["approvedAt"]
    assert refusal(put, token=token, **arguments) == "ApprovalAlreadyCompletedException"
    last = pipeline.token("Next", "Last")
    pipeline.approve(last, "Rejected", "Next", "Last")
    pipeline.becomes(pipeline.first, "Failed")
    where = arguments | {"stageName": "Next", "actionName": "Last"}
    assert refusal(put, token=last, **where) == "ApprovalAlreadyCompletedException"
    # Nobody decides a gate by its token under the name of another.
    assert refusal(put, token=last, **arguments) == "StageNotFoundException"
    assert refusal(put, token=last, **where | {"actionName": "Approve"}) == "ActionNotFoundException"
    detail = pipeline.actions(pipeline.first)["Last"]
    assert detail["updatedBy"] and detail["output"]["executionResult"]["errorDetails"]["message"] == "seen"


# Variables and stacks

def test_stacks_in_every_mode(ground):
    title = name("s")
    common = {"StackName": title, "Capabilities": "CAPABILITY_IAM,CAPABILITY_NAMED_IAM", "RoleArn": ground.role}
    override = '{"Value": "#{Src.VersionId}"}'
    pipeline = Pipeline(
        ground,
        stage("Create", stack("Make", ActionMode="CREATE_UPDATE", TemplatePath="Source::t.json",
                              ParameterOverrides=override, OutputFileName="out.json", **common)
              | {"namespace": "Made", "outputArtifacts": [{"name": "Out"}]}),
        stage("Same", stack("Again", ActionMode="CREATE_UPDATE", TemplatePath="Source::t.json",
                            ParameterOverrides='{"Value": {"Fn::GetParam": ["Out", "out.json", "Given"]}}',
                            inputs=("Source", "Out"), **common)),
        stage("Change", stack("Set", ActionMode="CHANGE_SET_REPLACE", ChangeSetName="c", TemplatePath="Source::t.json",
                              ParameterOverrides=override, **common),
              {"name": "Execute", "runOrder": 2, "actionTypeId": kind("Deploy", "CloudFormation"),
               "configuration": {"ActionMode": "CHANGE_SET_EXECUTE", "StackName": title, "ChangeSetName": "c"}}),
        stage("Gate", approval(configuration={"CustomData": "made #{Made.Name}"})),
        stage("Remove", {"name": "Delete", "actionTypeId": kind("Deploy", "CloudFormation"), "configuration": {
            "ActionMode": "DELETE_ONLY", "StackName": title, "RoleArn": ground.role}}),
        start=False)
    version = pipeline.upload("x", **{"t.json": template("none")})
    id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    eventually("the gate", lambda: "Approve" in pipeline.actions(id) or pipeline.unless_over(id, "Succeeded"), within=60)
    made = pipeline.actions(id)
    assert made["Make"]["output"]["outputVariables"]["Given"] == version
    assert made["Make"]["input"]["resolvedConfiguration"]["ParameterOverrides"] == json.dumps({"Value": version})
    assert made["Again"]["output"]["executionResult"]["externalExecutionSummary"] == "No updates are to be performed."
    assert "no changes" in made["Set"]["output"]["executionResult"]["externalExecutionSummary"]
    assert made["Execute"]["status"] == "Succeeded"
    found = pipeline.view(id)["stages"][4]["actions"][0]
    assert found["approval"]["customData"].startswith("made CFN-P-") or found["approval"]["customData"].startswith("made ")
    pipeline.approve(pipeline.token())
    pipeline.becomes(id, "Succeeded", within=60)
    assert ground.server.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]


def test_a_failed_stack_says_which_resource_and_why(ground):
    broken = json.dumps({"Resources": {
        "Good": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}},
        "Bad": {"Type": "AWS::SSM::Parameter", "DependsOn": "Good", "Properties": {
            "Type": "String", "Value": "1", "Name": "aws-forbidden"}}}})
    pipeline = Pipeline(ground, stage("Deploy", stack(
        "Make", ActionMode="CREATE_UPDATE", StackName=name("s"), TemplatePath="Source::t.json", RoleArn=ground.role)), start=False)
    pipeline.upload("x", **{"t.json": broken})
    id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    pipeline.becomes(id, "Failed", within=60)
    error = pipeline.actions(id)["Make"]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "JobFailed" and "Bad (AWS::SSM::Parameter)" in error["message"], error


# Rollback

def test_rollback_to_an_older_execution(ground):
    provider = ground.custom()
    worker = Worker(ground, provider)
    pipeline = Pipeline(ground, stage("Ship", job("Put", provider, inputArtifacts=[{"name": "Source"}])), stage("End", approval("Z")))
    one = worker.succeed()["data"]["inputArtifacts"][0]
    pipeline.approve(pipeline.token("End", "Z"), title="End", action="Z")
    pipeline.becomes(pipeline.first, "Succeeded")
    pipeline.upload("two")
    two = worker.succeed()["data"]["inputArtifacts"][0]
    assert two["revision"] != one["revision"]
    arguments = {"pipelineName": pipeline.name, "targetPipelineExecutionId": pipeline.first}
    roll = pipeline.client.rollback_stage
    assert refusal(roll, stageName="Source", **arguments) == "UnableToRollbackStageException"
    assert refusal(roll, stageName="Ship", pipelineName=pipeline.name, targetPipelineExecutionId="00000000-0000-4000-8000-000000000000") \
        == "PipelineExecutionNotFoundException"
    candidates = pipeline.client.list_pipeline_executions(
        pipelineName=pipeline.name, filter={"succeededInStage": {"stageName": "Ship"}})["pipelineExecutionSummaries"]
    assert pipeline.first in [found["pipelineExecutionId"] for found in candidates]
    back = roll(stageName="Ship", **arguments)["pipelineExecutionId"]
    again = worker.succeed()["data"]["inputArtifacts"][0]
    assert again["revision"] == one["revision"] and again["location"] == one["location"]
    pipeline.becomes(back, "Succeeded")
    found = pipeline.execution(back)
    assert found["executionType"] == "ROLLBACK" and found["trigger"]["triggerType"] == "ManualRollback"
    assert found["rollbackMetadata"]["rollbackTargetPipelineExecutionId"] == pipeline.first
    pipeline.update(lambda declaration: declaration["stages"].append(stage("More", approval("M"))))
    assert refusal(roll, stageName="Ship", **arguments) == "PipelineExecutionOutdatedException"


# Jobs

COUNTING = ANSWER + '''
def handler(event, context):
    job = event["CodePipeline.job"]
    rounds = int(job["data"].get("continuationToken", "0"))
    parameters = job["data"]["actionConfiguration"]["configuration"].get("UserParameters", "")
    if parameters == "die":
        raise ValueError("out of coffee")
    if rounds < 2:
        call("PutJobSuccessResult", {"jobId": job["id"], "continuationToken": str(rounds + 1)})
    else:
        call("PutJobSuccessResult", {"jobId": job["id"], "outputVariables": {"rounds": str(rounds), "given": parameters}})
'''


def test_functions_with_continuations_and_without_answers(ground):
    target = ground.lambda_function(COUNTING)
    call = function("Call", target, namespace="F")
    call["configuration"] |= {"UserParameters": "#{Src.ObjectKey}"}
    pipeline = Pipeline(ground, stage("Work", call), stage("Gate", approval(configuration={"CustomData": "#{F.rounds}"})))
    pipeline.token()
    variables = pipeline.actions(pipeline.first)["Call"]["output"]["outputVariables"]
    assert variables == {"rounds": "2", "given": pipeline.key}
    dying = function("Call", target)
    dying["configuration"] |= {"UserParameters": "die"}
    other = Pipeline(ground, stage("Work", dying))
    other.becomes(other.first, "Failed")
    error = other.actions(other.first)["Call"]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "JobFailed" and "out of coffee" in error["message"]


def test_job_workers_race_for_a_job(ground):
    provider = ground.custom(configurationProperties=[
        {"name": "Lane", "required": True, "key": True, "secret": False, "queryable": True},
        {"name": "Password", "required": False, "key": False, "secret": True}])
    pipeline = Pipeline(ground, stage("Test", job("A", provider, configuration={"Lane": "left", "Password": "hush"})))
    worker = Worker(ground, provider)
    client = worker.client
    pipeline.inside("Test", pipeline.first)
    assert client.poll_for_jobs(actionTypeId=worker.type, queryParam={"Lane": "right"})["jobs"] == []
    found = eventually("the job", lambda: client.poll_for_jobs(
        actionTypeId=worker.type, queryParam={"Lane": "left"})["jobs"])[0]
    assert found["data"]["actionConfiguration"]["configuration"]["Password"] == "hush"
    assert found["data"]["artifactCredentials"]["sessionToken"]
    assert client.poll_for_jobs(actionTypeId=worker.type)["jobs"] == []  # handed out a moment ago
    assert refusal(client.put_job_success_result, jobId=found["id"]) == "InvalidJobStateException"
    assert refusal(client.acknowledge_job, jobId=found["id"], nonce="1") == "InvalidNonceException"
    assert client.acknowledge_job(jobId=found["id"], nonce=found["nonce"])["status"] == "InProgress"
    client.put_job_success_result(jobId=found["id"], continuationToken="again", executionDetails={"percentComplete": 50})
    second = worker.take("the next round")
    assert second["id"] != found["id"] and second["data"]["continuationToken"] == "again"
    client.put_job_success_result(jobId=second["id"], executionDetails={"externalExecutionId": "X9", "summary": "done"})
    assert refusal(client.put_job_success_result, jobId=second["id"]) == "InvalidJobStateException"
    pipeline.becomes(pipeline.first, "Succeeded")
    detail = pipeline.actions(pipeline.first)["A"]
    assert detail["output"]["executionResult"]["externalExecutionId"] == "X9"
    assert detail["input"]["configuration"]["Password"] == "****"
    shown = client.get_pipeline(name=pipeline.name)["pipeline"]
    assert shown["stages"][1]["actions"][0]["configuration"] == {"Lane": "left", "Password": "****"}
    client.update_pipeline(pipeline=shown)
    pipeline.start()
    assert worker.take()["data"]["actionConfiguration"]["configuration"]["Password"] == "hush"


# Editing, starting, watching

def test_an_edit_holds_from_the_next_stage_on(ground):
    pipeline = Pipeline(ground, stage("Gate", approval()), stage("Old", approval("X")))
    token = pipeline.token()

    def edit(declaration):
        declaration["stages"][2] = stage("New", approval("Y"))
    pipeline.update(edit)
    pipeline.approve(token)
    pipeline.inside("New", pipeline.first)
    assert pipeline.execution(pipeline.first)["pipelineVersion"] == 2
    pipeline.approve(pipeline.token("New", "Y"), title="New", action="Y")
    pipeline.becomes(pipeline.first, "Succeeded")


def test_starting_with_variables_revisions_and_tokens(ground):
    pipeline = Pipeline(
        ground, stage("Gate", approval(configuration={"CustomData": "#{variables.Place} #{codepipeline.PipelineExecutionId}"})),
        pipelineType="V2", executionMode="QUEUED", variables=[{"name": "Place", "defaultValue": "here"}])
    first = pipeline.ground.s3.list_object_versions(Bucket=ground.sources, Prefix=pipeline.key)["Versions"][0]["VersionId"]
    pipeline.upload("two")
    token = name("t")
    override = [{"actionName": "Fetch", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": first}]
    id = pipeline.start(
        variables=[{"name": "Place", "value": "there"}], clientRequestToken=token, sourceRevisions=override)
    assert pipeline.start(clientRequestToken=token) == id
    assert pipeline.execution(id)["variables"] == [{"name": "Place", "resolvedValue": "there"}]
    start = pipeline.client.start_pipeline_execution
    assert refusal(start, name=pipeline.name, variables=[{"name": "Nope", "value": "x"}]) == "ValidationException"
    eventually("its source", lambda: pipeline.execution(id)["artifactRevisions"])
    assert pipeline.execution(id)["artifactRevisions"][0]["revisionId"] == first
    for _ in range(60):
        view = pipeline.view(id)
        custom = view["stages"][1]["actions"][0].get("approval", {}).get("customData")
        if custom:
            break
        current = pipeline.token()
        pipeline.approve(current)
        eventually("the next", lambda: pipeline.state("Gate")["actionStates"][0]["latestExecution"].get("token") != current)
    assert custom == f"there {id}"


def test_stage_conditions(ground):
    def rule(value):
        return {"name": "Check", "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
                "configuration": {"Variable": "#{Src.ObjectKey}", "Value": value, "Operator": "MATCHES"}}
    pipeline = Pipeline(
        ground, stage("Skipped", approval("S"), beforeEntry={"conditions": [{"result": "SKIP", "rules": [rule("nothing")]}]}),
        stage("Gate", approval(), beforeEntry={"conditions": [{"result": "FAIL", "rules": [rule(r"p-.*\.zip")]}]}),
        pipelineType="V2")
    pipeline.approve(pipeline.token())
    pipeline.becomes(pipeline.first, "Succeeded")
    assert pipeline.state("Skipped")["latestExecution"]["status"] == "Skipped"
    condition = pipeline.state("Gate")["beforeEntryConditionState"]
    assert condition["latestExecution"]["status"] == "Succeeded"
    rules = pipeline.client.list_rule_executions(pipelineName=pipeline.name)["ruleExecutionDetails"]
    assert [one["status"] for one in rules] == ["Succeeded", "Failed"]
    assert refusal(pipeline.client.override_stage_condition, pipelineName=pipeline.name, stageName="Gate",
                   pipelineExecutionId=pipeline.first, conditionType="BEFORE_ENTRY") == "ConditionNotOverridableException"


def test_files_into_a_bucket(ground):
    deploy = {"name": "Put", "actionTypeId": kind("Deploy", "S3"), "inputArtifacts": [{"name": "Source"}],
              "configuration": {"BucketName": ground.artifacts, "Extract": "true", "ObjectKey": "site"}}
    pipeline = Pipeline(ground, stage("Deploy", deploy), start=False)
    pipeline.upload("hello", index_html="<p>")
    id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    pipeline.becomes(id, "Succeeded")
    found = ground.s3.get_object(Bucket=ground.artifacts, Key="site/text.txt")
    assert found["Body"].read() == b"hello" and found["ContentType"] == "text/plain"


def test_webhooks(ground):
    import hashlib
    import hmac
    pipeline = Pipeline(ground, stage("Gate", approval()), polls="false")
    webhook = {"name": name("h"), "targetPipeline": pipeline.name, "targetAction": "Fetch", "authentication": "GITHUB_HMAC",
               "authenticationConfiguration": {"SecretToken": "s3cret"},
               "filters": [{"jsonPath": "$.ref", "matchEquals": "object/{S3ObjectKey}"}]}
    made = pipeline.client.put_webhook(webhook=webhook)["webhook"]
    assert made["definition"]["authenticationConfiguration"]["SecretToken"] == "****"

    def post(body, secret=b"s3cret"):
        proof = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(made["url"], data=body, headers={"X-Hub-Signature-256": proof})
        return urllib.request.urlopen(request).read()
    right = json.dumps({"ref": f"object/{pipeline.key}"}).encode()
    with pytest.raises(urllib.error.HTTPError) as error:
        post(right, b"wrong")
    assert error.value.code == 403
    post(json.dumps({"ref": "other"}).encode())
    assert len(pipeline.executions()) == 1
    id = json.loads(post(right))["pipelineExecutionId"]
    assert pipeline.execution(id)["trigger"] == {"triggerType": "Webhook", "triggerDetail": made["arn"]}
    bad = webhook | {"filters": [{"jsonPath": "ref"}]}
    assert refusal(pipeline.client.put_webhook, webhook=bad) == "InvalidWebhookFilterPatternException"
    pipeline.client.delete_webhook(name=webhook["name"])


def test_a_pipeline_in_a_template(ground):
    from stacks import Stack
    title = name("p")
    source = {"Name": "Fetch", "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": 1},
              "Configuration": {"S3Bucket": ground.sources, "S3ObjectKey": title, "PollForSourceChanges": False},
              "OutputArtifacts": [{"Name": "Source"}], "RunOrder": 1}
    gate = {"Name": "Gate", "Actions": [{
        "Name": "Approve", "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"}}]}

    def resources(*more):
        return {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {
            "Name": title, "RoleArn": ground.role, "ArtifactStore": {"Type": "S3", "Location": ground.artifacts},
            "Stages": [{"Name": "Source", "Actions": [source]}, gate, *more],
            "DisableInboundStageTransitions": [{"StageName": "Gate", "Reason": "not yet"}],
            "Tags": [{"Key": "team", "Value": "blue"}]}}}
    one = Stack(ground.server).create(resources(), top={"Outputs": {"V": {"Value": {"Fn::GetAtt": ["P", "Version"]}}}})
    assert one.physical("P") == title
    found = ground.client.get_pipeline(name=title)["pipeline"]
    assert found["stages"][0]["actions"][0]["configuration"]["PollForSourceChanges"] == "false"
    state = ground.client.get_pipeline_state(name=title)["stageStates"][1]
    assert state["inboundTransitionState"]["enabled"] is False
    one.update(resources({**gate, "Name": "More"}))
    assert ground.client.get_pipeline(name=title)["pipeline"]["version"] == 2
    one.delete()
    assert refusal(ground.client.get_pipeline, name=title) == "PipelineNotFoundException"


def test_events_in_order(ground):
    """The one log has every change of status, and EventBridge's shape."""
    pipeline = Pipeline(ground, stage("Gate", approval()))
    pipeline.approve(pipeline.token())
    pipeline.becomes(pipeline.first, "Succeeded")
    view = pipeline.view(pipeline.first)
    assert view["place"] == {"kind": "over"} and view["status"] == "Succeeded"
    assert [one["status"] for one in view["stages"]] == ["Succeeded", "Succeeded"]
    source = view["stages"][0]["actions"][0]
    assert source["revision"]["revisionId"] == view["revisions"][0]["revisionId"]


# A power cut at any moment

ONCE = ANSWER + '''
def handler(event, context):
    job = event["CodePipeline.job"]
    call("PutJobSuccessResult", {"jobId": job["id"], "outputVariables": {"job": job["id"]}})
'''


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_moment_every_action_has_its_effect_once(folder, seed):
    server = Slipway(folder / "data", "--no-auth").start()
    chance = random.Random(seed)
    try:
        ground = Ground(server)
        target = ground.lambda_function(ONCE)
        title = name("s")
        pipeline = Pipeline(
            ground, stage("Work", function("Call", target)),
            stage("Deploy", stack("Make", ActionMode="CREATE_UPDATE", StackName=title, TemplatePath="Source::t.json",
                                  ParameterOverrides='{"Value": "#{Src.VersionId}"}', RoleArn=ground.role)),
            stage("Gate", approval()), start=False)
        pipeline.becomes(pipeline.first, "Failed")
        version = pipeline.upload("x", **{"t.json": template("none")})
        waiting = __import__("threading").Event()
        for _ in range(4):
            waiting.wait(chance.random() * 0.6)  # the moment of the cut, by the seed
            server.kill()
            server.start()
        id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
        eventually("the gate", lambda: "Approve" in pipeline.actions(id) or pipeline.unless_over(id, "Succeeded"), within=60)
        server.kill()
        server.start()
        pipeline.approve(pipeline.token())
        pipeline.becomes(id, "Succeeded")
        details = pipeline.client.list_action_executions(
            pipelineName=pipeline.name, filter={"pipelineExecutionId": id})["actionExecutionDetails"]
        assert sorted(one["actionName"] for one in details) == ["Approve", "Call", "Fetch", "Make"]
        assert pipeline.execution(id)["artifactRevisions"][0]["revisionId"] == version
        events = ground.server.client("cloudformation").describe_stack_events(StackName=title)["StackEvents"]
        begun = [one for one in events if one["ResourceStatus"] == "CREATE_IN_PROGRESS" and one["LogicalResourceId"] == title]
        assert len(begun) == 1
        assert len(pipeline.executions()) == 2
    finally:
        server.stop()


# Rights

LEAVE = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:GetBucketVersioning", "s3:PutObject"], "Resource": "*"},
    {"Effect": "Allow", "Resource": "*", "Action": [
        "cloudformation:CreateStack", "cloudformation:DescribeStacks", "cloudformation:DeleteStack", "cloudformation:UpdateStack",
        "iam:PassRole", "ssm:PutParameter", "ssm:AddTagsToResource", "ssm:GetParameter*"]}]}


def test_a_pipeline_does_what_its_role_may(slipway):
    """With signatures checked and policies judged: the rights that AWS documents for such a role are enough, and needed."""
    ground = Ground(slipway)
    iam = slipway.client("iam")
    title = ground.role.split("/")[-1]
    iam.put_role_policy(RoleName=title, PolicyName="all", PolicyDocument=json.dumps(LEAVE))
    pipeline = Pipeline(
        ground, stage("Deploy", stack("Make", ActionMode="CREATE_UPDATE", StackName=name("s"), TemplatePath="Source::t.json")),
        start=False)
    pipeline.becomes(pipeline.first, "Failed")
    pipeline.upload("x", **{"t.json": template("none")})
    id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    eventually("its end", lambda: pipeline.status(id) not in ("InProgress",))
    assert pipeline.status(id) == "Succeeded", pipeline.actions(id)
    iam.delete_role_policy(RoleName=title, PolicyName="all")
    id = pipeline.start()
    pipeline.becomes(id, "Failed")
    error = pipeline.actions(id)["Fetch"]["output"]["executionResult"]["errorDetails"]
    assert "AccessDenied" in error["message"] or "403" in error["message"], error
    stranger = pipeline.declaration | {"name": name("p"), "roleArn": ground.role + "-other"}
    assert refusal(pipeline.client.create_pipeline, pipeline=stranger) == "InvalidStructureException"
