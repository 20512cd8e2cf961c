"""Builds that tell the host of their repository how they stand; a small server is the host."""
import json
import sqlite3

import pytest

from builds import Builds
from conftest import Slipway, eventually
from test_connections import TOKEN, GitHost, Repository

SPEC = "version: 0.2\nphases: {build: {commands: ['test ! -e wait || sleep 600', 'exit ${CODE:-0}']}}\n"


class Host(GitHost):
    """A host of repositories that takes statuses the way one of the kinds does."""

    paths = {"github": "/api/v3/repos/team/app/statuses/", "gitea": "/api/v1/repos/team/app/statuses/",
             "gitlab": "/api/v4/projects/team%2Fapp/statuses/"}

    def __init__(self, root, kind):
        super().__init__(root)
        host, self.statuses, self.answers = self, [], []

        class Handler(self.server.RequestHandlerClass):
            def do_POST(self):
                if "/statuses/" not in self.path:
                    return self.serve()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = 404
                if self.path.startswith(host.paths[kind]):
                    status = host.answers.pop(0) if host.answers else 201
                    commit = self.path.rsplit("/", 1)[1]
                    host.statuses.append((status, commit, body, dict(self.headers)))
                self.send_response(status)
                answer = json.dumps({"message": f"seen {TOKEN}"}).encode()
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
        self.server.RequestHandlerClass = Handler

    def told(self, context=None):
        return [body["state"] for status, _, body, _ in list(self.statuses)
                if status == 201 and context in (None, body.get("context") or body.get("name"))]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("statuses") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def builds(server):
    return Builds(server)


@pytest.fixture
def make(builds, server, folder, request):
    """Makes a host, a connection to it, and a project that reads from it."""
    hosts = []

    def begin(kind, provider="GitHub", spec=SPEC, **settings):
        root = folder / "git"
        root.mkdir()
        host = Host(root, kind)
        hosts.append(host)
        commit = Repository(root, "team/app").commit("buildspec.yml", spec)
        arn = server.client("codeconnections").create_connection(
            ConnectionName=f"c-{len(builds.api.list_projects()['projects'])}", ProviderType=provider)["ConnectionArn"]
        server.slipway("connection", "authorize", arn, "--url", host.url, "--username", "ana", "--token-stdin", input=TOKEN + "\n")
        project = f"p{len(builds.api.list_projects()['projects'])}"
        source = {"type": "GITLAB" if kind == "gitlab" else "GITHUB", "location": f"{host.url}/team/app.git",
                  "auth": {"type": "CODECONNECTIONS", "resource": arn}, "reportBuildStatus": True}
        builds.project(project, source=source | settings.pop("source", {}), **settings)
        return host, project, commit
    yield begin
    for host in hosts:
        host.server.shutdown()
        host.server.server_close()


def variable(code):
    return {"environmentVariablesOverride": [{"name": "CODE", "value": str(code), "type": "PLAINTEXT"}]}


def lost(server):
    with sqlite3.connect(f"file:{server.folder}/ledger.sqlite?mode=ro", uri=True) as db:
        rows = db.execute("SELECT detail FROM event WHERE detailType = 'CodeBuild Commit Status Failed'")
        return [json.loads(row[0]) for row in rows]


@pytest.mark.parametrize("kind, provider, words", [
    ("github", "GitHub", ["pending", "success", "pending", "failure"]),
    ("gitea", "GitHub", ["pending", "success", "pending", "failure"]),
    ("gitlab", "GitLab", ["running", "success", "running", "failed"])])
def test_a_host_hears_how_a_build_begins_and_ends(builds, server, make, kind, provider, words):
    host, project, commit = make(kind, provider)
    for code in (0, 1):
        build = builds.wait(builds.start(project, **variable(code)))
        assert build["resolvedSourceVersion"] == commit
        eventually("the end is told", lambda: len(host.told()) == 2 * (code + 1))
    assert host.told() == words
    status, told, body, headers = host.statuses[0]
    assert told == commit and body["target_url"].startswith(f"{server.endpoint}/_slipway/console/builds/{project}:")
    assert body.get("context", body.get("name")) == f"AWS CodeBuild eu-west-1 ({project})" and body["description"] == "Build 1 is running"
    proof = headers["PRIVATE-TOKEN"] if kind == "gitlab" else headers["Authorization"]
    assert proof == (TOKEN if kind == "gitlab" else f"token {TOKEN}")
    assert TOKEN not in builds.log(build)


