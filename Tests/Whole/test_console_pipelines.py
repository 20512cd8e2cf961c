"""A release by git, seen and steered from the console and the command line: a real repository, pipeline and stacks."""
import json
import re
import subprocess
import time

import pytest

from conftest import BINARY, eventually
from pipelines import Ground, approval, kind, name, stack, stage
from test_console import ROOT, ask, browser, browser_needed, chromium, dom

COOKIE = "slipway-region=eu-west-1"
TEMPLATE = """
Resources:
  Text:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: "%s"}
"""


class Release:
    """A repository whose pushes go through a rehearsal and an approval to production."""

    def __init__(self, server):
        self.server, ground = server, Ground(server)
        self.name = name("tea")
        self.git = server.client("codecommit")
        self.git.create_repository(repositoryName=self.name, repositoryDescription="Sells <b>tea</b>")
        self.head = None
        self.push("Opens the shop")
        source = {
            "name": "Fetch", "actionTypeId": kind("Source", "CodeCommit"), "outputArtifacts": [{"name": "Source"}],
            "configuration": {"RepositoryName": self.name, "BranchName": "main"}}
        options = {"ActionMode": "CREATE_UPDATE", "TemplatePath": "Source::template.yaml", "RoleArn": ground.role}
        self.client = server.client("codepipeline")
        self.client.create_pipeline(pipeline={
            "name": self.name, "roleArn": ground.role, "artifactStore": {"type": "S3", "location": ground.artifacts},
            "stages": [
                stage("Source", source),
                stage("Rehearsal", stack("Deploy", StackName=f"{self.name}-one", **options)),
                stage("Production", approval("Agree", configuration={"CustomData": "Is the <i>tea</i> hot?"}) | {"runOrder": 1},
                      stack("Deploy", StackName=self.name, **options) | {"runOrder": 2})]})

    def push(self, message, value=None):
        """A commit with a template, good unless the value breaks it."""
        body = TEMPLATE % (value or message) if value != "" else "Resources: {}"
        parent = {"parentCommitId": self.head} if self.head else {}
        self.head = self.git.create_commit(
            repositoryName=self.name, branchName="main", authorName="Ada", email="ada@example.com", commitMessage=message,
            putFiles=[{"filePath": "template.yaml", "fileContent": body.encode()}], **parent)["commitId"]
        return self.head

    def run_of(self, commit):
        """The execution that releases it."""
        def probe():
            found = self.client.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]
            return next((one["pipelineExecutionId"] for one in found
                         if any(r["revisionId"] == commit for r in one.get("sourceRevisions", []))), None)
        return eventually(f"a run of {commit}", probe)

    def page(self, path=""):
        return ask(self.server, "GET", f"/pipelines/{self.name}{path}", Cookie=COOKIE)[1]

    def waits(self):
        eventually("the approval", lambda: "do-approve-Production-Agree" in self.page())

    def press(self, button):
        """Sends the form of that button as a browser would, and returns where it leads."""
        page = self.page()
        forms = re.findall(r'<form method="post".*?</form>', page, re.S)
        form = next((one for one in forms if f'id="do-{button}"' in one), None)
        assert form, page[-4000:]
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        place = re.search(rf'id="do-{button}" formaction="([^"]+)"', form).group(1)
        answer, text = ask(self.server, "POST", place.removeprefix(ROOT), fields, Cookie=COOKIE)
        assert answer.status == 303, text[-2000:]
        return answer.headers["Location"]

    def slipway(self, *command, **options):
        return self.server.slipway("pipeline", *command, **options)

    def ends(self, run, status):
        eventually(status, lambda: self.client.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=run)["pipelineExecution"]["status"] == status)


@pytest.fixture
def release(shared):
    return Release(shared)


