"""The console, seen with a real browser: headless Chromium renders the pages of the built server."""
import http.client
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
    role = server.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument='{"Statement": []}')["Role"]["Arn"]
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
    # The script ran, under the policy that allows no other: it says that the page is live.
    assert re.search(r'id="live"[^>]*>live<', page)


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


def test_a_function_is_shown_with_its_versions_and_last_lines(shared):
    name = f"console-{uuid.uuid4().hex[:8]}"
    functions, _ = function(shared, name)
    functions.invoke(FunctionName=f"{name}:live")
    lines = lambda: ask(shared, "GET", f"/functions/{name}", Cookie="slipway-region=eu-west-1")[1]
    eventually("its line", lambda: "version 1 &lt;i&gt;speaks" in lines())
    page = lines()
    for words in ("All traffic goes to version 1", "python3.11", "$LATEST", f"slipway invoke {name}"):
        assert words in page
