"""The console, seen with a real browser: headless Chromium renders the pages of the built server."""
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import urllib.parse
import uuid

import pytest

from conftest import eventually, zipped

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
browser_needed = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium")
ROOT = "/_slipway/console"

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]}}]})
TEMPLATE = """
Resources:
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: "<b>bold</b>"}
Outputs:
  Name: {Value: !Ref Parameter}
"""


def chromium(folder, url, *options):
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/chromium",
        "--timeout=4000", *options, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def dom(folder, url):
    """The document as the browser has it after its script ran."""
    return chromium(folder, url, "--dump-dom").stdout


class Browser:
    """A page in Chromium that a test reads and clicks, by the DevTools protocol over pipes (no driver needed)."""

    def __init__(self, folder):
        command_end, self.commands = os.pipe()
        self.answers, answer_end = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/chromium", "--remote-debugging-pipe"]
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{command_end} 4>&{answer_end}', "bash", CHROMIUM, *options, "about:blank"],
            pass_fds=(command_end, answer_end), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(command_end)
        os.close(answer_end)
        self.rest, self.number, self.session = b"", 0, None
        page = next(t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]

    def send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                piece = os.read(self.answers, 1 << 16)
                assert piece, "Chromium ended"
                self.rest += piece
            text, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def run(self, script):
        return self.send("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def open(self, url):
        self.run("document.body.dataset.left = 'yes'")
        self.send("Page.navigate", url=url)
        state = "document.body.dataset.left ? 'old' : document.getElementById('live')?.textContent"
        eventually("the page is live", lambda: self.run(state) == "live")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)})?.textContent") or ""

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)


@pytest.fixture
def browser(folder):
    with contextlib.closing(Browser(folder)) as page:
        yield page