def test_a_change_is_approved_in_the_console_and_counted(release, shared, folder):
    first = release.run_of(release.head)
    release.waits()
    page = release.page()
    for words in ("Rehearsal", "Production", "Opens the shop", "Is the &lt;i&gt;tea&lt;/i&gt; hot?", release.head[:8]):
        assert words in page, f"{words} is not on the page\n{page[-4000:]}"
    assert "<i>tea</i>" not in page
    assert release.press("approve-Production-Agree").endswith(f"/pipelines/{release.name}")
    release.ends(first, "Succeeded")
    page = release.page(f"/{first}")
    assert "Approved by root" in page and f"Stack <a href=\"{ROOT}/stacks/{release.name}\">" in page

    text = json.loads(shared.slipway("dora", "--service", release.name, "--json").stdout)["services"][0]
    assert (text["deployments"], text["failed"], text["leadTime"]["commits"]) == (1, 0, 1)
    listed = json.loads(shared.slipway("dora", "list", "--service", release.name, "--json").stdout)
    assert listed[0]["title"] == "Opens the shop" and listed[0]["executionId"] == first
    page = ask(shared, "GET", f"/dora/{release.name}", Cookie=COOKIE)[1]
    assert "Opens the shop" in page and "median of 1 commit," in page and "1 deployment, on 1 of" in page
    page = ask(shared, "GET", f"/dora/{release.name}/{listed[0]['id']}", Cookie=COOKIE)[1]
    assert release.head[:10] in page and f"/pipelines/{release.name}/{first}" in page
    refused = shared.slipway("dora", "--service", f"{release.name}-one", check=False)
    assert "The stage 'Rehearsal' is not the last" in refused.stderr
    for place in ("", "/dora", "/pipelines", "/builds", "/repositories", f"/repositories/{release.name}"):
        answer, text = ask(shared, "GET", place, Cookie=COOKIE)
        assert answer.status == 200 and "banner bad" not in text, f"{place}\n{text[-3000:]}"
    assert "Opens the shop" in text and "Sells &lt;b&gt;tea&lt;/b&gt;" in text


def test_a_commit_that_is_nowhere_is_not_waited_for(release):
    begun = time.monotonic()
    for wrong in ("f" * 40, "WRONG", "abcd"):
        done = release.slipway("watch", release.name, "--commit", wrong, check=False)
        assert done.returncode == 1 and not done.stdout
        assert done.stderr.startswith(f"Error: The commit {wrong} is not in {release.name}, where"), done.stderr
    done = release.slipway("watch", release.name, "--commit", "main", check=False)
    assert release.head in done.stderr and "is no id of a commit" in done.stderr
    assert time.monotonic() - begun < 20


def test_what_waits_and_what_failed_is_on_the_first_page(release, shared):
    run = release.run_of(release.head)
    release.waits()
    page = ask(shared, "GET", "", Cookie=COOKIE)[1]
    waits = page[page.index('id="waits"'):page.index('id="went-wrong"')]
    assert "Production: Agree" in waits and f"/pipelines/{release.name}/{run}" in waits and "Opens the shop" in waits
    broken = release.push("Closes", "")
    failed = release.run_of(broken)
    release.ends(failed, "Failed")
    page = ask(shared, "GET", "", Cookie=COOKIE)[1]
    wrong = page[page.index('id="went-wrong"'):]
    assert f"/pipelines/{release.name}/{failed}" in wrong and "Rehearsal: " in wrong
    stack = f"{release.name}-bad"
    shared.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Reserved": {
        "Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/aws/x", "Value": "a"}}}}))
    eventually("the stack is shown with its cause", lambda: "Reserved (AWS::SSM::Parameter): " in ask(shared, "GET", "", Cookie=COOKIE)[1])


