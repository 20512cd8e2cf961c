"""Ordinary use of each service by boto3 and the aws CLI."""
import io
import json
import time
import uuid

import botocore.exceptions
import pytest

from conftest import eventually, zipped


def name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def code_of(error):
    return error.value.response["Error"]["Code"]


def test_who_am_i(shared):
    identity = shared.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert shared.client("sts", key="111122223333", secret="x").get_caller_identity()["Account"] == "111122223333"


def test_objects_of_all_sizes_come_back_as_they_went(shared):
    s3 = shared.client("s3")
    bucket = name("b")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for size in (0, 1, 1000, 70_000, 3_000_000):
        body = bytes(i % 251 for i in range(size))
        put = s3.put_object(Bucket=bucket, Key=f"k/{size}", Body=body, Metadata={"size": str(size)})
        got = s3.get_object(Bucket=bucket, Key=f"k/{size}")
        assert got["Body"].read() == body
        assert got["ETag"] == put["ETag"]
        assert got["Metadata"] == {"size": str(size)}
    assert [o["Size"] for o in s3.list_objects_v2(Bucket=bucket, Prefix="k/")["Contents"]] == [0, 1, 1000, 3_000_000, 70_000]
    assert s3.get_object(Bucket=bucket, Key="k/1000", Range="bytes=10-19")["Body"].read() == bytes(range(10, 20))
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="none")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert code_of(error) == "BucketNotEmpty"


def test_a_large_file_goes_up_in_parts(shared, tmp_path):
    bucket = name("b")
    file = tmp_path / "large"
    file.write_bytes(b"0123456789abcdef" * (20 << 16))
    shared.run("aws", "s3", "mb", f"s3://{bucket}")
    shared.run("aws", "s3", "cp", file, f"s3://{bucket}/large")
    shared.run("aws", "s3", "cp", f"s3://{bucket}/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert "large" in shared.run("aws", "s3", "ls", f"s3://{bucket}").stdout
    shared.run("aws", "s3", "rb", f"s3://{bucket}", "--force")


def test_a_presigned_url_works_without_credentials(slipway):
    import urllib.request
    s3 = slipway.client("s3", region="us-east-1", config={"signature_version": "s3v4"})
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="k", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "k"})
    assert urllib.request.urlopen(url).read() == b"hello"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url.replace("Signature=", "Signature=0"))
    assert error.value.code == 403


def test_parameters(shared):
    ssm = shared.client("ssm")
    path = f"/{name('p')}"
    ssm.put_parameter(Name=f"{path}/a", Value="1", Type="String")
    ssm.put_parameter(Name=f"{path}/b", Value="secret", Type="SecureString")
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=f"{path}/a", Value="2", Type="String")
    got = ssm.get_parameters_by_path(Path=path, WithDecryption=True)["Parameters"]
    assert {p["Name"]: p["Value"] for p in got} == {f"{path}/a": "1", f"{path}/b": "secret"}
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=f"{path}/none")


def test_logs_can_be_followed(shared):
    logs = shared.client("logs")
    group = name("/g")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group, logStreamName="s",
        logEvents=[{"timestamp": now + i, "message": f"line {i} {'ERROR' if i % 2 else 'ok'}"} for i in range(10)])
    found = logs.filter_log_events(logGroupName=group, filterPattern="ERROR")["events"]
    assert len(found) == 5
    assert "line 9" in shared.slipway("logs", group, "--since", "1h").stdout


def test_an_alarm_follows_its_metric(shared):
    cloudwatch = shared.client("cloudwatch")
    alarm = name("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace="T", MetricName=alarm, Statistic="Sum", Period=10, EvaluationPeriods=1,
        Threshold=5, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching")
    cloudwatch.put_metric_data(Namespace="T", MetricData=[{"MetricName": alarm, "Value": 6, "StorageResolution": 1}])

    def state():
        return cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    fired = eventually("the alarm", lambda: state() if state()["StateValue"] == "ALARM" else None, within=15)
    assert fired["StateReason"].startswith("Threshold Crossed")


def make_function(server, code, handler="app.handler", runtime="python3.11", **options):
    function = name("f")
    lambda_ = server.client("lambda")
    lambda_.create_function(
        FunctionName=function, Runtime=runtime, Handler=handler, Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": code}, **options)
    lambda_.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})
    return lambda_, function


