"""Topics as their users drive them: queues, endpoints that must agree, order, retries, and a server that dies in between."""
import base64
import json
import threading
import urllib.request

import pytest
from botocore.exceptions import ClientError

from conftest import Slipway, eventually, zipped
from receiver import Receiver, confirm
from stacks import Stack, name
from test_eventbridge import Desk


class Post(Desk):
    """SNS and queues of a server."""

    def __init__(self, server):
        super().__init__(server)
        self.sns = server.client("sns")

    def topic(self, topic=None, **attributes):
        return self.sns.create_topic(Name=topic or name("t"), Attributes=attributes)["TopicArn"]

    def subscribe(self, topic, protocol, endpoint, **attributes):
        return self.sns.subscribe(
            TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True)["SubscriptionArn"]


@pytest.fixture
def post(slipway):
    return Post(slipway)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def verify(message, certificate):
    """Whether the certificate's key signed the message, as receivers check it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
    if message["Type"] == "Notification":
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    text = "".join(f"{n}\n{message[n]}\n" for n in names if n in message)
    digest = hashes.SHA256() if message["SignatureVersion"] == "2" else hashes.SHA1()
    key = x509.load_pem_x509_certificate(certificate).public_key()
    key.verify(base64.b64decode(message["Signature"]), text.encode(), padding.PKCS1v15(), digest)


def test_queues_get_what_their_filters_want(post):
    topic = post.topic()
    big, big_arn = post.queue(allow="sns.amazonaws.com")
    raw, raw_arn = post.queue(allow="sns.amazonaws.com")
    post.subscribe(topic, "sqs", big_arn, FilterPolicy=json.dumps({"size": [{"numeric": [">", 5]}]}))
    post.subscribe(
        topic, "sqs", raw_arn, RawMessageDelivery="true", FilterPolicyScope="MessageBody",
        FilterPolicy=json.dumps({"order": {"kind": ["gift"]}}))
    post.sns.publish(TopicArn=topic, Message="small", MessageAttributes={"size": {"DataType": "Number", "StringValue": "1"}})
    post.sns.publish(
        TopicArn=topic, Message="big", Subject="S", MessageAttributes={"size": {"DataType": "Number", "StringValue": "9"}})
    post.sns.publish(
        TopicArn=topic, Message=json.dumps({"order": {"kind": "gift"}}),
        MessageAttributes={"who": {"DataType": "String", "StringValue": "ann"}})
    message = json.loads(post.messages(big)[0]["Body"])
    assert message["Message"] == "big" and message["Subject"] == "S" and message["Type"] == "Notification"
    plain = post.messages(raw)[0]
    assert json.loads(plain["Body"]) == {"order": {"kind": "gift"}}
    assert plain["MessageAttributes"]["who"]["StringValue"] == "ann"


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_endpoint_agrees_and_can_check_who_speaks(post, receiver, version):
    topic = post.topic(SignatureVersion=version)
    arn = post.subscribe(topic, "http", receiver.url + "/in")
    question = eventually("the question", lambda: receiver.bodies("SubscriptionConfirmation"))[0]
    post.sns.publish(TopicArn=topic, Message="too early")
    assert arn in confirm(question)
    post.sns.publish(TopicArn=topic, Message="m")
    message = eventually("the message", lambda: receiver.bodies("Notification"))[0]
    assert message["Message"] == "m"
    certificate = urllib.request.urlopen(message["SigningCertURL"], timeout=10).read()
    for one in [question, message]:
        assert one["SignatureVersion"] == version
        verify(one, certificate)
    head = receiver.requests[-1]["headers"]
    assert head["x-amz-sns-message-type"] == "Notification" and head["x-amz-sns-topic-arn"] == topic
    urllib.request.urlopen(message["UnsubscribeURL"], timeout=10)
    eventually("the farewell", lambda: receiver.bodies("UnsubscribeConfirmation"))
    assert post.sns.list_subscriptions()["Subscriptions"] == []


def test_order_and_one_of_each_in_a_fifo_topic(post):
    topic = post.topic("t.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    url = post.sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = post.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
    post.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    post.subscribe(topic, "sqs", arn, RawMessageDelivery="true")
    for n in range(20):
        first = post.sns.publish(TopicArn=topic, Message=f"m{n}", MessageGroupId="g")
        again = post.sns.publish(TopicArn=topic, Message=f"m{n}", MessageGroupId="g")
        assert again["MessageId"] == first["MessageId"] and again["SequenceNumber"] == first["SequenceNumber"]
    assert [m["Body"] for m in post.messages(url, 20)] == [f"m{n}" for n in range(20)]


def test_a_failing_endpoint_is_tried_again_and_then_buried(post):
    receiver = Receiver(lambda request: 200 if "SubscriptionConfirmation" in request["body"] else 503)
    letters, letters_arn = post.queue(allow="sns.amazonaws.com")
    topic = post.topic()
    policy = {"healthyRetryPolicy": {"numRetries": 2, "numNoDelayRetries": 1, "minDelayTarget": 1, "maxDelayTarget": 1}}
    post.subscribe(
        topic, "http", receiver.url, DeliveryPolicy=json.dumps(policy), RedrivePolicy=json.dumps({"deadLetterTargetArn": letters_arn}))
    confirm(eventually("the question", lambda: receiver.bodies("SubscriptionConfirmation"))[0])
    post.sns.publish(TopicArn=topic, Message="m")
    assert json.loads(post.messages(letters)[0]["Body"])["Message"] == "m"
    assert len(receiver.bodies("Notification")) == 3
    receiver.close()


def test_a_killed_server_delivers_what_it_had_taken(folder):
    server = Slipway(folder / "data").start()
    receiver = Receiver()
    try:
        post = Post(server)
        topic = post.topic()
        post.subscribe(topic, "http", receiver.url)
        confirm(eventually("the question", lambda: receiver.bodies("SubscriptionConfirmation"))[0])
        ids = {post.sns.publish(TopicArn=topic, Message=f"m{n}")["MessageId"] for n in range(10)}
        server.kill()
        server.start()
        eventually("all messages", lambda: {b["MessageId"] for b in receiver.bodies("Notification")} == ids)
    finally:
        server.stop()
        receiver.close()


def test_a_chat_is_asked_and_told_in_its_own_form(post, receiver):
    topic = post.topic()
    post.subscribe(topic, "http", receiver.url + "/hook?slipway-shape=slack")
    question = eventually("the question", lambda: receiver.requests and json.loads(receiver.requests[0]["body"]))
    assert receiver.requests[0]["path"] == "/hook"
    link = question["text"].split("<")[1].split("|")[0]
    urllib.request.urlopen(link, timeout=10)
    post.sns.publish(TopicArn=topic, Subject="Deployed", Message="orders v7 is live")
    eventually("the message", lambda: len(receiver.requests) > 1)
    assert json.loads(receiver.requests[1]["body"])["text"] == "*Deployed*\norders v7 is live"


def test_an_alarm_speaks_to_topics_and_functions_by_their_leave(post):
    """With authorization on: the topic's own first policy lets alarms in, a function must be told to."""
    url, arn = post.queue(allow="sns.amazonaws.com")
    topic = post.topic()
    post.subscribe(topic, "sqs", arn)
    cloudwatch, functions, logs = (post.server.client(s) for s in ["cloudwatch", "lambda", "logs"])
    role = post.server.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    code = zipped(app_py="def handler(event, context): print('TOLD', event['alarmData']['alarmName'])")
    made = functions.create_function(
        FunctionName="f", Runtime="python3.12", Handler="app.handler", Role=role, Code={"ZipFile": code})["FunctionArn"]
    cloudwatch.put_metric_alarm(
        AlarmName="errors", Namespace="Shop", MetricName="Errors", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic, made])

    def actions():
        items = cloudwatch.describe_alarm_history(AlarmName="errors", HistoryItemType="Action")["AlarmHistoryItems"]
        return [i["HistorySummary"] for i in items]

    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert json.loads(json.loads(post.messages(url)[0]["Body"])["Message"])["AlarmName"] == "errors"
    told = eventually("both actions", lambda: (s := actions()) and len(s) == 2 and s)
    assert any("Failed to execute action " + made in s and "AccessDenied" in s for s in told)
    functions.add_permission(
        FunctionName="f", StatementId="alarm", Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com", SourceArn=cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["AlarmArn"])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="test")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")

    def line():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="TOLD")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None
        return events and events[0]["message"]

    assert "TOLD errors" in eventually("the function hears", line)


