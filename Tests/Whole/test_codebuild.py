"""Builds that are really run: phases, shell, sources, artifacts, limits, crashes."""
import hashlib
import io
import json
import subprocess
import time
import urllib.error
import urllib.request
import zipfile

import pytest

from builds import Builds, phases, printed, why
from conftest import Slipway, eventually, zipped


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(
        tmp_path_factory.mktemp("builds") / "data", "--build-limit", "logBytes=2000000", "--build-limit",
        "processes=200", "--build-limit", "concurrentBuilds=2").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def builds(server):
    return Builds(server)


def test_state_lasts_over_commands_and_phases(builds):
    build, log = builds.run("state", """
        version: 0.2
        env:
          shell: bash
          variables: {GREETING: "it's $HOME", MIXED: one}
          exported-variables: [ANSWER, UNSET, AWS_REGION]
        phases:
          install: {commands: ["cd /tmp", "greet() { echo hello $1; }", "export ANSWER=42"]}
          build:
            commands:
              - greet $(pwd)
              - echo "$GREETING $MIXED $CODEBUILD_BUILD_SUCCEEDING"
              - |
                false
                echo several lines are one command
              - (exit 0); exit 0
              - echo after an exit $ANSWER in $(pwd)
          post_build: {commands: ["greet again", "id -u; echo $HOME $CODEBUILD_SRC_DIR"]}
        """, environment={"environmentVariables": [{"name": "MIXED", "value": "two", "type": "PLAINTEXT"}]},
        overrides={"environmentVariablesOverride": [{"name": "MIXED", "value": "three", "type": "PLAINTEXT"}]})
    assert build["buildStatus"] == "SUCCEEDED", log
    assert printed(log) == [
        "hello /tmp", "it's $HOME three 1", "several lines are one command", "after an exit 42 in /tmp", "hello again",
        "0", "/root /codebuild/output/src0/src"], log
    assert build["exportedEnvironmentVariables"] == [{"name": "ANSWER", "value": "42"}]
    assert [p["phaseType"] for p in build["phases"]] == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
        "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]
    assert build["buildNumber"] == 1 and build["logs"]["streamName"] == build["id"].split(":")[1]
    assert "Running command greet again" in log and "Phase complete: BUILD State: SUCCEEDED" in log


def test_version_one_keeps_nothing(builds):
    build, log = builds.run("isolated", """
        version: 0.1
        phases:
          build: {commands: ["cd /tmp", "export LOST=1", "echo ${LOST:-nothing} $(pwd)"]}
        """)
    assert printed(log) == ["nothing /codebuild/output/src0/src"], log


RULES = [  # failing phase, its on-failure, phases that are seen, and how those went that failed
    ("install", "", ["INSTALL"]), ("install", "CONTINUE", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]),
    ("pre_build", "", ["INSTALL", "PRE_BUILD"]), ("pre_build", "ABORT", ["INSTALL", "PRE_BUILD"]),
    ("build", "", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]),
    ("build", "ABORT", ["INSTALL", "PRE_BUILD", "BUILD"]),
    ("post_build", "", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]),
    ("post_build", "ABORT", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"]),
]


