"""Functions whose code is written in a template: the response module, and logs as JSON."""
import json
import shutil

import botocore.exceptions
import pytest

from conftest import eventually
from stacks import Stack, name

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}

PYTHON = """
import cfnresponse
def handler(event, context):
    wanted = event["ResourceProperties"].get("Status", "SUCCESS")
    if event["RequestType"] == "Delete": wanted = cfnresponse.SUCCESS
    cfnresponse.send(event, context, getattr(cfnresponse, wanted), {"A": "b"}, "made-of-python", reason="because")
"""
NODE = """
const response = require('cfn-response');
exports.handler = (event, context) => {
  const asked = event.ResourceProperties.Status;
  const status = event.RequestType !== 'Delete' && asked ? response[asked] : response.SUCCESS;
  response.send(event, context, status, {A: 'b'}, 'made-of-node', false, 'because');
};
"""
RUNTIMES = [("python3.11", PYTHON, "made-of-python"), pytest.param(
    "nodejs20.x", NODE, "made-of-node", marks=pytest.mark.skipif(not shutil.which("node"), reason="no node here"))]


def inline(runtime, code, **more):
    return {"Type": "AWS::Lambda::Function", "Properties": {
        "Runtime": runtime, "Handler": "index.handler", "Code": {"ZipFile": code}, "Timeout": 20,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}} | more}


def custom(**more):
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}} | more}


@pytest.mark.parametrize("runtime, code, physical", RUNTIMES)
def test_inline_code_answers_by_the_response_module(shared, runtime, code, physical):
    stack = Stack(shared)
    resources = {"Role": ROLE, "F": inline(runtime, code)}
    stack.create(resources | {"C": custom()}, {"Outputs": {"A": {"Value": {"Fn::GetAtt": ["C", "A"]}}}},
                 Capabilities=["CAPABILITY_IAM"])
    assert stack.outputs() == {"A": "b"} and stack.physical("C") == physical
    with pytest.raises(botocore.exceptions.ClientError, match="Update of resource type is not permitted"):
        stack.update(resources | {"C": custom() | {"Type": "Custom::Other"}}, Capabilities=["CAPABILITY_IAM"])
    stack.update(resources | {"C": custom(Status="FAILED")}, wait=None, Capabilities=["CAPABILITY_IAM"])
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert any("because" in event.get("ResourceStatusReason", "") for event in stack.events())
    stack.delete()


def test_code_that_does_not_load_the_module_is_packed_alone(shared):
    lambdas, sums = shared.client("lambda"), []
    for text in ["def handler(e, c): return 1", "import cfnresponse\ndef handler(e, c): return 1"]:
        stack = Stack(shared)
        stack.create({"Role": ROLE, "F": inline("python3.11", text)}, Capabilities=["CAPABILITY_IAM"])
        found = lambdas.get_function_configuration(FunctionName=stack.physical("F"))
        sums.append(found["CodeSize"] - len(text))
        stack.delete()
    assert sums[0] < 200 < sums[1]


@pytest.mark.parametrize("runtime, code", [
    ("python3.11", "import logging\ndef handler(e, c): logging.getLogger().warning('careful'); logging.error('bad')"),
    pytest.param("nodejs20.x", "exports.handler = async () => { console.warn('careful'); console.error('bad'); }",
                 marks=pytest.mark.skipif(not shutil.which("node"), reason="no node here"))])
def test_logs_are_json_of_the_levels_asked_for(shared, runtime, code):
    stack, lambdas, logs = Stack(shared), shared.client("lambda"), shared.client("logs")
    group = "/" + name("json")
    format = {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR", "SystemLogLevel": "DEBUG", "LogGroup": group}
    stack.create({"Role": ROLE, "F": inline(runtime, code, LoggingConfig=format)}, Capabilities=["CAPABILITY_IAM"])
    reply = lambdas.invoke(FunctionName=stack.physical("F"))
    request = reply["ResponseMetadata"]["RequestId"]

    def lines():
        found = logs.filter_log_events(logGroupName=group)["events"]
        read = [json.loads(event["message"]) for event in found]
        return read if any(line.get("type") == "platform.report" for line in read) else None
    try:
        read = eventually("the report", lines)
    finally:
        stack.delete()
    types = [line.get("type", line.get("message")) for line in read]
    types = [kind for kind in types if kind and "nearest version" not in kind]
    assert types == ["platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start", "bad",
                     "platform.runtimeDone", "platform.report"]
    report = read[-1]["record"]
    assert report["requestId"] == request and report["status"] == "success"
    assert report["metrics"]["memorySizeMB"] == 128 and report["metrics"]["initDurationMs"] > 0
    said = next(line for line in read if line.get("message") == "bad")
    assert said["level"] == "ERROR" and said["requestId"] == request
