"""What comes from outside may be anything: it gets AWS's error or a clear one, and the server stays up and small."""
import json
import socket
import time
import zipfile

import botocore.exceptions
import pytest
import requests

from conftest import eventually, zipped


@pytest.fixture
def memory(shared):
    """Fails the test if the server grew by more than the allowance."""
    def size():
        for line in open(f"/proc/{shared.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
    before = size()
    yield
    assert size() < before + 150, f"{before} -> {size()} MB"


def alive(server):
    assert server.client("sts").get_caller_identity()["Account"]


def template_error(server, body):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        server.client("cloudformation").create_stack(StackName="bad", TemplateBody=body)
    answer = error.value.response["Error"]
    assert answer["Code"] == "ValidationError"
    return answer["Message"]


def test_a_yaml_bomb_is_refused(shared, memory):
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{i}: &a{i} [{','.join(f'*a{i-1}' for _ in range(10))}]" for i in range(1, 12)]
    assert template_error(shared, "\n".join(lines)).startswith("Template format error: YAML not well-formed.")
    alive(shared)


def test_cycles_are_named(shared):
    template = {"Resources": {
        "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "B"}}},
        "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "A"}}}}}
    message = template_error(shared, json.dumps(template))
    assert "Circular dependency between resources: [" in message and "A" in message and "B" in message


@pytest.mark.parametrize("body, words", [
    ("Resources: {A: {Type: 'AWS::Made::Up'}}", "AWS::Made::Up"),
    ("Resources: {A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: v, Colour: red}}}", "Colour"),
    ("Resources: {A: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !Ref Nobody}}}", "Nobody"),
    ("Resources: [", "format"),
    ("a: 1", "Invalid template property or properties [a]"),
    ("{\"Resources\": {", "format"),
])
def test_faulty_templates_touch_nothing(shared, body, words):
    assert words.lower() in template_error(shared, body).lower()
    assert "bad" not in [s["StackName"] for s in shared.client("cloudformation").list_stacks()["StackSummaries"]]


def test_zip_slip_and_zip_bombs_are_refused(shared, memory, tmp_path):
    lambda_ = shared.client("lambda")

    def refusal(code):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            lambda_.create_function(FunctionName="bad", Runtime="python3.11", Handler="a.b", Role="arn:aws:iam::000000000000:role/r",
                                    Code={"ZipFile": code})
        assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"
        return str(error.value)
    slip = zipped(a_py="x")
    slip = slip.replace(b"a.py", b"../p")
    refusal(slip)
    refusal(b"not a zip")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros", "w") as entry:
            for _ in range(400):
                entry.write(bytes(1 << 20))
    refusal(bomb.read_bytes())
    alive(shared)


def test_half_open_and_garbage_connections_do_no_harm(shared):
    sockets = []
    for text in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc", b"\x16\x03\x01" * 100, b"G" * 100_000):
        s = socket.create_connection(("127.0.0.1", shared.port))
        try:
            s.sendall(text)
        except OSError:
            pass
        sockets.append(s)
    alive(shared)
    garbage = sockets[3]
    garbage.settimeout(5)
    assert garbage.recv(100).startswith(b"HTTP/1.1 400") or garbage.recv(1) == b""
    for s in sockets:
        s.close()
    alive(shared)


def test_a_slow_reader_does_not_fill_the_servers_memory(shared, memory):
    s3 = shared.client("s3")
    s3.create_bucket(Bucket="slow-reader", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="slow-reader", Key="k", Body=bytes(100 << 20))
    s = socket.create_connection(("127.0.0.1", shared.port))
    s.sendall(b"GET /slow-reader/k HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.recv(1000).startswith(b"HTTP/1.1 200")
    alive(shared)
    s.close()


def test_a_body_beyond_the_limit_is_refused(shared, memory):
    answer = requests.post(shared.endpoint, data=b"Action=ListStacks&x=" + b"y" * (70 << 20),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (400, 413)
    alive(shared)


@pytest.mark.parametrize("headers, body, status", [
    ({"X-Amz-Target": "CodeDeploy_20141006.Nonsense", "Content-Type": "application/x-amz-json-1.1"}, b"{}", 400),
    ({"X-Amz-Target": "CodeDeploy_20141006.GetApplication", "Content-Type": "application/x-amz-json-1.1"}, b"{", 400),
    ({"X-Amz-Target": "CodeDeploy_20141006.GetApplication", "Content-Type": "application/x-amz-json-1.1"}, b"[" * 100_000, 400),
    ({"X-Amz-Target": "Nobody.Nothing", "Content-Type": "application/x-amz-json-1.1"}, b"{}", 501),
    ({"Content-Type": "application/x-www-form-urlencoded", "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=0"},
     b"Action=Nonsense&Version=2011-06-15", 400),
])
def test_unknown_operations_and_broken_bodies(shared, headers, body, status):
    answer = requests.post(shared.endpoint, data=body, headers=headers)
    assert answer.status_code == status or answer.status_code == 400, answer.text


def test_a_property_that_is_not_done_is_refused_by_name(shared):
    lambda_ = shared.client("lambda")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        lambda_.create_function(
            FunctionName="f", Runtime="python3.11", Handler="a.b", Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": zipped(a_py="")}, FileSystemConfigs=[{"Arn": "arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/fsap-12345678901234567", "LocalMountPath": "/mnt/a"}])
    assert "FileSystemConfigs" in str(error.value)


def test_a_function_that_floods_its_log_or_forks_is_held(shared, memory):
    lambda_ = shared.client("lambda")
    lambda_.create_function(
        FunctionName="flood", Runtime="python3.11", Handler="a.h", Role="arn:aws:iam::000000000000:role/r", Timeout=3,
        Code={"ZipFile": zipped(a_py="import os\ndef h(e, c):\n while True:\n  print('x' * 1000)\n")})
    lambda_.get_waiter("function_active_v2").wait(FunctionName="flood")
    body = json.load(lambda_.invoke(FunctionName="flood")["Payload"])
    assert "timed out" in body["errorMessage"]
    lambda_.update_function_code(FunctionName="flood", ZipFile=zipped(a_py="import os\ndef h(e, c):\n while True:\n  os.fork()\n"))
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="flood")
    answer = lambda_.invoke(FunctionName="flood")
    assert answer["FunctionError"] == "Unhandled"
    alive(shared)


def test_tags_that_are_awss_own_are_refused(shared):
    mark = "aws:mine"
    functions, topics, events = shared.client("lambda"), shared.client("sns"), shared.client("events")
    builds, deploy, alarms = shared.client("codebuild"), shared.client("codedeploy"), shared.client("cloudwatch")
    code = {"Runtime": "python3.11", "Handler": "a.b", "Role": "arn:aws:iam::000000000000:role/r",
            "Code": {"ZipFile": zipped(a_py="")}}
    project = {"source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"}, "artifacts": {"type": "NO_ARTIFACTS"},
               "serviceRole": code["Role"], "environment": {
                   "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}}
    alarm = {"Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
             "ComparisonOperator": "GreaterThanThreshold"}
    many = {f"k{i}": "v" for i in range(51)}
    for call, members, wanted in (
            (functions.create_function, {"FunctionName": "tagged", "Tags": {mark: "x"}, **code}, "InvalidParameterValueException"),
            (functions.create_function, {"FunctionName": "tagged", "Tags": many, **code}, "InvalidParameterValueException"),
            (topics.create_topic, {"Name": "tagged", "Tags": [{"Key": mark, "Value": "x"}]}, "InvalidParameter"),
            (events.put_rule, {"Name": "tagged", "EventPattern": '{"source": ["a"]}', "Tags": [{"Key": mark, "Value": "x"}]},
             "ValidationException"),
            (builds.create_project, {"name": "tagged", "tags": [{"key": mark, "value": "x"}], **project}, "InvalidInputException"),
            (deploy.create_application, {"applicationName": "tagged", "tags": [{"Key": mark, "Value": "x"}]},
             "InvalidTagsToAddException"),
            (alarms.put_metric_alarm, {"AlarmName": "tagged", "Tags": [{"Key": mark, "Value": "x"}], **alarm},
             "InvalidParameterValue")):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call(**members)
        assert error.value.response["Error"]["Code"] == wanted, error.value


def test_a_page_begins_only_where_its_own_operation_said(shared):
    sqs, topics, events, functions = (shared.client(one) for one in ("sqs", "sns", "events", "lambda"))
    for number in range(2):
        sqs.create_queue(QueueName=f"paged-{number}")
        events.put_rule(Name=f"paged-{number}", EventPattern='{"source": ["a"]}')
    token = sqs.list_queues(QueueNamePrefix="paged-", MaxResults=1)["NextToken"]
    assert sqs.list_queues(QueueNamePrefix="paged-", MaxResults=1, NextToken=token)["QueueUrls"][0].endswith("paged-1")
    other = events.list_rules(NamePrefix="paged-", Limit=1)["NextToken"]
    assert events.list_rules(NamePrefix="paged-", Limit=1, NextToken=other)["Rules"][0]["Name"] == "paged-1"
    for call, members, wanted in (
            (sqs.list_queues, {"NextToken": "zzz", "MaxResults": 1}, "InvalidParameterValue"),
            (sqs.list_queues, {"NextToken": other, "MaxResults": 1}, "InvalidParameterValue"),
            (topics.list_topics, {"NextToken": "zzz"}, "InvalidParameter"),
            (topics.list_subscriptions, {"NextToken": token}, "InvalidParameter"),
            (events.list_rules, {"NextToken": token}, "ValidationException"),
            (events.list_event_buses, {"NextToken": other}, "ValidationException"),
            (functions.list_functions, {"Marker": "zzz"}, "InvalidParameterValueException"),
            (functions.list_functions, {"Marker": other}, "InvalidParameterValueException")):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call(**members)
        assert error.value.response["Error"]["Code"] == wanted, error.value


def test_code_comes_from_one_place(shared):
    functions = shared.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="do not provide other FunctionCode"):
        functions.create_function(
            FunctionName="two-places", Runtime="python3.11", Handler="a.b", Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": zipped(a_py=""), "S3Bucket": "bucket", "S3Key": "k"})
