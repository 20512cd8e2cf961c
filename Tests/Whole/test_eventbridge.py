"""Rules, buses, archives and API destinations as their users drive them, and a server that dies in between."""
import base64
import datetime
import json
import threading

import pytest
from botocore.exceptions import ClientError

from conftest import Slipway, eventually
from receiver import Receiver, make_certificate
from stacks import Stack, name

ACCOUNT = "000000000000"


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def failing():
    receiver = Receiver(lambda request: 500)
    yield receiver
    receiver.close()


class Desk:
    """EventBridge and queues of a server."""

    def __init__(self, server):
        self.server = server
        self.events, self.sqs = server.client("events"), server.client("sqs")

    def queue(self, queue=None, allow=None):
        """A queue's address and ARN; `allow` is a service that may send to it."""
        url = self.sqs.create_queue(QueueName=queue or name("q"))["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if allow:
            policy = {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": allow}, "Action": "sqs:SendMessage", "Resource": arn}]}
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn

    def rule(self, pattern, *targets, bus="default"):
        rule = name("r")
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern), EventBusName=bus)
        self.events.put_targets(
            Rule=rule, EventBusName=bus, Targets=[{"Id": str(i)} | target for i, target in enumerate(targets)])
        return rule

    def put(self, detail, source="shop", bus="default"):
        answer = self.events.put_events(Entries=[{
            "Source": source, "DetailType": "Order", "Detail": json.dumps(detail), "EventBusName": bus}])
        assert answer["FailedEntryCount"] == 0, answer
        return answer["Entries"][0]["EventId"]

    def messages(self, url, count=1, within=30):
        """The bodies of so many messages, taken out of the queue."""
        found = []

        def take():
            for message in self.sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", []):
                found.append(message)
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        eventually(f"{count} messages", take, within)
        return found


@pytest.fixture
def desk(slipway):
    return Desk(slipway)


def test_events_reach_queues_by_their_leave(desk):
    allowed, allowed_arn = desk.queue(allow="events.amazonaws.com")
    closed, closed_arn = desk.queue()
    letters, letters_arn = desk.queue(allow="events.amazonaws.com")
    rule = desk.rule(
        {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}, {"Arn": allowed_arn},
        {"Arn": closed_arn, "DeadLetterConfig": {"Arn": letters_arn}},
        {"Arn": allowed_arn, "InputTransformer": {
            "InputPathsMap": {"total": "$.detail.total"}, "InputTemplate": '{"sum": <total>}'}})
    desk.put({"total": 5})
    event = desk.put({"total": 50})
    bodies = [json.loads(m["Body"]) for m in desk.messages(allowed, 2)]
    assert {"sum": 50} in bodies
    whole = next(b for b in bodies if "id" in b)
    assert whole["id"] == event and whole["detail"] == {"total": 50} and whole["source"] == "shop"
    letter = desk.messages(letters)[0]
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "AccessDeniedException" and attributes["TARGET_ARN"] == closed_arn
    assert attributes["RULE_ARN"].endswith(f":rule/{rule}")
    assert "Messages" not in desk.sqs.receive_message(QueueUrl=closed)


def test_a_killed_server_delivers_what_it_had_taken(folder):
    server = Slipway(folder / "data").start()
    try:
        desk = Desk(server)
        url, arn = desk.queue(allow="events.amazonaws.com")
        desk.rule({"source": ["shop"]}, {"Arn": arn})
        sent = {desk.put({"n": n}) for n in range(10)}
        server.kill()
        server.start()
        bodies = [json.loads(m["Body"]) for m in desk.messages(url, 10)]
        assert {b["id"] for b in bodies} == sent
    finally:
        server.stop()