def test_only_where_it_is_wanted_and_as_it_is_wanted(builds, make):
    host, project, commit = make("github", source={
        "reportBuildStatus": False, "buildStatusConfig": {"context": "ci/unit", "targetUrl": "https://ci.example.com/1"}})
    builds.wait(builds.start(project))
    # An override counts for one build.
    builds.wait(builds.start(project, reportBuildStatusOverride=True))
    eventually("the end is told", lambda: len(host.told()) == 2)
    assert {(body["context"], body["target_url"]) for _, _, body, _ in host.statuses} == {("ci/unit", "https://ci.example.com/1")}
    assert {body["description"].split()[1] for _, _, body, _ in host.statuses} == {"2"}
    # What never came to have a commit has nothing to tell.
    builds.wait(builds.start(project, reportBuildStatusOverride=True, sourceVersion="nowhere"))
    assert len(host.statuses) == 2
    # And what cannot be told is said in the log.
    build = builds.wait(builds.start(project, reportBuildStatusOverride=True, sourceAuthOverride={"type": "OAUTH"}))
    assert "reportBuildStatus has no effect" in builds.log(build)


def test_a_stopped_build_is_an_error_there(builds, make):
    host, project, _ = make("github", spec=SPEC.replace("test ! -e wait || ", ""))
    id = builds.start(project)
    eventually("the beginning is told", lambda: host.told() == ["pending"])
    builds.api.stop_build(id=id)
    eventually("the end is told", lambda: host.told() == ["pending", "error"])


def test_a_host_in_trouble_is_told_later_and_one_that_refuses_is_noted(builds, server, make):
    host, project, _ = make("github")
    host.answers = [500, 503]
    builds.wait(builds.start(project))
    eventually("the end is told", lambda: host.told()[-1:] == ["success"])
    assert [status for status, *_ in host.statuses][:2] == [500, 503]
    seen = len(host.statuses)
    host.answers = [403, 422]
    builds.wait(builds.start(project))
    eventually("both are noted", lambda: len(lost(server)) == 2)
    assert [one["state"] for one in lost(server)] == ["pending", "success"] and len(host.statuses) == seen + 2
    assert "403" in lost(server)[0]["reason"] and TOKEN not in json.dumps(lost(server))


def test_a_status_survives_the_server(builds, server, make):
    host, project, _ = make("github")
    host.answers = [503] * 3
    builds.wait(builds.start(project))
    eventually("an attempt at the end", lambda: any(b["state"] == "success" for _, _, b, _ in host.statuses))
    server.kill()
    server.start()
    eventually("the end is told", lambda: host.told()[-1:] == ["success"], within=60)


@pytest.mark.parametrize("mode, contexts", [
    ("REPORT_AGGREGATED_BATCH", [""]), ("REPORT_INDIVIDUAL_BUILDS", [":one", ":two"])])
def test_a_batch_speaks_for_its_builds_or_lets_them_speak(builds, make, mode, contexts):
    spec = SPEC.replace("phases:", "batch: {build-list: [{identifier: one}, {identifier: two}]}\nphases:")
    host, project, commit = make("github", spec=spec, buildBatchConfig={"serviceRole": builds.role, "batchReportMode": mode})
    id = builds.api.start_build_batch(projectName=project)["buildBatch"]["id"]
    eventually("the batch", lambda: builds.api.batch_get_build_batches(ids=[id])["buildBatches"][0]["complete"], 90)
    names = [f"AWS CodeBuild eu-west-1 ({project}{one})" for one in contexts]
    eventually("all is told", lambda: all(host.told(one) == ["pending", "success"] for one in names))
    assert {body["context"] for _, _, body, _ in host.statuses} == set(names)
    assert {told for _, told, _, _ in host.statuses} == {commit}
