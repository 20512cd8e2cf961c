#!/usr/bin/env python3
"""From the end of `git push` to the first build command, and to production, against the same work done by hand.

    Benchmarks/pipeline.py [RUNS]      7 pushes unless told otherwise

The pipeline: source from CodeCommit, a build of one empty command, a stack for staging, a stack for production. By hand: clone, run the
command in a shell, zip the folder; no sandbox, no log, nothing kept. What is measured is what Slipway adds.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from peers import slipway

BUILDSPEC = """version: 0.2
env:
  exported-variables: [STARTED]
phases:
  build:
    commands:
      - export STARTED=$(date +%s%N)
artifacts:
  files: [template.json]
"""
TEMPLATE = json.dumps({"Parameters": {"Turn": {"Type": "String", "Default": "0"}}, "Resources": {"P": {
    "Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "/${AWS::StackName}"}, "Type": "String", "Value": "0"}}}})


def role(iam, service):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    made = iam.create_role(RoleName=service, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName=service, PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    return made["Arn"]


def action(category, provider, name, configuration, inputs=(), outputs=()):
    return {"name": name, "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
            "configuration": configuration, "inputArtifacts": [{"name": i} for i in inputs],
            "outputArtifacts": [{"name": o} for o in outputs]}


def make_pipeline(peer):
    iam = peer.client("iam")
    roles = {service: role(iam, service) for service in ("codepipeline", "codebuild", "cloudformation")}
    peer.client("s3").create_bucket(Bucket="artifacts")
    url = peer.client("codecommit").create_repository(repositoryName="bench")["repositoryMetadata"]["cloneUrlHttp"]
    peer.client("codebuild").create_project(
        name="bench", source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"}, serviceRole=roles["codebuild"],
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})

    def deploy(stack):
        return action("Deploy", "CloudFormation", stack, {
            "ActionMode": "CREATE_UPDATE", "StackName": stack, "RoleArn": roles["cloudformation"],
            "TemplatePath": "Built::template.json"}, ["Built"])

    peer.client("codepipeline").create_pipeline(pipeline={
        "name": "bench", "roleArn": roles["codepipeline"], "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {"name": "Source", "actions": [action(
                "Source", "CodeCommit", "Commit", {"RepositoryName": "bench", "BranchName": "main"}, (), ["Source"])]},
            {"name": "Build", "actions": [action(
                "Build", "CodeBuild", "Build", {"ProjectName": "bench"}, ["Source"], ["Built"])]},
            {"name": "Staging", "actions": [deploy("staging")]},
            {"name": "Production", "actions": [deploy("production")]}]})
    return url


def git(*command, cwd, **environment):
    subprocess.run(["git", *command], cwd=cwd, check=True, capture_output=True, env=os.environ | environment)


def push(folder, turn, url, key, secret):
    (folder / "turn").write_text(str(turn))
    git("add", "-A", cwd=folder)
    git("-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-m", f"turn {turn}", cwd=folder)
    helper = '!f() { test "$1" = get && echo "username=$KEY" && echo "password=$SECRET"; }; f'
    git("-c", f"credential.helper={helper}", "push", url, "HEAD:main", cwd=folder, KEY=key, SECRET=secret)
    return time.time()


def finished(pipelines, known):
    """The newest execution once it has ended; None until then."""
    for summary in pipelines.list_pipeline_executions(pipelineName="bench", maxResults=5)["pipelineExecutionSummaries"]:
        if summary["pipelineExecutionId"] not in known and summary["status"] == "Succeeded":
            return summary
        if summary["pipelineExecutionId"] not in known and summary["status"] == "Failed" and summary["sourceRevisions"]:
            state = pipelines.get_pipeline_state(name="bench")
            raise SystemExit("The pipeline failed:\n" + json.dumps(state, default=str, indent=1))
    return None


def by_hand(folder, target):
    """The same work without Slipway; seconds to the first command and in all."""
    start = time.time()
    git("clone", "--depth", "1", folder.as_uri(), str(target / "clone"), cwd=target)
    subprocess.run(["sh", "-c", "date +%s%N"], cwd=target / "clone", check=True, capture_output=True)
    first = time.time() - start
    shutil.make_archive(str(target / "artifact"), "zip", target / "clone")
    return first, time.time() - start


def measure(peer, source, turn, url, known):
    pipelines, builds = peer.client("codepipeline"), peer.client("codebuild")
    pushed = push(source, turn, url, *peer.credentials)
    done, deadline = None, time.time() + 60
    while not done:
        done = finished(pipelines, known)
        if time.time() > deadline:
            raise SystemExit("The pipeline did not end within a minute.")
        time.sleep(0.005)
    known.add(done["pipelineExecutionId"])
    build = builds.batch_get_builds(ids=builds.list_builds_for_project(projectName="bench")["ids"][:1])["builds"][0]
    started = {v["name"]: v["value"] for v in build["exportedEnvironmentVariables"]}["STARTED"]
    return int(started) / 1e9 - pushed, done["lastUpdateTime"].timestamp() - pushed


def main():
    runs = int(sys.argv[1]) if sys.argv[1:] else 7
    folder = pathlib.Path(tempfile.mkdtemp())
    peer = slipway(folder / "data")
    try:
        url = make_pipeline(peer)
        source = folder / "source"
        source.mkdir()
        git("init", "-b", "main", cwd=source)
        (source / "buildspec.yml").write_text(BUILDSPEC)
        (source / "template.json").write_text(TEMPLATE)
        known, firsts, wholes, hands = set(), [], [], []
        for turn in range(runs + 1):
            first, whole = measure(peer, source, turn, url, known)
            if turn:  # the first run makes the stacks
                firsts.append(first)
                wholes.append(whole)
            hand = folder / f"hand{turn}"
            hand.mkdir()
            hands.append(by_hand(source, hand))
        first, whole = statistics.median(firsts) * 1000, statistics.median(wholes) * 1000
        bare, bare_whole = (statistics.median(column) * 1000 for column in zip(*hands))
        print(f"push to first build command  {first:6.0f} ms   by hand {bare:6.0f} ms   ratio {first / bare:5.2f}")
        print(f"push to production           {whole:6.0f} ms   by hand {bare_whole:6.0f} ms   (clone, command and zip; no stacks)")
    finally:
        peer.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
