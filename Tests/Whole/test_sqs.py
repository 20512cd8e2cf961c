"""Queues, driven by boto3 over sockets: order, visibility, dead letters, crashes."""
import concurrent.futures
import hashlib
import json
import threading
import time
import urllib.parse
import uuid

import botocore.exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import pytest
import requests

from conftest import eventually


@pytest.fixture
def sqs(shared):
    return shared.client("sqs")


@pytest.fixture
def queue(sqs):
    return sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]


@pytest.fixture
def fifo(sqs):
    return sqs.create_queue(
        QueueName=f"f-{uuid.uuid4().hex[:8]}.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]


def code(call, **input):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**input)
    return error.value.response["Error"]["Code"]


def bodies(sqs, queue, **options):
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, **options)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_a_message_goes_round(sqs, queue):
    sent = sqs.send_message(
        QueueUrl=queue, MessageBody="hello ✓", MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "greeting"}, "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            "size": {"DataType": "Number.int", "StringValue": "7"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}})
    assert sent["MD5OfMessageBody"] == hashlib.md5("hello ✓".encode()).hexdigest()
    message, = sqs.receive_message(  # boto3 itself checks the digests
        QueueUrl=queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])["Messages"]
    assert message["MessageId"] == sent["MessageId"] and message["Body"] == "hello ✓"
    assert message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\x01"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1" and message["Attributes"]["AWSTraceHeader"] == "Root=1"
    assert bodies(sqs, queue) == [], "it is in flight"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])  # again: nothing happens


def test_visibility_can_be_changed(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    first, = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"]
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    second, = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2" and second["ReceiptHandle"] != first["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])  # an old handle deletes nothing
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=1)
    start = time.monotonic()
    third, = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    assert 0.8 < time.monotonic() - start < 5, "a long poll ends when a message becomes visible by itself"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])
    assert code(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"],
                VisibilityTimeout=5) == "InvalidParameterValue"
    assert code(sqs.delete_message, QueueUrl=queue, ReceiptHandle="nonsense") == "ReceiptHandleIsInvalid"


def test_a_long_poll_ends_with_the_message(sqs, queue, shared):
    other = shared.client("sqs")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = time.monotonic()
        poll = pool.submit(bodies, other, queue, WaitTimeSeconds=20)
        threading.Event().wait(0.5)  # so that the poll is under way; too early a send would only make the test weaker
        sqs.send_message(QueueUrl=queue, MessageBody="now")
        assert poll.result() == ["now"] and time.monotonic() - start < 5


def test_delay_and_batches(sqs, queue):
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "a", "MessageBody": "later", "DelaySeconds": 1}, {"Id": "b", "MessageBody": "at once"},
        {"Id": "c", "MessageBody": "bad\x01"}])
    assert [one["Id"] for one in answer["Successful"]] == ["a", "b"]
    assert answer["Failed"][0]["Id"] == "c" and answer["Failed"][0]["Code"] == "InvalidMessageContents"
    assert bodies(sqs, queue) == ["at once"]
    message, = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "later"
    done = sqs.delete_message_batch(QueueUrl=queue, Entries=[
        {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "nonsense"}])
    assert [one["Id"] for one in done["Successful"]] == ["1"] and [one["Id"] for one in done["Failed"]] == ["2"]
    assert code(sqs.send_message_batch, QueueUrl=queue, Entries=[]).endswith("EmptyBatchRequest")
    assert code(sqs.send_message_batch, QueueUrl=queue, Entries=[
        {"Id": "a", "MessageBody": "x"}] * 2).endswith("BatchEntryIdsNotDistinct")
    assert code(sqs.send_message_batch, QueueUrl=queue, Entries=[
        {"Id": str(i), "MessageBody": "x"} for i in range(11)]).endswith("TooManyEntriesInBatchRequest")
    assert code(sqs.send_message_batch, QueueUrl=queue, Entries=[
        {"Id": str(i), "MessageBody": "x" * 600_000} for i in range(2)]).endswith("BatchRequestTooLong")


def test_fifo_keeps_order_within_groups(sqs, fifo):
    for number in range(4):
        for group in "ab":
            sqs.send_message(QueueUrl=fifo, MessageBody=f"{group}{number}", MessageGroupId=group)
    first = sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=2, AttributeNames=["All"])["Messages"]
    assert [m["Body"] for m in first] == ["a0", "a1"]
    assert first[0]["Attributes"]["SequenceNumber"] < first[1]["Attributes"]["SequenceNumber"]
    assert bodies(sqs, fifo) == ["b0", "b1", "b2", "b3"], "group a waits for what is in flight of it"
    assert bodies(sqs, fifo) == []
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first[0]["ReceiptHandle"])
    assert bodies(sqs, fifo) == []
    sqs.change_message_visibility(QueueUrl=fifo, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(sqs, fifo) == ["a1", "a2", "a3"]


def test_fifo_takes_a_message_once(sqs, fifo):
    one = sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g")
    two = sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="h")
    assert one["MessageId"] == two["MessageId"] and one["SequenceNumber"] == two["SequenceNumber"]
    sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="other")
    again = [sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=10, ReceiveRequestAttemptId="try")["Messages"]
             for _ in range(2)]
    assert [m["ReceiptHandle"] for m in again[0]] == [m["ReceiptHandle"] for m in again[1]] and len(again[0]) == 2
    assert code(sqs.send_message, QueueUrl=fifo, MessageBody="x") == "MissingParameter"
    assert code(sqs.send_message, QueueUrl=fifo, MessageBody="x", MessageGroupId="g",
                DelaySeconds=5) == "InvalidParameterValue"