def ask(server, method, path, body=None, **headers):
    """One exchange; redirects are not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(body)
    connection.request(method, ROOT + path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def deploy_stack(server, name):
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def function(server, name):
    """A function with two versions and an alias, and a deployment group for it."""
    role = server.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    functions = server.client("lambda")
    for version in (1, 2):
        code = zipped(app_py=f"def handler(event, context):\n    print('version {version} <i>speaks</i>')\n    return {version}\n")
        if version == 1:
            functions.create_function(
                FunctionName=name, Runtime="python3.11", Role=role, Handler="app.handler", Code={"ZipFile": code})
        else:
            functions.update_function_code(FunctionName=name, ZipFile=code)
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    deploy = server.client("codedeploy")
    deploy.create_application(applicationName=name, computePlatform="Lambda")
    deploy.create_deployment_config(
        deploymentConfigName=name, computePlatform="Lambda",
        trafficRoutingConfig={"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 30}})
    deploy.create_deployment_group(
        applicationName=name, deploymentGroupName="live", serviceRoleArn=role, deploymentConfigName=name,
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"})
    return functions, deploy


def start_deployment(deploy, name):
    spec = (
        '{"version": 0.0, "Resources": [{"f": {"Type": "AWS::Lambda::Function", "Properties": {"Name": "%s", "Alias": "live", '
        '"CurrentVersion": "1", "TargetVersion": "2"}}}]}' % name)
    return deploy.create_deployment(
        applicationName=name, deploymentGroupName="live",
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": spec}})["deploymentId"]


def test_no_page_is_shown_without_a_session_and_every_page_has_its_headers(slipway):
    answer, text = ask(slipway, "GET", "/stacks")
    assert answer.status == 401 and "Secret access key" in text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    key, secret = slipway.credentials
    refused, _ = ask(slipway, "POST", "/login", {"accessKeyId": key, "secretAccessKey": secret + "x"})
    assert refused.status == 403 and "Set-Cookie" not in refused.headers
    accepted, _ = ask(slipway, "POST", "/login", {"accessKeyId": key, "secretAccessKey": secret})
    assert accepted.status == 303
    cookie = accepted.headers["Set-Cookie"].split(";")[0]
    answer, text = ask(slipway, "GET", "/stacks", Cookie=cookie)
    assert answer.status == 200 and "There is no stack" in text


@browser_needed
def test_a_stack_is_shown_with_its_resources_outputs_and_template(shared, folder):
    name = deploy_stack(shared, f"console-{uuid.uuid4().hex[:8]}")
    page = dom(folder, f"{shared.endpoint}{ROOT}/stacks/{name}?region=eu-west-1")
    for words in (name, "Create complete", "AWS::<wbr>SSM::<wbr>Parameter", "&lt;b&gt;bold&lt;/b&gt;"):
        assert words in page, f"{words} is not on the page\n{page[-3000:]}"
    assert "<b>bold</b>" not in page
    # The script ran, under the policy that allows no other.
    assert re.search(r'id="live"[^>]*>(connecting|live)<', page)


@browser_needed
def test_a_deployment_is_shown_while_it_runs_and_steered_from_its_page(shared, folder):
    name = f"console-{uuid.uuid4().hex[:8]}"
    functions, deploy = function(shared, name)
    deployment = start_deployment(deploy, name)
    weight = lambda: functions.get_alias(FunctionName=name, Name="live").get("RoutingConfig", {}).get("AdditionalVersionWeights")
    assert eventually("a tenth of the traffic", weight) == {"2": 0.1}
    place = f"/deployments/{deployment}?region=eu-west-1"
    page = dom(folder, f"{shared.endpoint}{ROOT}{place}")
    for words in ("90 %", "10 %", "version 2", " left", "do-promote", f"slipway abort {deployment}", "No alarm is watched"):
        assert words in page, f"{words} is not on the page\n{page[-3000:]}"

    for size in ("1200,1200", "390,1400"):
        picture = folder / f"{size}.png"
        chromium(folder, f"{shared.endpoint}{ROOT}{place}", f"--screenshot={picture}", f"--window-size={size}")
        assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 20_000

    token = re.search(r'name="token" value="(\w+)"', page).group(1)
    region = "slipway-region=eu-west-1"
    forged, _ = ask(shared, "POST", f"/deployments/{deployment}/abort", {"token": "0" * len(token)}, Cookie=region)
    assert forged.status == 403 and weight() == {"2": 0.1}
    foreign, _ = ask(shared, "POST", f"/deployments/{deployment}/abort", {"token": token}, Cookie=region, Sec_Fetch_Site="cross-site")
    assert foreign.status == 403 and weight() == {"2": 0.1}
    for action, seen in (("pause", "Paused"), ("resume", "It gets 100 %"), ("promote", "Succeeded")):
        answer, text = ask(shared, "POST", f"/deployments/{deployment}/{action}", {"token": token}, Cookie=region)
        assert answer.status == 303, text
        eventually(seen, lambda: seen in ask(shared, "GET", f"/deployments/{deployment}", Cookie=region)[1])
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    refused, text = ask(shared, "POST", f"/deployments/{deployment}/abort", {"token": token}, Cookie=region)
    assert refused.status == 400 and "already" in text


@browser_needed
def test_an_open_page_follows_what_happens_and_its_buttons_work(shared, browser):
    name = f"console-{uuid.uuid4().hex[:8]}"
    functions, deploy = function(shared, name)
    browser.open(f"{shared.endpoint}{ROOT}/?region=eu-west-1")
    browser.run("document.getElementById('under-way').dataset.mine = 'same element'")
    deployment = start_deployment(deploy, name)
    # Nobody touches the page: the event stream brings the new deployment into it, and what is there stays in place.
    eventually("the overview shows it", lambda: name in browser.text("#under-way") and "10 % of the traffic" in browser.text("#under-way"))

    browser.open(f"{shared.endpoint}{ROOT}/deployments/{deployment}")
    assert " left" in browser.text(".timeline .active .times")
    first = browser.text("#verdict")
    browser.run("document.getElementById('history').open = true; document.getElementById('do-promote').focus()")
    eventually("the time left moves on", lambda: browser.text("#verdict") != first)
    assert browser.run("document.activeElement.id") == "do-promote"
    assert browser.run("document.getElementById('history').open") is True

    browser.run("document.getElementById('do-promote').click()")
    eventually("all traffic on the new version", lambda: "Succeeded" in browser.text("#verdict"))
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    browser.run("document.getElementById('do-rollback').click()")
    eventually("all traffic back", lambda: "All traffic goes to version 1" in browser.text("#verdict"))
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"


def test_a_function_is_shown_with_its_versions_and_last_lines(shared):
    name = f"console-{uuid.uuid4().hex[:8]}"
    functions, _ = function(shared, name)
    functions.invoke(FunctionName=f"{name}:live")
    lines = lambda: ask(shared, "GET", f"/functions/{name}", Cookie="slipway-region=eu-west-1")[1]
    eventually("its line", lambda: "version 1 &lt;i&gt;speaks" in lines())
    page = lines()
    for words in ("All traffic goes to version 1", "python3.11", "$LATEST", f"slipway invoke {name}"):
        assert words in page