@pytest.mark.parametrize("operation, input, code", [
    ("create_topic", {"Name": "a b"}, "InvalidParameter"),
    ("publish", {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:none", "Message": "m"}, "NotFound"),
    ("publish", {"PhoneNumber": "+4912345678", "Message": "m"}, "NotImplemented"),
    ("subscribe", {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:none", "Protocol": "sqs", "Endpoint": "q"}, "InvalidParameter"),
    ("get_subscription_attributes", {"SubscriptionArn": "nonsense"}, "InvalidParameter"),
])
def test_bad_input(shared, operation, input, code):
    with pytest.raises(ClientError) as error:
        getattr(shared.client("sns"), operation)(**input)
    assert error.value.response["Error"]["Code"] == code


def test_many_at_once_lose_nothing(shared):
    post = Post(shared)
    topic = post.topic()
    url, arn = post.queue()
    post.subscribe(topic, "sqs", arn, RawMessageDelivery="true")

    def work(client, start):
        for n in range(start, start + 50, 10):
            client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
                {"Id": str(m), "Message": str(m)} for m in range(n, n + 10)])

    threads = [threading.Thread(target=work, args=(shared.client("sns"), i * 50)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {int(m["Body"]) for m in post.messages(url, 200)} == set(range(200))


def test_a_stack_of_topics(shared):
    stack = Stack(shared).create({
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "Alarms"}},
        "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {
            "TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}, "RawMessageDelivery": True}},
        "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"}]}}},
    }, top={"Outputs": {"Url": {"Value": {"Ref": "Queue"}}, "Topic": {"Value": {"Ref": "Topic"}}}})
    post = Post(shared)
    post.sns.publish(TopicArn=stack.outputs()["Topic"], Message="m")
    assert post.messages(stack.outputs()["Url"])[0]["Body"] == "m"
    stack.delete()