def test_what_is_received_too_often_is_set_aside_and_brought_back(sqs, queue):
    grave = sqs.create_queue(QueueName=f"dead-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=grave, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    assert [bodies(sqs, queue) for _ in range(3)] == [["poison"], ["poison"], []]
    message, = sqs.receive_message(QueueUrl=grave, AttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(queue.split("/")[-1])
    assert sqs.list_dead_letter_source_queues(QueueUrl=grave)["queueUrls"] == [queue]
    task = sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
    assert task
    tasks = eventually("the move", lambda: [
        t for t in sqs.list_message_move_tasks(SourceArn=arn)["Results"] if t["Status"] == "COMPLETED"])
    assert tasks[0]["ApproximateNumberOfMessagesMoved"] == 1
    assert bodies(sqs, grave) == [] and bodies(sqs, queue) == ["poison"]
    assert code(sqs.set_queue_attributes, QueueUrl=queue, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn + "x", "maxReceiveCount": 2})}) == "InvalidParameterValue"


def test_queues_are_made_found_purged_and_deleted(sqs):
    name = f"many-{uuid.uuid4().hex[:8]}"
    urls = [sqs.create_queue(QueueName=f"{name}-{i}", tags={"n": str(i)})["QueueUrl"] for i in range(3)]
    assert sqs.create_queue(QueueName=f"{name}-0")["QueueUrl"] == urls[0]
    assert code(sqs.create_queue, QueueName=f"{name}-0", Attributes={"DelaySeconds": "9"}) == "QueueAlreadyExists"
    pages = list(sqs.get_paginator("list_queues").paginate(QueueNamePrefix=name, PaginationConfig={"PageSize": 2}))
    assert [len(page["QueueUrls"]) for page in pages] == [2, 1]
    assert sqs.list_queue_tags(QueueUrl=urls[2])["Tags"] == {"n": "2"}
    sqs.send_message(QueueUrl=urls[0], MessageBody="x")
    sqs.purge_queue(QueueUrl=urls[0])
    assert bodies(sqs, urls[0]) == []
    assert code(sqs.purge_queue, QueueUrl=urls[0]).endswith("PurgeQueueInProgress")
    sqs.delete_queue(QueueUrl=urls[0])
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as error:
        sqs.send_message(QueueUrl=urls[0], MessageBody="x")
    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert code(sqs.create_queue, QueueName="no spaces") == "InvalidParameterValue"
    assert code(sqs.create_queue, QueueName=f"{name}-1", Attributes={"Colour": "red"}) == "InvalidAttributeName"


def test_attributes_and_tags_that_aws_refuses(sqs, queue):
    def refused(call, **members):
        return pytest.raises(sqs.exceptions.ClientError, call, **members).value.response["Error"]

    unknown = refused(sqs.get_queue_attributes, QueueUrl=queue, AttributeNames=["QueueArn", "Colour"])
    assert (unknown["Code"], unknown["Message"]) == ("InvalidAttributeName", "Unknown Attribute Colour.")
    assert refused(sqs.tag_queue, QueueUrl=queue, Tags={"aws:mine": "x"})["Code"] == "InvalidParameterValue"
    many = refused(sqs.tag_queue, QueueUrl=queue, Tags={f"k{i}": "v" for i in range(51)})
    assert (many["Code"], many["Message"]) == ("InvalidParameterValue", "Too many tags added for queue.")
    assert sqs.list_queue_tags(QueueUrl=queue).get("Tags", {}) == {}


def test_permissions_make_a_policy(sqs, queue):
    sqs.add_permission(QueueUrl=queue, Label="let", AWSAccountIds=["210987654321"], Actions=["SendMessage"])
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"])
    assert policy["Statement"][0]["Action"] == "SQS:SendMessage"
    sqs.remove_permission(QueueUrl=queue, Label="let")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])


def posted(url, form):
    """What older clients send: a signed form to the queue's own address."""
    request = AWSRequest(
        "POST", url, data=urllib.parse.urlencode(form), headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials("test", "test"), "sqs", "eu-west-1").add_auth(request)
    return requests.post(url, data=request.data, headers=dict(request.headers))