def test_a_function_runs_and_tells_of_its_failures(shared):
    lambda_, function = make_function(shared, zipped(app_py="""
import os, sys, time
def handler(event, context):
    print("got", event)
    if event.get("fail"): raise ValueError("no " + event["fail"])
    if event.get("exit"): os._exit(3)
    if event.get("sleep"): time.sleep(event["sleep"])
    return {"name": context.function_name, "version": context.function_version, "echo": event}
"""), Timeout=2)
    answer = lambda_.invoke(FunctionName=function, Payload=b'{"a": 1}', LogType="Tail")
    assert json.load(answer["Payload"]) == {"name": function, "version": "$LATEST", "echo": {"a": 1}}
    import base64
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "got {'a': 1}" in tail and "REPORT RequestId" in tail

    failed = lambda_.invoke(FunctionName=function, Payload=b'{"fail": "way"}')
    assert failed["FunctionError"] == "Unhandled"
    body = json.load(failed["Payload"])
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "no way")
    body = json.load(lambda_.invoke(FunctionName=function, Payload=b'{"exit": 1}')["Payload"])
    assert body["errorType"] == "Runtime.ExitError"
    body = json.load(lambda_.invoke(FunctionName=function, Payload=b'{"sleep": 5}')["Payload"])
    assert "Task timed out after 2.00 seconds" in body["errorMessage"]
    assert json.load(lambda_.invoke(FunctionName=function)["Payload"])["echo"] == {}


def test_a_weighted_alias_splits_its_traffic(shared):
    lambda_, function = make_function(shared, zipped(app_py="def handler(e, c): return c.function_version"))
    one = lambda_.publish_version(FunctionName=function)["Version"]
    lambda_.update_function_code(
        FunctionName=function, ZipFile=zipped(app_py="def handler(e, c): return c.function_version + '!'"))
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.1})
    two = lambda_.publish_version(FunctionName=function)["Version"]
    lambda_.create_alias(
        FunctionName=function, Name="live", FunctionVersion=one,
        RoutingConfig={"AdditionalVersionWeights": {two: 0.5}})
    seen = [lambda_.invoke(FunctionName=f"{function}:live")["ExecutedVersion"] for _ in range(60)]
    assert set(seen) == {one, two}


def test_a_function_url_speaks_http(shared):
    import urllib.request
    lambda_, function = make_function(shared, zipped(app_py="""
def handler(event, context):
    return {"statusCode": 201, "headers": {"x-path": event["rawPath"]}, "body": event.get("body", "") + "!"}
"""))
    url = lambda_.create_function_url_config(FunctionName=function, AuthType="NONE")["FunctionUrl"]
    lambda_.add_permission(
        FunctionName=function, StatementId="u", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    answer = urllib.request.urlopen(urllib.request.Request(url + "a/b?c=d", data=b"hello", headers={"Content-Type": "text/plain"}))
    assert answer.status == 201
    assert answer.headers["x-path"] == "/a/b"
    assert answer.read() == b"hello!"


def test_a_custom_bootstrap_runs(shared):
    bootstrap = """#!/bin/sh
while true; do
  curl -sS -D /tmp/h -o /tmp/b "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
  id=$(grep -i '^lambda-runtime-aws-request-id' /tmp/h | tr -d '\\r' | cut -d' ' -f2)
  curl -sS -X POST --data-binary @/tmp/b "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" >/dev/null
done
"""
    lambda_, function = make_function(shared, zipped(bootstrap=bootstrap), handler="any", runtime="provided.al2023")
    assert json.load(lambda_.invoke(FunctionName=function, Payload=b'{"x": [1]}')["Payload"]) == {"x": [1]}


def test_a_node_function_runs(shared):
    lambda_, function = make_function(
        shared, zipped(index_js="exports.handler = async (event) => { if (event.bad) throw new TypeError('bad'); return {n: event.n + 1}; }"),
        handler="index.handler", runtime="nodejs20.x")
    assert json.load(lambda_.invoke(FunctionName=function, Payload=b'{"n": 1}')["Payload"]) == {"n": 2}
    body = json.load(lambda_.invoke(FunctionName=function, Payload=b'{"bad": 1}')["Payload"])
    assert body["errorType"] == "TypeError"


def test_clear_refusals(shared):
    lambda_ = shared.client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException) as error:
        lambda_.get_function(FunctionName="nobody")
    assert "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody" in str(error.value)
    cloudformation = shared.client("cloudformation")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        cloudformation.describe_stacks(StackName="nobody")
    assert code_of(error) == "ValidationError"
    assert "Stack with id nobody does not exist" in str(error.value)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        shared.client("dynamodb").list_tables()
    assert "dynamodb" in str(error.value).lower()