def test_failures_lead_where_the_table_says(builds):
    builds.project("rules", "version: 0.2\nphases: {build: {commands: [':']}}\n")
    started = []
    for phase, rule, seen in RULES:
        spec = {"version": 0.2, "phases": {p: {"commands": ["echo $CODEBUILD_BUILD_SUCCEEDING"]}
                                           for p in ["install", "pre_build", "build", "post_build"]}}
        spec["phases"][phase] = {"commands": ["exit 7", "echo never"], "finally": ["echo finally"]}
        if rule:
            spec["phases"][phase]["on-failure"] = rule
        started.append((phase, rule, seen, builds.start("rules", buildspecOverride=json.dumps(spec) + "\n")))
    for phase, rule, seen, name in started:
        build = builds.wait(name)
        got = phases(build)
        upper = phase.upper()
        assert build["buildStatus"] == "FAILED" and got[upper] == "FAILED", (phase, rule, got)
        inner = [p for p in got if p not in
                 ("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "FINALIZING", "COMPLETED")]
        assert inner == seen, (phase, rule, inner)
        assert "Error while executing command: exit 7. Reason: exit status 7" in why(build)
        log = builds.log(build)
        assert "finally" in printed(log) and "never" not in printed(log)
        if phase == "build" and not rule:
            assert printed(log)[-1] == "0"


def test_retries_until_the_output_fits_no_more(builds):
    build, log = builds.run("again", """
        version: 0.2
        phases:
          build:
            on-failure: RETRY-3-flaky
            commands: ["echo x >>/tmp/tries; test $(wc -l </tmp/tries) = 3 || { echo flaky; exit 1; }"]
        """)
    assert build["buildStatus"] == "SUCCEEDED" and printed(log) == ["flaky", "flaky"], log


def test_bad_specifications_say_so(builds):
    build, log = builds.run("bad", "version: 0.2\nphases: {build: {commands: 7, on-failure: NEVER}}\n")
    assert build["buildStatus"] == "FAILED" and phases(build)["DOWNLOAD_SOURCE"] == "FAILED"
    assert [c["statusCode"] for p in build["phases"] if p["phaseType"] == "DOWNLOAD_SOURCE" for c in p["contexts"]] == [
        "YAML_FILE_ERROR"]
    assert "Phase complete: DOWNLOAD_SOURCE State: FAILED" in log
    assert "Phase context status code: YAML_FILE_ERROR Message: 'on-failure' must be" in log
    build, _ = builds.run(
        "image", "version: 0.2\nphases: {build: {commands: [':']}}\n", environment={"image": "python:3.12"})
    assert phases(build)["PROVISIONING"] == "FAILED" and "container engine" in why(build)
    build, _ = builds.run(
        "parameter", "version: 0.2\nenv: {parameter-store: {X: /not/there}}\nphases: {build: {commands: [':']}}\n")
    assert "Parameter Store: /not/there" in why(build)


def test_what_a_build_installs_vanishes_with_it(builds):
    build, log = builds.run("install", """
        version: 0.2
        phases:
          build:
            commands:
              - if test -e /usr/local/bin/mine; then echo mine is there; fi
              - printf '#!/bin/sh\\necho mine runs\\n' >/usr/local/bin/mine; chmod +x /usr/local/bin/mine
              - mine; rm /usr/bin/env && echo removed
              - head -1 /etc/shadow | tr ':' ' ' | awk '{print $2}'
              - ls /root | wc -l
        """)
    builds.wait(builds.start("install"))
    if "read-only" in log:
        pytest.skip("this machine has no layers")
    assert printed(log) == ["mine runs", "removed", "*", "0"], log
    assert subprocess.run(["test", "-e", "/usr/bin/env"]).returncode == 0


def test_source_from_a_bucket_and_artifacts(builds):
    for bucket in ("sources", "built"):
        builds.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    spec = """
        version: 0.2
        phases:
          build:
            commands:
              - mkdir -p out/a/b target-1 && cp *.txt out/ && echo deep >out/a/b/deep.txt && echo no >out/skip.log
              - ln -s /etc/shadow out/leak; ln -s one.txt out/link; echo t >target-1/t.txt
        artifacts:
          files: ['**/*']
          base-directory: out
          exclude-paths: ['*.log', leak]
          name: build-$(echo named)
          secondary-artifacts:
            flat: {files: ['out/**/*.txt'], discard-paths: yes}
            tree: {files: ['*'], base-directory: 'target*'}
        """
    archive = zipped(**{"one.txt": "one", "two.txt": "two", "buildspec.yml": __import__("textwrap").dedent(spec)})
    builds.s3.put_object(Bucket="sources", Key="in/app.zip", Body=archive)
    build, log = builds.run(
        "objects", source={"type": "S3", "location": "sources/in/app.zip"},
        artifacts={"type": "S3", "location": "built", "path": "p", "namespaceType": "BUILD_ID", "packaging": "ZIP",
                   "name": "x", "overrideArtifactName": True},
        secondaryArtifacts=[
            {"type": "S3", "location": "built", "name": "flat", "artifactIdentifier": "flat", "packaging": "NONE"},
            {"type": "S3", "location": "built", "name": "/", "artifactIdentifier": "tree", "packaging": "NONE"}])
    assert build["buildStatus"] == "SUCCEEDED", log + why(build)
    uuid = build["id"].split(":")[1]
    assert build["artifacts"]["location"] == f"arn:aws:s3:::built/p/{uuid}/build-named"
    body = builds.s3.get_object(Bucket="built", Key=f"p/{uuid}/build-named")["Body"].read()
    assert hashlib.sha256(body).hexdigest() == build["artifacts"]["sha256sum"]
    assert hashlib.md5(body).hexdigest() == build["artifacts"]["md5sum"]
    names = sorted(zipfile.ZipFile(io.BytesIO(body)).namelist())
    assert names == ["a/b/deep.txt", "link", "one.txt", "two.txt"]
    keys = sorted(o["Key"] for o in builds.s3.list_objects_v2(Bucket="built")["Contents"])
    assert [k for k in keys if not k.startswith("p/")] == [
        "flat/deep.txt", "flat/one.txt", "flat/two.txt", "t.txt"], keys
    build = builds.wait(builds.start("objects", buildspecOverride=(
        "version: 0.2\nphases: {build: {commands: [':']}}\nartifacts: {files: [nothing]}\n"),
        secondaryArtifactsOverride=[]))
    assert phases(build)["UPLOAD_ARTIFACTS"] == "FAILED" and "no matching artifact paths found" in why(build)


def test_a_link_out_of_the_build_leads_nowhere(builds):
    build, log = builds.run("links", """
        version: 0.2
        phases: {build: {commands: ["ln -s /etc/shadow stolen; ln -s ../../../../../../../etc/hostname up; echo x >x"]}}
        artifacts: {files: ['**/*']}
        """, artifacts={"type": "S3", "location": "built", "packaging": "ZIP", "name": "links.zip"})
    assert build["buildStatus"] == "SUCCEEDED", log
    archive = zipfile.ZipFile(io.BytesIO(builds.s3.get_object(Bucket="built", Key="links.zip")["Body"].read()))
    machine = open("/etc/shadow").read().splitlines()[0]
    for name in archive.namelist():
        assert machine not in archive.read(name).decode() or ":*:" in machine


def test_secrets_are_masked(builds):
    ssm = builds.server.client("ssm")
    secret = 'pa$$w"ord/with+odd&chars'
    ssm.put_parameter(Name="/builds/secret", Value=secret, Type="SecureString")
    build, log = builds.run("masked", """
        version: 0.2
        env: {parameter-store: {SECRET: /builds/secret}, exported-variables: [SECRET, OTHER]}
        phases:
          build:
            commands:
              - echo "plain $SECRET end"
              - printf %s "x$SECRET" | base64 -w 20
              - printf '%s' "$SECRET" | python3 -c "import json,sys,urllib.parse as u; s=sys.stdin.read(); print(json.dumps(s), u.quote(s, safe=''))"
              - for i in 1 2 3 4 5; do printf 'pa$$w'; sleep 0.05; printf '"ord/with+odd&chars;'; done
              - export OTHER="is $SECRET"
              - echo ${#SECRET}
        """)
    assert build["buildStatus"] == "SUCCEEDED", log
    assert secret not in log and "pa%24%24w" not in log and "YSQkdyJvcmQ" not in log.replace("\n", ""), log
    assert "plain *** end" in log and str(len(secret)) in printed(log)[-1]
    assert build["exportedEnvironmentVariables"] == [{"name": "OTHER", "value": "is ***"}]


def test_a_build_calls_aws_as_its_role(builds):
    build, log = builds.run("caller", """
        version: 0.2
        phases:
          build:
            commands:
              - env | grep -c '^AWS_SECRET' || true
              - |
                python3 -c "
                import json, os, urllib.request as r
                q = r.Request(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'])
                q.add_header('Authorization', os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN'])
                print(sorted(json.load(r.urlopen(q))))"
              - aws sts get-caller-identity --query Arn --output text
        """)
    assert build["buildStatus"] == "SUCCEEDED", log
    lines = printed(log)
    assert lines[:2] == ["0", "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']"]
    assert ":assumed-role/builds/AWSCodeBuild-" in lines[2]


def test_stop_kills_what_ignores_sigterm(builds):
    builds.project("stubborn", """
        version: 0.2
        phases: {build: {commands: ["trap '' TERM INT HUP; echo started; (setsid sleep 987654 &) ; while :; do sleep 1; done"]}}
        """)
    name = builds.start("stubborn")
    eventually("its first line", lambda: builds.get(name)["currentPhase"] == "BUILD" and "started" in builds.log(builds.get(name)))
    builds.api.stop_build(id=name)
    build = builds.wait(name)
    assert build["buildStatus"] == "STOPPED" and phases(build)["BUILD"] == "STOPPED"
    eventually("no process is left", lambda: subprocess.run(["pgrep", "-f", "sleep 987654"], capture_output=True).returncode == 1)
    assert builds.api.stop_build(id=name)["build"]["buildStatus"] == "STOPPED"


def test_queue_and_project_limit(builds):
    builds.project("one", "version: 0.2\nphases: {build: {commands: ['while [ ! -e /tmp/go ]; do sleep 0.05; done']}}\n",
                   concurrentBuildLimit=1)
    first, second = builds.start("one"), builds.start("one")
    eventually("the first runs", lambda: builds.get(first)["currentPhase"] == "BUILD")
    assert builds.get(second)["currentPhase"] == "QUEUED" and builds.get(second)["buildStatus"] == "IN_PROGRESS"
    builds.api.stop_build(id=second)
    waiting = builds.wait(second)
    assert phases(waiting)["QUEUED"] == "STOPPED" and "PROVISIONING" not in phases(waiting)
    third = builds.start("one")
    builds.api.stop_build(id=first)
    eventually("the third's turn", lambda: builds.get(third)["currentPhase"] == "BUILD")
    builds.api.stop_build(id=third)
    builds.wait(third)


def test_much_output_is_cut_and_hurts_nobody(builds):
    start = time.monotonic()
    build, log = builds.run("loud", """
        version: 0.2
        phases: {build: {commands: ["yes 'a line of forty characters, no more no less' | head -c 30000000", "echo quiet"]}}
        """, within=90)
    assert build["buildStatus"] == "SUCCEEDED" and "bytes of output were not logged" in log
    assert len(log) < 4_000_000 and time.monotonic() - start < 60


def test_a_fork_bomb_stays_in_its_build(builds):
    build, log = builds.run("bomb", """
        version: 0.2
        phases: {build: {commands: ["bomb() { bomb | bomb & }; bomb; sleep 0.5; exit 3"]}}
        """)
    assert build["buildStatus"] == "FAILED", log
    assert builds.api.list_projects()["projects"]


def test_a_sandbox_that_ends_after_a_failed_command_is_not_our_fault(builds):
    """As after a fork bomb that leaves no room to start the shell again: here the starter of shells is made to end."""
    build, log = builds.run("crowded", r"""
        version: 0.2
        phases:
          build:
            commands:
              - |
                echo "printf() { command printf '\\036%s 3\\036' \$mark; exit 2; }" >/codebuild/run/next
                exit 3
        """)
    assert build["buildStatus"] == "FAILED", log
    assert phases(build)["BUILD"] == phases(build)["UPLOAD_ARTIFACTS"] == "FAILED", phases(build)
    assert "Reason: exit status 3" in why(build), why(build)
    assert "Nothing can be uploaded: all its processes were ended" in why(build), why(build)


def test_disk_and_file_limits(builds):
    build, _ = builds.run("disk", """
        version: 0.2
        phases: {build: {commands: ["for i in 1 2 3; do fallocate -l 600M /tmp/f$i; done; sleep 30"]}}
        """, environment={"computeType": "ATTRIBUTE_BASED_COMPUTE",
                          "computeConfiguration": {"disk": 1, "memory": 2, "vCpu": 1}})
    assert build["buildStatus"] == "FAILED" and "more than its limit" in why(build)


def test_reports_with_history(builds):
    cases = "".join(f'<testcase classname="c" name="t{i}" time="0.001"/>' for i in range(501))
    build, log = builds.run("reported", f"""
        version: 0.2
        phases:
          build:
            commands:
              - mkdir r; echo '<testsuite name="s">{cases[:0]}<testcase classname="c" name="bad" time="1.5"><failure message="no">at x</failure></testcase><testcase classname="c" name="good"/></testsuite>' >r/a.xml
              - python3 -c "print('<testsuite>' + ''.join('<testcase name=\\"t%d\\"/>' % i for i in range(501)) + '</testsuite>')" >r/many.xml
              - exit 1
        reports:
          unit: {{files: ['a.xml'], base-directory: r, file-format: JUNITXML}}
          many: {{files: ['r/many.xml']}}
          none: {{files: ['nothing.xml']}}
        """)
    assert len(build["reportArns"]) == 3, log
    reports = {r["reportGroupArn"].split("/")[1]: r
               for r in builds.api.batch_get_reports(reportArns=build["reportArns"])["reports"]}
    unit = reports["reported-unit"]
    assert unit["status"] == "FAILED" and unit["testSummary"]["total"] == 2
    assert unit["testSummary"]["statusCounts"]["FAILED"] == 1
    assert reports["reported-many"]["truncated"] and reports["reported-many"]["testSummary"]["total"] == 501
    assert reports["reported-none"]["status"] == "INCOMPLETE"
    bad = builds.api.describe_test_cases(reportArn=unit["arn"], filter={"status": "FAILED"})["testCases"]
    assert [(c["name"], c["prefix"], c["durationInNanoSeconds"]) for c in bad] == [("bad", "c", 1_500_000_000)]
    group = unit["reportGroupArn"]
    assert builds.api.list_reports_for_report_group(reportGroupArn=group)["reports"] == [unit["arn"]]
    trend = builds.api.get_report_group_trend(reportGroupArn=group, trendField="PASS_RATE")
    assert float(trend["stats"]["average"]) == 50


def test_local_cache_lasts(builds):
    spec = """
        version: 0.2
        phases: {build: {commands: ["cat kept/n 2>/dev/null || echo first; mkdir -p kept; echo again >kept/n"]}}
        cache: {paths: ['kept/**/*']}
        """
    _, first = builds.run("cached", spec, cache={"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]})
    second = builds.log(builds.wait(builds.start("cached")))
    builds.api.invalidate_project_cache(projectName="cached")
    third = builds.log(builds.wait(builds.start("cached")))
    assert [printed(log) for log in (first, second, third)] == [["first"], ["again"], ["first"]], second


def test_batches(builds):
    config = {"serviceRole": builds.role, "restrictions": {"maximumBuildsAllowed": 10}}
    builds.project("graph", """
        version: 0.2
        batch:
          build-graph:
            - identifier: lint
              ignore-failure: true
              env: {variables: {CODE: "1"}}
            - identifier: unit
              depend-on: [lint]
            - identifier: last
              depend-on: [unit]
        phases: {build: {commands: ["echo $CODEBUILD_BATCH_BUILD_IDENTIFIER; exit ${CODE:-0}"]}}
        """, buildBatchConfig=config)
    builds.project("matrix", """
        version: 0.2
        batch:
          fast-fail: true
          build-matrix:
            dynamic: {env: {variables: {A: ["1", "2"], B: [x, y, z]}}}
        phases: {build: {commands: ["echo $A $B"]}}
        """, buildBatchConfig=config)
    started = [builds.api.start_build_batch(projectName=name)["buildBatch"]["id"] for name in ("graph", "matrix")]

    def done(name):
        batch = builds.api.batch_get_build_batches(ids=[name])["buildBatches"][0]
        return batch if batch["complete"] else None

    graph, matrix = [eventually(name, lambda: done(name), 90) for name in started]
    assert graph["buildBatchStatus"] == "SUCCEEDED", graph
    got = {g["identifier"]: g["currentBuildSummary"]["buildStatus"] for g in graph["buildGroups"]}
    assert got == {"lint": "FAILED", "unit": "SUCCEEDED", "last": "SUCCEEDED"}
    assert matrix["buildBatchStatus"] == "SUCCEEDED" and len(matrix["buildGroups"]) == 6
    child = builds.get(graph["buildGroups"][0]["currentBuildSummary"]["arn"])
    assert child["buildBatchArn"] == graph["arn"]


def test_the_service_refuses_what_aws_refuses(builds):
    api = builds.api
    builds.project("refusals", "version: 0.2\nphases: {build: {commands: [':']}}\n")
    with pytest.raises(api.exceptions.ResourceAlreadyExistsException):
        builds.project("refusals", "version: 0.2\nphases: {build: {commands: [':']}}\n")
    with pytest.raises(api.exceptions.InvalidInputException):
        builds.project("refusals-2")
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.start_build(projectName="nobody")
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.stop_build(id="nobody:00000000-0000-0000-0000-000000000000")
    found = api.batch_get_projects(names=["refusals", "nobody"])
    assert found["projectsNotFound"] == ["nobody"] and found["projects"][0]["cache"] == {"type": "NO_CACHE"}
    api.delete_project(name="nobody")
    one = api.start_build(projectName="refusals", idempotencyToken="t")["build"]["id"]
    assert api.start_build(projectName="refusals", idempotencyToken="t")["build"]["id"] == one
    with pytest.raises(api.exceptions.InvalidInputException):
        api.start_build(projectName="refusals", idempotencyToken="t", timeoutInMinutesOverride=9)
    builds.wait(one)
    project = api.update_project(name="refusals", description="new", timeoutInMinutes=7)["project"]
    assert project["source"]["type"] == "NO_SOURCE" and project["timeoutInMinutes"] == 7
    assert api.list_builds_for_project(projectName="refusals")["ids"] == [one]
    deleted = api.batch_delete_builds(ids=[one])
    assert len(deleted["buildsDeleted"]) == 1 and api.batch_get_builds(ids=[one])["buildsNotFound"] == [one]


def test_settings_that_do_not_fit_together_are_refused(builds):
    def refused(**settings):
        with pytest.raises(builds.api.exceptions.InvalidInputException) as error:
            builds.project("misfit", "version: 0.2\nphases: {build: {commands: [':']}}\n", **settings)
        return error.value.response["Error"]["Message"]

    assert refused(logsConfig={"s3Logs": {"status": "ENABLED"}}) == (
        "Invalid logsConfig: s3Logs location must be provided if status is 'ENABLED'")
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    assert refused(environment={"environmentVariables": twice}) == "EnvironmentVariable name cannot be duplicated"
    assert refused(badgeEnabled=True, source={"type": "S3", "location": "b/k"}) == (
        "Build badges are not supported for S3 source")
    assert "HTTPS clone URL" in refused(source={"type": "GITHUB", "location": "foo"})
    assert refused(environment={"computeType": "BUILD_LAMBDA_1GB"}) == "Invalid compute type provided"
    assert refused(environment={"type": "LINUX_LAMBDA_CONTAINER"}) == (
        "Compute type BUILD_GENERAL1_SMALL is not supported for LINUX_LAMBDA_CONTAINER")
    builds.project("misfit", "version: 0.2\nphases: {build: {commands: [':']}}\n")
    with pytest.raises(builds.api.exceptions.InvalidInputException, match="duplicated"):
        builds.start("misfit", environmentVariablesOverride=twice)


def test_badge(builds):
    git = {"type": "GITHUB", "location": "https://example.invalid/a/b.git"}
    project = builds.project("badge", "version: 0.2\nphases: {build: {commands: [':']}}\n", source=git, badgeEnabled=True)
    url = project["badge"]["badgeRequestUrl"]
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["Content-Type"] == "image/svg+xml" and b"unknown" in answer.read()
    build = builds.wait(builds.start("badge", sourceTypeOverride="NO_SOURCE", buildspecOverride=(
        "version: 0.2\nphases: {build: {commands: [':']}}\n")))
    assert build["buildStatus"] == "SUCCEEDED", why(build)
    assert b"passing" in urllib.request.urlopen(url).read()


def test_start_is_quick(builds):
    builds.project("quick", "version: 0.2\nphases: {build: {commands: ['date +%s%N']}}\n")
    builds.wait(builds.start("quick"))
    asked = time.time_ns()
    build = builds.wait(builds.start("quick"))
    ran = int(printed(builds.log(build))[0])
    print(f"from StartBuild to the first command: {(ran - asked) / 1e6:.0f} ms")
    assert ran - asked < 3_000_000_000


def test_kill_nine(folder):
    server = Slipway(folder / "data", "--build-limit", "concurrentBuilds=1").start()
    try:
        builds = Builds(server)
        builds.project("crash", """
            version: 0.2
            phases:
              build: {commands: ["echo pid; sleep 876543 & test -e /tmp/never || { echo running; sleep ${LONG}; }"]}
            """)
        running = builds.start("crash", environmentVariablesOverride=[{"name": "LONG", "value": "3", "type": "PLAINTEXT"}])
        waiting = builds.start("crash", environmentVariablesOverride=[{"name": "LONG", "value": "0", "type": "PLAINTEXT"}])
        eventually("it runs", lambda: builds.get(running)["currentPhase"] == "BUILD")
        server.kill()
        server.start()
        again = builds.wait(running)
        assert again["buildStatus"] == "SUCCEEDED", why(again)
        assert "It starts anew" in builds.log(again)
        assert builds.wait(waiting)["buildStatus"] == "SUCCEEDED"
        eventually("no process is left", lambda: subprocess.run(["pgrep", "-f", "sleep 876543"], capture_output=True).returncode == 1)
    finally:
        server.stop()


def test_shell_in_a_failed_build(builds):
    build, _ = builds.run("debug", """
        version: 0.2
        phases: {build: {commands: ["mkdir -p deep && cd deep", "export FOUND=here", "exit 4"]}}
        """, overrides={"debugSessionEnabled": True})
    assert build["buildStatus"] == "FAILED"
    shell = builds.server.slipway("build", "shell", build["id"], "--", "sh", "-c", "pwd; echo $FOUND; exit 6",
                                  check=False)
    assert shell.stdout.split() == ["/codebuild/output/src0/src/deep", "here"], shell.stdout + shell.stderr
    assert shell.returncode == 6


def test_source_from_a_repository(builds):
    commits = builds.server.client("codecommit")
    commits.create_repository(repositoryName="app")
    spec = (
        "version: 0.2\nphases: {build: {commands: ['git log -1 --format=%s', 'cat hello.txt', "
        "'echo $CODEBUILD_RESOLVED_SOURCE_VERSION']}}\n")
    first = commits.create_commit(
        repositoryName="app", branchName="main", commitMessage="first", putFiles=[
            {"filePath": "buildspec.yml", "fileContent": spec.encode()}, {"filePath": "hello.txt", "fileContent": b"one\n"}])
    second = commits.create_commit(
        repositoryName="app", branchName="main", parentCommitId=first["commitId"], commitMessage="second",
        putFiles=[{"filePath": "hello.txt", "fileContent": b"two\n"}])
    source = {"type": "CODECOMMIT", "location": "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app"}
    build, log = builds.run("repository", source=source)
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert printed(log) == ["second", "two", second["commitId"]]
    assert build["resolvedSourceVersion"] == second["commitId"]
    for version, depth in ((first["commitId"], 0), ("main", 1), (f"refs/heads/main^{{{first['commitId']}}}", 0)):
        build = builds.wait(builds.start("repository", sourceVersion=version, gitCloneDepthOverride=depth))
        wanted = second if version == "main" else first
        assert build["resolvedSourceVersion"] == wanted["commitId"], why(build)
    build = builds.wait(builds.start("repository", sourceVersion="nowhere"))
    assert phases(build)["DOWNLOAD_SOURCE"] == "FAILED" and "nowhere" in why(build)
    with pytest.raises(builds.api.exceptions.InvalidInputException, match="HTTPS clone URL"):
        builds.start("repository", sourceTypeOverride="GITHUB", sourceLocationOverride="file:///etc")


def test_webhook_starts_what_its_filters_let_through(builds):
    import hmac
    api = builds.api
    builds.project("hooked", "version: 0.2\nphases: {build: {commands: ['echo $CODEBUILD_WEBHOOK_TRIGGER']}}\n",
                   source={"type": "GITHUB", "location": f"{builds.server.endpoint}/v1/repos/none"})
    with pytest.raises(api.exceptions.InvalidInputException):
        api.create_webhook(projectName="hooked", filterGroups=[[{"type": "HEAD_REF", "pattern": "main"}]])
    hook = api.create_webhook(projectName="hooked", filterGroups=[
        [{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/heads/main$"},
         {"type": "FILE_PATH", "pattern": "^docs/", "excludeMatchedPattern": True}]])["webhook"]

    def push(ref, files, delivery, secret=hook["secret"]):
        commit = {"id": "a" * 40, "message": "m", "added": files, "modified": [], "removed": [],
                  "author": {"name": "n", "email": "e"}}
        body = json.dumps({
            "ref": ref, "before": "b" * 40, "after": "a" * 40, "commits": [commit], "head_commit": commit,
            "repository": {"full_name": "o/r", "clone_url": "http://x/o/r.git", "html_url": "http://x/o/r"},
            "sender": {"id": 7, "login": "me"}, "pusher": {"name": "me"}}).encode()
        request = urllib.request.Request(hook["payloadUrl"], data=body, headers={
            "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()})
        try:
            return json.load(urllib.request.urlopen(request))["builds"]
        except urllib.error.HTTPError as error:
            return error.code

    assert push("refs/heads/main", ["src/a"], "d-1", secret="wrong") == 403
    assert push("refs/heads/other", ["src/a"], "d-2") == 0
    assert push("refs/heads/main", ["docs/a"], "d-3") == 0
    assert push("refs/heads/main", ["src/a"], "d-4") == 1
    push("refs/heads/main", ["src/a"], "d-4")
    ids = api.list_builds_for_project(projectName="hooked")["ids"]
    assert len(ids) == 1
    build = builds.wait(ids[0])
    assert build["initiator"].startswith("GitHub-Hookshot/") and build["sourceVersion"] == "a" * 40
    assert "secret" not in api.batch_get_projects(names=["hooked"])["projects"][0]["webhook"]
    api.delete_webhook(projectName="hooked")
    assert push("refs/heads/main", ["src/a"], "d-5") == 404


def test_stack_with_a_project(builds):
    stacks = builds.server.client("cloudformation")
    template = {"Resources": {
        "Build": {"Type": "AWS::CodeBuild::Project", "Properties": {
            "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2\nphases: {build: {commands: ['echo $N']}}\n"},
            "Artifacts": {"Type": "NO_ARTIFACTS"}, "ServiceRole": builds.role, "TimeoutInMinutes": "10",
            "Environment": {"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL",
                            "Image": "aws/codebuild/standard:7.0",
                            "EnvironmentVariables": [{"Name": "N", "Value": 5}]}}},
        "Group": {"Type": "AWS::CodeBuild::ReportGroup", "Properties": {
            "Type": "TEST", "ExportConfig": {"ExportConfigType": "NO_EXPORT"}}}},
        "Outputs": {"Name": {"Value": {"Ref": "Build"}}, "Arn": {"Value": {"Fn::GetAtt": ["Build", "Arn"]}}}}
    stacks.create_stack(StackName="ci", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="ci", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    outputs = {o["OutputKey"]: o["OutputValue"]
               for o in stacks.describe_stacks(StackName="ci")["Stacks"][0]["Outputs"]}
    assert outputs["Arn"].endswith(":project/" + outputs["Name"])
    assert printed(builds.log(builds.wait(builds.start(outputs["Name"])))) == ["5"]
    template["Resources"]["Build"]["Properties"]["Description"] = "changed"
    stacks.update_stack(StackName="ci", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_update_complete").wait(StackName="ci", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert builds.api.batch_get_projects(names=[outputs["Name"]])["projects"][0]["description"] == "changed"
    stacks.delete_stack(StackName="ci")
    stacks.get_waiter("stack_delete_complete").wait(StackName="ci", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert builds.api.batch_get_projects(names=[outputs["Name"]])["projects"] == []


def test_shell_with_a_terminal(builds):
    build, _ = builds.run("terminal", """
        version: 0.2
        phases: {build: {commands: ["export PLACE=inside", "exit 1"]}}
        """, overrides={"debugSessionEnabled": True})
    name = f"slipway-{build['id'].split(':')[1][:8]}"
    environment = builds.server.environment() | {"TERM": "xterm"}

    def tmux(*words):
        return subprocess.run(["tmux", "-L", name, *words], env=environment, capture_output=True, text=True).stdout

    from conftest import BINARY
    tmux("new-session", "-d", "-s", "s", "-x", "100", "-y", "30", f"{BINARY.resolve()} build shell {build['id']}")
    try:
        eventually("a prompt", lambda: "#" in tmux("capture-pane", "-p", "-t", "s"))
        tmux("send-keys", "-t", "s", "tty; echo $PLACE-$((6*7))", "Enter")
        eventually("an answer", lambda: "inside-42" in tmux("capture-pane", "-p", "-t", "s"))
        assert "/dev/pts/" in tmux("capture-pane", "-p", "-t", "s")
        tmux("send-keys", "-t", "s", "exit", "Enter")
        eventually("its end", lambda: "s:" not in tmux("list-sessions"))
    finally:
        tmux("kill-server")