def test_a_run_is_followed_rejected_and_rerun_from_the_terminal(release):
    run = release.run_of(release.head)
    release.waits()
    watching = subprocess.Popen(
        [BINARY, "pipeline", "watch", release.name, "--execution", run], env=release.server.environment(),
        stdout=subprocess.PIPE, text=True)
    lines = []
    for line in watching.stdout:
        lines.append(line)
        if "waits for approval" in line:
            break
    assert f"slipway pipeline approve {release.name}" in lines[-1], lines
    shown = release.slipway("show", release.name).stdout
    assert "Is the <i>tea</i> hot?" in shown and "● Agree" in shown and run in shown
    release.slipway("reject", release.name, "--comment", "Too cold")
    rest = watching.stdout.read()
    assert watching.wait(30) == 1 and "Production/Agree Failed" in rest and f"{run} Failed" in rest
    assert "Too cold" in release.page(f"/{run}")
    refused = release.slipway("approve", release.name, check=False)
    assert refused.returncode == 1 and "waits for approval" in refused.stderr

    release.slipway("retry", release.name)
    release.waits()
    release.slipway("approve", release.name, "--stage", "Production")
    done = release.slipway("watch", release.name, "--execution", run)
    assert "Production/Deploy Succeeded" in done.stdout
    views = [json.loads(line) for line in release.slipway("watch", release.name, "--json").stdout.splitlines()]
    assert views[-1]["status"] == "Succeeded" and views[-1]["executionId"] == run
    assert release.name in release.slipway("list").stdout

    release.slipway("start", release.name)
    release.waits()
    stopped = release.slipway("stop", release.name, "--abandon", "--reason", "Tea time").stdout
    again = re.search(r"--execution (\S+)", stopped).group(1)
    release.ends(again, "Stopped")
    assert release.slipway("watch", release.name, "--execution", again, check=False).returncode == 1
    offered = release.slipway("rollback", release.name).stdout
    assert run in offered and again not in offered
    refused = release.slipway("show", "nobody", check=False)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1


def test_a_template_that_cannot_be_deployed_is_explained_and_never_reaches_production(release, shared):
    release.waits()
    release.press("approve-Production-Agree")
    release.ends(release.run_of(release.head), "Succeeded")
    bad = release.push("Breaks the shop", value="")
    run = release.run_of(bad)
    release.ends(run, "Failed")
    page = release.page(f"/{run}")
    assert "Breaks the shop" in page and "do-retry" in page
    found = re.search(r'<p class="verdict bad"[^>]*>Rehearsal: ([^<]+)', page)
    assert found and len(found.group(1)) > 20, page[-4000:]
    figures = json.loads(shared.slipway("dora", "--service", release.name, "--json").stdout)["services"][0]
    assert (figures["deployments"], figures["failed"]) == (1, 0)


def test_a_transition_is_closed_and_opened_in_the_console(release):
    release.waits()
    assert release.press("disable-Production").endswith(release.name)
    page = release.page()
    assert "Transition disabled by root" in page and "do-enable-Production" in page
    release.press("enable-Production")
    assert "Transition disabled" not in release.page()
    forged, _ = ask(release.server, "POST", f"/pipelines/{release.name}/start", {"token": "0" * 64}, Cookie=COOKIE)
    assert forged.status == 403
    answer, text = ask(release.server, "GET", f"/pipelines/{release.name}/start", Cookie=COOKIE)
    assert answer.status == 303


@browser_needed
def test_an_open_pipeline_page_follows_and_its_buttons_work_on_a_phone_too(release, shared, browser, folder):
    run = release.run_of(release.head)
    place = f"{shared.endpoint}{ROOT}/pipelines/{release.name}"
    browser.open(f"{place}?region=eu-west-1")
    eventually("the button comes by itself", lambda: browser.run("!!document.getElementById('do-approve-Production-Agree')"))
    browser.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    width = browser.run("document.documentElement.scrollWidth")
    assert width <= 390, f"the page is {width} wide"
    browser.run("document.getElementById('do-approve-Production-Agree').click()")
    release.ends(run, "Succeeded")
    eventually("it says who approved", lambda: "Approved by root" in browser.text("main"))
    for page in (f"/pipelines/{release.name}/{run}", "/pipelines", "/dora", f"/dora/{release.name}", f"/repositories/{release.name}"):
        browser.open(f"{shared.endpoint}{ROOT}{page}")
        width = browser.run("document.documentElement.scrollWidth")
        assert width <= 390, f"{page} is {width} wide"
    for size in ("1200,1200", "390,1400"):
        picture = folder / f"{size}.png"
        chromium(folder / "picture", f"{place}?region=eu-west-1", f"--screenshot={picture}", f"--window-size={size}")
        assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 20_000
