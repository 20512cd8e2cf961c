"""Functions fed from queues: batches, failures, filters, templates, crashes."""
import json
import uuid

import botocore.exceptions
import pytest

from conftest import CLIENT, eventually, zipped

# Tells what it was given by sending it to another queue: what tests can see without reading logs.
HANDLER = CLIENT + '''
def handler(event, context):
    bodies = [r["body"] for r in event["Records"]]
    record = event["Records"][0]
    assert record["eventSource"] == "aws:sqs" and record["eventSourceARN"].split(":")[2] == "sqs"
    count = max(int(r["attributes"]["ApproximateReceiveCount"]) for r in event["Records"])
    seen = json.dumps({"bodies": bodies, "count": count})
    call("sqs", "SendMessage", QueueUrl=os.environ["SEEN"], MessageBody=seen)
    if "crash" in bodies and count == 1:
        raise ValueError("as asked")
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"]
                                  if r["body"] == "bad" and r["attributes"]["ApproximateReceiveCount"] == "1"]}
'''


def code(call, **input):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**input)
    return error.value.response["Error"]["Code"]


class Feed:
    """A queue, a function, and a queue where the function tells what it saw."""

    def __init__(self, server, fifo=False, **mapping):
        self.server, self.sqs, self.functions = server, server.client("sqs"), server.client("lambda")
        self.name = f"feed-{uuid.uuid4().hex[:8]}"
        ending = ".fifo" if fifo else ""
        attributes = {"VisibilityTimeout": "3"} | (
            {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {})
        self.queue = self.sqs.create_queue(QueueName=self.name + ending, Attributes=attributes)["QueueUrl"]
        self.seen = self.sqs.create_queue(QueueName=self.name + "-seen")["QueueUrl"]
        self.arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.functions.create_function(
            FunctionName=self.name, Runtime="python3.12", Handler="index.handler", Timeout=3,
            Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": zipped(index_py=HANDLER)},
            Environment={"Variables": {"SEEN": self.seen, "AWS_ENDPOINT_URL": server.endpoint}})
        self.mapping = self.functions.create_event_source_mapping(
            EventSourceArn=self.arn, FunctionName=self.name, **mapping)

    def send(self, *bodies, **options):
        self.sqs.send_message_batch(QueueUrl=self.queue, Entries=[
            {"Id": str(i), "MessageBody": body, **options} for i, body in enumerate(bodies)])

    def invocation(self):
        """What the function saw next."""
        message, = eventually("an invocation", lambda: self.sqs.receive_message(
            QueueUrl=self.seen, WaitTimeSeconds=2).get("Messages"))
        self.sqs.delete_message(QueueUrl=self.seen, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])

    def is_empty(self):
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])["Attributes"]
        return found["ApproximateNumberOfMessages"] == found["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_messages_reach_the_function_and_are_deleted(shared):
    feed = Feed(shared)
    feed.send("a", "b", "c")
    seen = []
    while len(seen) < 3:
        seen += feed.invocation()["bodies"]
    assert sorted(seen) == ["a", "b", "c"]
    eventually("the queue to be empty", feed.is_empty)
    found = eventually("the result to be noted", lambda: (
        m if "LastProcessingResult" in (m := feed.functions.get_event_source_mapping(UUID=feed.mapping["UUID"])) else None))
    assert found["State"] == "Enabled" and found["BatchSize"] == 10 and found["LastProcessingResult"] == "OK"
    assert feed.functions.list_event_source_mappings(FunctionName=feed.name)["EventSourceMappings"][0]["UUID"] == found["UUID"]


def test_a_failed_batch_comes_again(shared):
    feed = Feed(shared)
    feed.send("crash")
    assert feed.invocation() == {"bodies": ["crash"], "count": 1}
    assert feed.invocation() == {"bodies": ["crash"], "count": 2}
    eventually("the queue to be empty", feed.is_empty)


def test_only_the_failed_items_come_again(shared):
    feed = Feed(shared, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumBatchingWindowInSeconds=1)
    feed.send("good", "bad")
    assert sorted(feed.invocation()["bodies"]) == ["bad", "good"]
    assert feed.invocation() == {"bodies": ["bad"], "count": 2}
    eventually("the queue to be empty", feed.is_empty)


def test_fifo_batches_are_in_order(shared):
    feed = Feed(shared, fifo=True, BatchSize=3)
    feed.send(*[str(i) for i in range(9)], MessageGroupId="g")
    seen = []
    while len(seen) < 9:
        seen += feed.invocation()["bodies"]
    assert seen == [str(i) for i in range(9)]


def test_filters_keep_messages_away(shared):
    feed = Feed(shared, FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]})
    feed.send(json.dumps({"kind": "noise"}), json.dumps({"kind": "order"}), "plain")
    assert [json.loads(b) for b in feed.invocation()["bodies"]] == [{"kind": "order"}]
    eventually("the queue to be empty", feed.is_empty)


