"""Builds where runc does not work: under bubblewrap, and as plain processes. The server is started with the better ways hidden."""
import io
import os
import pathlib
import subprocess
import zipfile

import pytest

from builds import Builds, phases, printed, why
from conftest import Slipway, eventually, zipped
from pipelines import Ground, Pipeline, kind, stage
from test_codebuild_sources import AWS, CACHED, again, bucket, commit, keys, with_submodule

HIDDEN = {"bubblewrap": ["runc", "crun"], "plain": ["runc", "crun", "bwrap"]}


def hiding(names):
    """A command that starts another one for which those programs do not work."""
    paths = [path for name in names for place in ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
             if os.path.exists(path := f"{place}/{name}")]
    script = "mount --make-rprivate / && " + "".join(f"mount --bind /bin/false {path} && " for path in paths) + 'exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh"]


@pytest.fixture(scope="module", params=list(HIDDEN))
def server(request, tmp_path_factory):
    prefix = hiding(HIDDEN[request.param])
    if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
        pytest.skip("only root can hide programs from a server")
    server = Slipway(tmp_path_factory.mktemp(request.param) / "data", "--build-limit", "processes=200")
    server.prefix, server.way = prefix, request.param
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def builds(server):
    return Builds(server)


def test_the_log_says_what_is_missing(builds, server):
    build, log = builds.run("says", "version: 0.2\nphases: {build: {commands: ['id -u', 'echo fine']}}\n")
    assert build["buildStatus"] == "SUCCEEDED" and printed(log)[-1] == "fine", log
    assert "The system is read-only" in log if server.way == "bubblewrap" else "Not isolated" in log, log


def test_sources_of_every_kind(builds, server):
    store = bucket(builds, "sources-here")
    builds.s3.put_object(Bucket=store, Key="z.zip", Body=zipped(in_zip="zip"))
    commit(builds, "library", a_txt="from the library\n")
    commit(builds, "main", buildspec_yml="""
        version: 0.2
        phases:
          build:
            commands:
              - cat lib/a.txt
              - cat $CODEBUILD_SRC_DIR_zipped/in_zip; echo
              - git log --format=%s | tail -1
              - basename $PWD
        """.replace("\n        ", "\n"))
    with_submodule(server, "main", "../library")
    build, log = builds.run(
        "sources", source={"type": "CODECOMMIT", "location": AWS + "main", "gitSubmodulesConfig": {"fetchSubmodules": True}},
        secondarySources=[{"type": "S3", "location": f"{store}/z.zip", "sourceIdentifier": "zipped"}])
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert printed(log) == ["from the library", "zip", "m", "src"]
    build = builds.wait(builds.start("sources", buildspecOverride="elsewhere/spec.yml"))
    assert "YAML file does not exist: elsewhere/spec.yml" in why(build)


def test_artifacts_reports_and_caches(builds, server):
    store = bucket(builds, "made-here")
    build, log = builds.run("made", """
        version: 0.2
        phases:
          build:
            commands:
              - mkdir -p out/deep && echo one >out/a.txt && echo two >out/deep/b.txt && chmod 755 out/a.txt
              - echo '<testsuite><testcase name="t"/></testsuite>' >r.xml
              - echo home >~/c.txt
        reports: {unit: {files: [r.xml]}}
        artifacts: {files: ['**/*', '$HOME/c.txt'], exclude-paths: ['r.xml'], base-directory: out}
        """, artifacts={"type": "S3", "location": store, "packaging": "ZIP", "name": "made.zip"})
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    archive = zipfile.ZipFile(io.BytesIO(builds.s3.get_object(Bucket=store, Key="made.zip")["Body"].read()))
    assert sorted(archive.namelist()) == ["a.txt", "c.txt", "deep/b.txt"]
    assert archive.getinfo("a.txt").external_attr >> 16 & 0o111
    report, = builds.api.batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert report["status"] == "SUCCEEDED" and report["testSummary"]["total"] == 1
    # What lies outside of the build's own folders is the machine's: nothing can be brought back there under bubblewrap.
    spec = (CACHED % "").replace("/var/tmp/far", "$HOME/far" if server.way == "plain" else "/root/far")
    spec = spec.replace("'$HOME/far'", "'$HOME/far/**/*'")
    builds.project("cached", spec, cache={"type": "S3", "location": f"{store}/cache"})
    _, first = again(builds, "cached", LOCK="a")
    _, second = again(builds, "cached", LOCK="b")
    assert printed(first) == ["none", "none"] and printed(second) == ["a", "far-a"], first + second
    assert "cache/cached-0/.tgz" in keys(builds, store)


def test_failed_builds_are_kept_and_no_shell_is_promised(builds, server):
    build, log = builds.run("kept", """
        version: 0.2
        phases: {build: {commands: ["mkdir deep && cd deep", "export FOUND=here", "exit 4"]}}
        """, overrides={"debugSessionEnabled": True})
    assert build["buildStatus"] == "FAILED" and phases(build)["POST_BUILD"] == "SUCCEEDED"
    place = log.split("its files are in ")[1].split(";")[0]
    assert (pathlib.Path(place) / "codebuild/output/src0/src/deep").is_dir() and "slipway build shell" not in log
    shell = server.slipway("build", "shell", build["id"], "--", "true", check=False)
    assert shell.returncode != 0 and "cannot run a program in another process's terminal" in shell.stderr


def test_a_pipeline_builds_and_runs_commands(builds, server):
    ground = Ground(server)
    builds.api.create_project(
        name="piped", source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"}, serviceRole=ground.role,
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"})
    build = {"name": "Build", "actionTypeId": kind("Build", "CodeBuild"), "configuration": {"ProjectName": "piped"},
             "inputArtifacts": [{"name": "Source"}], "outputArtifacts": [{"name": "Built"}]}
    run = {"name": "Run", "actionTypeId": kind("Compute", "Commands"), "inputArtifacts": [{"name": "Built"}],
           "commands": ["cat built.txt", "export SEEN=$(cat built.txt)"], "outputVariables": ["SEEN"]}
    pipeline = Pipeline(ground, stage("Build", build), stage("Run", run), start=False, pipelineType="V2")
    pipeline.upload("x", **{"buildspec.yml": (
        "version: 0.2\nphases: {build: {commands: ['cat text.txt >built.txt']}}\nartifacts: {files: [built.txt]}\n")})
    id = eventually("a start", lambda: len(pipeline.executions()) == 2 and pipeline.executions()[0])["pipelineExecutionId"]
    eventually("its end", lambda: pipeline.status(id) not in ("InProgress",), within=60)
    assert pipeline.status(id) == "Succeeded", pipeline.actions(id)
    assert pipeline.actions(id)["Run"]["output"]["outputVariables"]["SEEN"] == "x"