def test_a_failing_endpoint_is_tried_again_and_then_buried(desk, failing):
    letters, letters_arn = desk.queue(allow="events.amazonaws.com")
    iam = desk.server.client("iam")
    role = iam.create_role(RoleName="go", AssumeRolePolicyDocument=json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    connection = desk.events.create_connection(
        Name="c", AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}})["ConnectionArn"]
    destination = desk.events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint=failing.url + "/in/*", HttpMethod="POST")
    desk.rule({"source": ["shop"]}, {
        "Arn": destination["ApiDestinationArn"], "RoleArn": role, "HttpParameters": {"PathParameterValues": ["7"]},
        "RetryPolicy": {"MaximumRetryAttempts": 1}, "DeadLetterConfig": {"Arn": letters_arn}})
    desk.put({"n": 1})
    letter = desk.messages(letters)[0]
    assert letter["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumRetryAttempts"
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "HttpStatus500"
    assert len(failing.requests) == 2
    assert all(r["path"] == "/in/7" and r["headers"]["X-Key"] == "s3cret" for r in failing.requests)
    shown = desk.events.describe_connection(Name="c")
    assert "s3cret" not in json.dumps(shown, default=str)


def test_https_is_spoken_to_those_who_can_prove_who_they_are(folder, monkeypatch):
    certificate, key = make_certificate(folder)
    receiver = Receiver(certificate=(certificate, key))
    for trusted in [False, True]:
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server = Slipway(folder / f"data-{trusted}", "--no-auth").start()
        try:
            desk = Desk(server)
            letters, letters_arn = desk.queue()
            connection = desk.events.create_connection(
                Name="c", AuthorizationType="BASIC",
                AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": 'p"\\w'}})["ConnectionArn"]
            destination = desk.events.create_api_destination(
                Name="d", ConnectionArn=connection, InvocationEndpoint=receiver.url + "/in", HttpMethod="POST")
            desk.rule({"source": ["shop"]}, {
                "Arn": destination["ApiDestinationArn"], "RoleArn": "arn:aws:iam::000000000000:role/go",
                "RetryPolicy": {"MaximumRetryAttempts": 0}, "DeadLetterConfig": {"Arn": letters_arn}})
            desk.put({"text": 'quote " and \\ and ü'})
            if trusted:
                request = eventually("the endpoint is told", lambda: receiver.requests)[0]
                assert json.loads(request["body"])["detail"] == {"text": 'quote " and \\ and ü'}
                assert base64.b64decode(request["headers"]["Authorization"].split()[1]).decode() == 'u:p"\\w'
            else:
                letter = desk.messages(letters)[0]
                assert "certificate" in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
                assert receiver.requests == []
        finally:
            server.stop()
    receiver.close()


def test_an_archive_is_replayed(desk):
    url, arn = desk.queue(allow="events.amazonaws.com")
    bus = desk.events.create_event_bus(Name="own")["EventBusArn"]
    archive = desk.events.create_archive(ArchiveName="a", EventSourceArn=bus)["ArchiveArn"]
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    for n in range(3):
        desk.put({"n": n}, bus="own")
    desk.put({"n": 9})
    assert desk.events.describe_archive(ArchiveName="a")["EventCount"] == 3
    desk.rule({"source": ["shop"]}, {"Arn": arn}, bus="own")
    desk.events.start_replay(
        ReplayName="again", EventSourceArn=archive, EventStartTime=before,
        EventEndTime=before + datetime.timedelta(minutes=10), Destination={"Arn": bus})
    bodies = [json.loads(m["Body"]) for m in desk.messages(url, 3)]
    assert sorted(b["detail"]["n"] for b in bodies) == [0, 1, 2]
    assert all(b["replay-name"] == "again" for b in bodies)
    eventually("the replay ends", lambda: desk.events.describe_replay(ReplayName="again")["State"] == "COMPLETED")


def test_many_at_once_lose_nothing(desk):
    url, arn = desk.queue(allow="events.amazonaws.com")
    desk.rule({"source": ["shop"]}, {"Arn": arn})
    clients = [desk.server.client("events") for _ in range(4)]

    def work(client, start):
        for n in range(start, start + 50, 10):
            client.put_events(Entries=[
                {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"n": m})} for m in range(n, n + 10)])

    threads = [threading.Thread(target=work, args=(c, i * 50)) for i, c in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = [json.loads(m["Body"]) for m in desk.messages(url, 200)]
    assert {b["detail"]["n"] for b in bodies} == set(range(200))


def test_what_happens_in_slipway_starts_rules(desk):
    url, arn = desk.queue(allow="events.amazonaws.com")
    desk.rule({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"object": {"key": [{"prefix": "in/"}]}}}, {"Arn": arn})
    s3 = desk.server.client("s3")
    s3.create_bucket(Bucket="b-events", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="b-events", Key="out/1", Body=b"x")
    s3.put_object(Bucket="b-events", Key="in/1", Body=b"x")
    assert json.loads(desk.messages(url)[0]["Body"])["detail"]["object"]["key"] == "in/1"


@pytest.mark.parametrize("operation, input, code", [
    ("put_rule", {"Name": "r"}, "ValidationException"),
    ("put_rule", {"Name": "r", "EventPattern": '{"source": []}'}, "InvalidEventPatternException"),
    ("put_rule", {"Name": "r", "ScheduleExpression": "cron(* * * * * *)"}, "ValidationException"),
    ("put_targets", {"Rule": "none", "Targets": [{"Id": "1", "Arn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"}]},
     "ResourceNotFoundException"),
    ("describe_event_bus", {"Name": "none"}, "ResourceNotFoundException"),
    ("create_archive", {"ArchiveName": "a", "EventSourceArn": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/none"},
     "ResourceNotFoundException"),
    ("start_replay", {
        "ReplayName": "r", "EventSourceArn": f"arn:aws:events:eu-west-1:{ACCOUNT}:archive/none", "EventStartTime": 0,
        "EventEndTime": 1, "Destination": {"Arn": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"}},
     "ResourceNotFoundException"),
    ("test_event_pattern", {"EventPattern": '{"a": 1}', "Event": "{}"}, "InvalidEventPatternException"),
])
def test_bad_input(shared, operation, input, code):
    with pytest.raises(ClientError) as error:
        getattr(shared.client("events"), operation)(**input)
    assert error.value.response["Error"]["Code"] == code


def test_a_stack_of_rules(shared):
    stack = Stack(shared).create({
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": name("bus")}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {
            "EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["shop"]},
            "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}},
        "Nightly": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "cron(0 3 * * ? *)"}},
        "Archive": {"Type": "AWS::Events::Archive", "Properties": {"SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}, "RetentionDays": 7}},
    }, top={"Outputs": {"Url": {"Value": {"Ref": "Queue"}}, "Bus": {"Value": {"Ref": "Bus"}}}})
    desk = Desk(shared)
    desk.put({"n": 1}, bus=stack.outputs()["Bus"])
    assert json.loads(desk.messages(stack.outputs()["Url"])[0]["Body"])["detail"] == {"n": 1}
    stack.delete()