def test_mappings_are_switched_off_changed_and_deleted(shared):
    feed = Feed(shared, Enabled=False)
    assert feed.functions.get_event_source_mapping(UUID=feed.mapping["UUID"])["State"] == "Disabled"
    feed.send("later")
    feed.functions.update_event_source_mapping(UUID=feed.mapping["UUID"], Enabled=True, BatchSize=1)
    assert feed.invocation()["bodies"] == ["later"]
    assert code(feed.functions.create_event_source_mapping, EventSourceArn=feed.arn,
                FunctionName=feed.name) == "ResourceConflictException"
    feed.functions.delete_event_source_mapping(UUID=feed.mapping["UUID"])
    assert code(feed.functions.get_event_source_mapping, UUID=feed.mapping["UUID"]) == "ResourceNotFoundException"
    refused = [({"BatchSize": 100}, "InvalidParameterValueException"), ({"StartingPosition": "LATEST"}, "InvalidParameterValueException"),
               ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "InvalidParameterValueException"),
               ({"EventSourceArn": feed.arn + "x"}, "InvalidParameterValueException"),
               ({"EventSourceArn": "arn:aws:kinesis:eu-west-1:000000000000:stream/s"}, "NotImplemented"),
               ({"EventSourceArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/1"}, "NotImplemented")]
    for more, expected in refused:
        input = {"EventSourceArn": feed.arn, "FunctionName": feed.name} | more
        assert code(feed.functions.create_event_source_mapping, **input) == expected, more
    feed.functions.update_function_configuration(FunctionName=feed.name, Timeout=60)
    assert code(feed.functions.create_event_source_mapping, EventSourceArn=feed.arn,
                FunctionName=feed.name) == "InvalidParameterValueException"


def test_a_power_cut_loses_no_message(folder):
    from conftest import Slipway
    server = Slipway(folder / "data", "--no-auth").start()
    try:
        feed = Feed(server)
        feed.send(*[str(i) for i in range(10)])
        seen = set(feed.invocation()["bodies"])
        server.kill()
        server.start()
        while len(seen) < 10:
            seen |= set(feed.invocation()["bodies"])
        eventually("the queue to be empty", feed.is_empty)
    finally:
        server.stop()


def test_sam_events_of_type_sqs_work_end_to_end(shared):
    stack = f"sam-{uuid.uuid4().hex[:8]}"
    code = CLIENT + (
        "def handler(event, context):\n"
        "    call('sqs', 'SendMessage', QueueUrl=os.environ['SEEN'], MessageBody=event['Records'][0]['body'] + '!')\n")
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Seen": {"Type": "AWS::SQS::Queue"}, "Work": {"Type": "AWS::SQS::Queue"},
            "Eat": {"Type": "AWS::Serverless::Function", "Properties": {
                "Runtime": "python3.12", "Handler": "index.handler", "InlineCode": code, "Timeout": 10,
                "Environment": {"Variables": {"SEEN": {"Ref": "Seen"}, "AWS_ENDPOINT_URL": shared.endpoint}},
                "Policies": [{"SQSSendMessagePolicy": {"QueueName": {"Fn::GetAtt": ["Seen", "QueueName"]}}}],
                "Events": {"Job": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Work", "Arn"]}, "BatchSize": 1}}}}}},
        "Outputs": {"Work": {"Value": {"Ref": "Work"}}, "Seen": {"Value": {"Ref": "Seen"}}}}
    cloudformation, sqs = shared.client("cloudformation"), shared.client("sqs")
    cloudformation.create_stack(
        StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]}
    sqs.send_message(QueueUrl=outputs["Work"], MessageBody="job")
    message, = eventually("the job", lambda: sqs.receive_message(
        QueueUrl=outputs["Seen"], WaitTimeSeconds=5).get("Messages"))
    assert message["Body"] == "job!"
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