def test_clients_from_before_json_post_forms_to_the_queue(shared, sqs, queue):
    path = urllib.parse.urlparse(queue).path
    form = {"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "old & <good>", "MessageAttribute.1.Name": "k",
            "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "v"}
    answer = posted(shared.endpoint + path, form)
    assert answer.status_code == 200 and "<SendMessageResult><MD5OfMessageBody>" in answer.text, answer.text
    form = {"Action": "ReceiveMessage", "Version": "2012-11-05", "AttributeName.1": "All", "MessageAttributeName.1": "All"}
    answer = posted(shared.endpoint + path, form).text
    assert "<Body>old &amp; &lt;good&gt;</Body>" in answer and "<Attribute><Name>SenderId</Name>" in answer
    assert "<MessageAttribute><Name>k</Name><Value>" in answer
    form = {"Action": "SendMessageBatch", "Version": "2012-11-05", "SendMessageBatchRequestEntry.1.Id": "a",
            "SendMessageBatchRequestEntry.1.MessageBody": "one"}
    assert "<SendMessageBatchResultEntry><Id>a</Id>" in posted(shared.endpoint + path, form).text
    missing = posted(shared.endpoint + path + "-none", {"Action": "PurgeQueue", "Version": "2012-11-05"})
    assert missing.status_code == 400 and "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in missing.text


def test_what_was_acknowledged_survives_a_power_cut(slipway):
    sqs = slipway.client("sqs")
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    fifo = sqs.create_queue(QueueName="line.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=plain, MessageBody=str(number))
        sqs.send_message(QueueUrl=fifo, MessageBody=str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    gone = sqs.receive_message(QueueUrl=plain)["Messages"][0]
    sqs.delete_message(QueueUrl=plain, ReceiptHandle=gone["ReceiptHandle"])
    held = sqs.receive_message(QueueUrl=plain, VisibilityTimeout=600)["Messages"][0]
    slipway.kill()
    slipway.start()
    sqs = slipway.client("sqs")
    plain, fifo = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("plain", "line.fifo"))
    seen = bodies(sqs, plain) + bodies(sqs, plain)
    assert sorted(seen, key=int) == [str(n) for n in range(20) if str(n) not in (gone["Body"], held["Body"])]
    sqs.delete_message(QueueUrl=plain, ReceiptHandle=held["ReceiptHandle"])  # its receiver still has it
    counts = sqs.get_queue_attributes(QueueUrl=plain, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "18"
    assert bodies(sqs, fifo) == [str(n) for n in range(10)]
    sqs.send_message(QueueUrl=fifo, MessageBody="0", MessageGroupId="g", MessageDeduplicationId="0")
    assert sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["All"])["Attributes"][
        "ApproximateNumberOfMessages"] == "10", "the deduplication id is remembered"


def test_many_receivers_share_and_lose_nothing(shared, sqs, queue):
    def work(_):
        client, seen = shared.client("sqs"), []
        while True:
            messages = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
            if not messages:
                return seen
            seen += [m["Body"] for m in messages]
            client.delete_message_batch(QueueUrl=queue, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])

    def send(part):
        client = shared.client("sqs")
        for start in range(0, 100, 10):
            client.send_message_batch(QueueUrl=queue, Entries=[
                {"Id": str(i), "MessageBody": f"{part}-{start + i}"} for i in range(10)])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        receivers = [pool.submit(work, i) for i in range(4)]
        list(pool.map(send, range(4)))
        seen = [body for receiver in receivers for body in receiver.result()]
    seen += [body for body in bodies(sqs, queue)]
    assert sorted(seen) == sorted(f"{part}-{i}" for part in range(4) for i in range(100))


def test_queues_are_made_from_templates(shared, sqs):
    cloudformation = shared.client("cloudformation")
    name = f"queues-{uuid.uuid4().hex[:8]}"
    template = {"Resources": {
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
        "Work": {"Type": "AWS::SQS::Queue", "Properties": {
            "VisibilityTimeout": 60, "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}}},
        "Line": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True, "ContentBasedDeduplication": True}},
        "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Work"}], "PolicyDocument": {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                           "Resource": {"Fn::GetAtt": ["Work", "Arn"]}}]}}}},
        "Outputs": {"Url": {"Value": {"Ref": "Work"}}, "Line": {"Value": {"Fn::GetAtt": ["Line", "QueueName"]}}}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    found = sqs.get_queue_attributes(QueueUrl=outputs["Url"], AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "60" and json.loads(found["RedrivePolicy"])["maxReceiveCount"] == 3
    assert "sns.amazonaws.com" in found["Policy"] and outputs["Line"].endswith(".fifo")
    template["Resources"]["Work"]["Properties"] = {"DelaySeconds": 5}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = sqs.get_queue_attributes(QueueUrl=outputs["Url"], AttributeNames=["All"])["Attributes"]
    assert found["DelaySeconds"] == "5" and found["VisibilityTimeout"] == "30" and "RedrivePolicy" not in found
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert code(sqs.get_queue_url, QueueName=outputs["Line"]).endswith("NonExistentQueue")
