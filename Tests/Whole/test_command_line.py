"""The program's own commands, right and wrong: an error says what is the matter and what to do, and exits with 1."""
import json
import subprocess

import pytest

from conftest import BINARY, Slipway, make_free_port, zipped


def slipway(*command, home):
    """Runs a command as somebody who has nothing yet."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"}
    return subprocess.run([BINARY, *map(str, command)], env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", [
    ["env"], ["watch"], ["why"], ["promote"], ["pause"], ["resume"], ["abort"], ["rollback", "f"], ["logs", "f"], ["invoke", "f"]])
def test_without_a_server_one_is_told_to_start_it(command, tmp_path):
    done = slipway(*command, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: No Slipway has run on {tmp_path}/.slipway yet. Start one: slipway serve --data {tmp_path}/.slipway\n")
    assert not (tmp_path / ".slipway").exists()


def test_a_damaged_access_file_is_called_so(tmp_path):
    (tmp_path / "access.json").write_text('{"accessKeyId":')
    done = slipway("env", "--data", tmp_path, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"Error: '{tmp_path}/access.json' is damaged. The server writes it anew when it starts.\n"


def test_a_server_that_is_gone_is_missed_in_one_line(tmp_path):
    port = make_free_port()
    access = {"endpoint": f"http://127.0.0.1:{port}", "accessKeyId": "a", "secretAccessKey": "s", "region": "eu-west-1"}
    (tmp_path / "access.json").write_text(json.dumps(access))
    done = slipway("watch", "--data", tmp_path, home=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: Nobody answers at 127.0.0.1:{port}: Connection refused. Is 'slipway serve' running there?\n")
    doctor = slipway("doctor", "--data", tmp_path, home=tmp_path)
    assert doctor.stderr == "" and "Nobody answers" in doctor.stdout


def test_the_doctor_looks_at_the_folder_that_the_server_uses(shared, tmp_path):
    said = shared.slipway("doctor").stdout
    assert f"answers at {shared.endpoint}" in said and f"with its data in {shared.folder}" in said
    assert f"data folder: {shared.folder}, " in said
    # Another folder than that of the server which answers there.
    (tmp_path / "access.json").write_text((shared.folder / "access.json").read_text())
    findings = json.loads(slipway("doctor", "--json", "--data", tmp_path, home=tmp_path).stdout)
    server = next(one for one in findings if one["subject"] == "server")
    assert server["standing"] == "limited" and f"not in {tmp_path}" in server["message"]
    alone = slipway("doctor", home=tmp_path / "none").stdout
    assert f"data folder: {tmp_path}/none/.slipway, " in alone and "server: " in alone


@pytest.mark.parametrize("command, words", [
    (["watch"], "There has been no deployment yet."), (["why"], "No deployment has failed or was stopped."),
    (["watch", "d-NOPE"], "The deployment d-NOPE could not be found"), (["why", "nonsense"], "There is no deployment and no stack 'nonsense'."),
    (["abort"], "No deployment is under way."), (["rollback", "nobody"], "Function not found: arn:aws:lambda:"),
    (["invoke", "nobody"], "Function not found: arn:aws:lambda:"),
    (["invoke", "nobody", "--payload", "@/none"], "'/none' cannot be read."),
    (["logs", "nobody"], "There is no log group /aws/lambda/nobody in us-east-1. A function has one as soon as it has run."),
    (["logs", "/none"], "There is no log group /none in us-east-1."),
    (["logs", "x", "--since", "5parsecs"], "'5parsecs' is no time span.")])
def test_wrong_ids_are_named(shared, command, words, tmp_path):
    done = slipway(*command, "--data", shared.folder, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {words}") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("options, words", [
    (["--listen", "nonsense"], "'nonsense' is no address. Write HOST:PORT"),
    (["--listen", "127.0.0.1:99999"], "'127.0.0.1:99999' is no address."),
    (["--listen", "0.0.0.0:0", "--no-auth"], "--no-auth accepts anyone and is for loopback only"),
    (["--listen", "127.0.0.1:0", "--data", "/proc/none"], "The data folder /proc/none cannot be used: ")])
def test_a_server_that_cannot_start_says_why(options, words, tmp_path):
    done = slipway("serve", *options, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {words}")
    assert "NSUnderlyingError" not in done.stderr and "descriptor:" not in done.stderr


def test_one_address_and_one_folder_for_one_server(shared, tmp_path):
    second = slipway("serve", "--listen", f"127.0.0.1:{shared.port}", "--data", tmp_path / "other", home=tmp_path)
    assert second.returncode == 1
    assert second.stderr == (
        f"Error: Slipway cannot listen on 127.0.0.1:{shared.port}: Address already in use. Is another one running there?\n")
    second = slipway("serve", "--listen", "127.0.0.1:0", "--data", shared.folder, home=tmp_path)
    assert second.returncode == 1 and "Another Slipway has the data folder" in second.stderr


def test_transform_needs_nothing_but_a_template(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text("""
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.11, Handler: a.b, InlineCode: x}
""")
    done = slipway("transform", template, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {r["Type"] for r in json.loads(done.stdout)["Resources"].values()} == {"AWS::IAM::Role", "AWS::Lambda::Function"}
    for text, words in (("Resources: {A: [}", f"Error: {template}:1:17: "),
                        ("Resources: {F: {Type: AWS::Serverless::Function}}", "Invalid Serverless Application Specification")):
        template.write_text(text)
        done = slipway("transform", template, home=tmp_path)
        assert done.returncode == 1 and done.stderr.startswith(words)
    assert "cannot be read" in slipway("transform", tmp_path / "none", home=tmp_path).stderr
    (tmp_path / "context").write_text("{")
    assert "is no JSON" in slipway("transform", template, "--context", tmp_path / "context", home=tmp_path).stderr


def test_rehearsals(tmp_path):
    good = slipway("rehearse", "--error-rate", "0", "--json", home=tmp_path)
    assert good.returncode == 0 and good.stderr == ""
    for options, words in ((["--strategy", "x"], "is no strategy"), (["--error-rate", "7"], "rates are 0 to 1")):
        done = slipway("rehearse", *options, home=tmp_path)
        assert done.returncode == 1 and words in done.stderr


def test_support_is_told_without_noise(tmp_path):
    done = slipway("support", "cloudformation", "CreateStack", home=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "StackName" in done.stdout
    assert "offers no such operation" in slipway("support", "nobody", home=tmp_path).stderr


def test_watching_can_wait_for_the_next_deployment(folder, tmp_path):
    server = Slipway(folder / "data").start()
    try:
        watch = subprocess.Popen(
            [BINARY, "watch", "--wait", "--data", server.folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert watch.stderr.readline() == "No deployment is under way. Waiting for the next one.\n"
        deployment = begin_deployment(server)
        out, _ = watch.communicate(timeout=60)
        assert watch.returncode == 0
        assert f"{deployment} All traffic goes to version 2." in out
        assert slipway("watch", "--data", server.folder, home=tmp_path).stdout == out
    finally:
        server.stop()


def begin_deployment(server):
    """Shifts a function's alias from version 1 to version 2 at once."""
    lambda_, codedeploy = (server.client(service, region="us-east-1") for service in ("lambda", "codedeploy"))
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]}}]}
    role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for version in (1, 2):
        code = zipped(app_py=f"def handler(e, c): return {version}")
        if version == 1:
            lambda_.create_function(
                FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=role, Code={"ZipFile": code})
        else:
            lambda_.update_function_code(FunctionName="f", ZipFile=code)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.1})
        lambda_.publish_version(FunctionName="f")
    lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    codedeploy.create_application(applicationName="a", computePlatform="Lambda")
    codedeploy.create_deployment_group(
        applicationName="a", deploymentGroupName="g", serviceRoleArn=role,
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"})
    target = {"Type": "AWS::Lambda::Function",
              "Properties": {"Name": "f", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}
    content = json.dumps({"version": 0.0, "Resources": [{"f": target}]})
    return codedeploy.create_deployment(
        applicationName="a", deploymentGroupName="g",
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}})["deploymentId"]
