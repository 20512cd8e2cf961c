"""Connections to repositories of other hosts: authorising, fetching, webhooks, and watched folders."""
import base64
import hashlib
import hmac
import http.server
import io
import json
import os
import pathlib
import subprocess
import threading
import uuid
import zipfile

import botocore.exceptions
import pytest
import requests

from conftest import eventually

TOKEN = "t0ken-of-the-test"


def git(*arguments, cwd):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.com",
        "GIT_COMMITTER_NAME": "Ana", "GIT_COMMITTER_EMAIL": "ana@example.com"}
    return subprocess.run(["git", *map(str, arguments)], cwd=cwd, check=True, capture_output=True, text=True,
                          env=environment).stdout.strip()


class Repository:
    """A bare repository and a checkout of it."""

    def __init__(self, root, name):
        self.bare = root / f"{name}.git"
        self.bare.parent.mkdir(parents=True, exist_ok=True)
        self.work = root.parent / f"work-{uuid.uuid4().hex[:6]}"
        git("init", "-q", "--bare", "-b", "main", self.bare, cwd=root)
        git("init", "-q", "-b", "main", self.work, cwd=root)
        git("remote", "add", "origin", self.bare, cwd=self.work)

    def commit(self, path, text, message="change", branch="main"):
        target = self.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        git("add", "-A", cwd=self.work)
        git("commit", "-q", "-m", message, cwd=self.work)
        git("push", "-q", "origin", f"HEAD:refs/heads/{branch}", cwd=self.work)
        return git("rev-parse", "HEAD", cwd=self.work)


class GitHost:
    """`git http-backend` behind a tiny server that wants a token."""

    def __init__(self, root):
        host = self
        self.denied = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                wanted = "Basic " + base64.b64encode(f"ana:{TOKEN}".encode()).decode()
                if self.headers.get("Authorization") != wanted:
                    host.denied += 1
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", "Basic")
                    self.end_headers()
                    return
                path, _, query = self.path.partition("?")
                size = int(self.headers.get("Content-Length") or 0)
                environment = os.environ | {
                    "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type") or "",
                    "CONTENT_LENGTH": str(size), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
                body = self.rfile.read(size)
                answer = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True).stdout
                head, _, rest = answer.partition(b"\r\n\r\n")
                lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(lines.pop("Status", "200").split()[0]))
                for name, value in lines.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                self.wfile.write(rest)

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def root(folder):
    path = folder / "git"
    path.mkdir()
    return path


@pytest.fixture
def host(root):
    host = GitHost(root)
    yield host
    host.server.shutdown()


def desk(server, operation, **input):
    """A call of Slipway's own front desk, on a server that accepts anyone."""
    # Nobody checks the signature there; the region is read from it.
    signed = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/slipway/aws4_request, SignedHeaders=host, Signature=0"
    answer = requests.post(
        f"{server.endpoint}/_slipway/api/slipway-codeconnections/{operation}", json={"input": input},
        headers={"Authorization": signed, "X-Amz-Date": "20260101T000000Z"}).json()
    if "error" in answer:
        raise RuntimeError(answer["error"]["code"] + ": " + answer["error"]["message"])
    return answer


def connection(server, service="codeconnections"):
    return server.client(service).create_connection(
        ConnectionName=f"c-{uuid.uuid4().hex[:8]}", ProviderType="GitHub")["ConnectionArn"]


def code(call, **input):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**input)
    return error.value.response["Error"]["Code"]


def test_connections_have_two_names_and_one_store(shared):
    new, old = shared.client("codeconnections"), shared.client("codestar-connections")
    arn = new.create_connection(ConnectionName="one", ProviderType="GitLab", Tags=[{"Key": "a", "Value": "b"}])["ConnectionArn"]
    assert ":codeconnections:" in arn
    found = old.get_connection(ConnectionArn=arn.replace(":codeconnections:", ":codestar-connections:"))["Connection"]
    assert found["ConnectionStatus"] == "PENDING" and found["ProviderType"] == "GitLab"
    assert ":codestar-connections:" in connection(shared, "codestar-connections")
    assert new.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    host = new.create_host(Name="ours", ProviderType="GitLabSelfManaged", ProviderEndpoint="https://git.example.com")["HostArn"]
    hosted = new.create_connection(ConnectionName="two", HostArn=host)["ConnectionArn"]
    assert [c["ConnectionArn"] for c in new.list_connections(HostArnFilter=host)["Connections"]] == [hosted]
    assert code(new.delete_host, HostArn=host) == "ResourceUnavailableException"
    new.delete_connection(ConnectionArn=hosted)
    new.delete_host(HostArn=host)
    new.delete_connection(ConnectionArn=arn)
    assert code(new.get_connection, ConnectionArn=arn) == "ResourceNotFoundException"


def test_trees_are_fetched_with_the_token_and_only_then(shared, root, host):
    repository = Repository(root, "team/orders")
    first = repository.commit("app/main.py", "print(1)", "first\n\nwith a body")
    second = repository.commit("app/main.py", "print(2)", "second")
    arn = connection(shared)
    with pytest.raises(RuntimeError, match="pending"):
        desk(shared, "PackTree", connectionArn=arn, fullRepositoryId="team/orders", ref="main")
    desk(shared, "AuthorizeConnection", connectionArn=arn, cloneBaseURL=host.url)
    with pytest.raises(RuntimeError, match="cannot be read"):
        desk(shared, "PackTree", connectionArn=arn, fullRepositoryId="team/orders", ref="main")
    assert host.denied
    desk(shared, "AuthorizeConnection", connectionArn=arn, cloneBaseURL=host.url, username="ana", token=TOKEN)
    assert shared.client("codeconnections").get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "AVAILABLE"
    for input, commit, text in [({"ref": "main"}, second, "print(2)"), ({"commitId": first}, first, "print(1)"),
                                ({"ref": "refs/heads/main", "commitId": first[:12]}, first, "print(1)")]:
        answer = desk(shared, "PackTree", connectionArn=arn, fullRepositoryId="team/orders", **input)
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(answer["payload"])))
        assert answer["output"]["commitId"] == commit and archive.read("app/main.py").decode() == text
        assert answer["output"]["author"] == "Ana <ana@example.com>"
    source = desk(shared, "CloneSource", connectionArn=arn, fullRepositoryId="team/orders")["output"]
    assert source == {"cloneURL": f"{host.url}/team/orders.git", "username": "ana", "token": TOKEN}
    for path in pathlib.Path(shared.folder).rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("input, words", [
    ({"cloneBaseURL": "file:///etc"}, "no address"), ({"cloneBaseURL": "ssh://git@example.com"}, "no address"),
    ({"cloneBaseURL": "ext::sh -c id"}, "no address"), ({"cloneBaseURL": "https://me:secret@example.com"}, "username and token"),
    ({"cloneBaseURL": "/nowhere/at/all"}, "no folder"), ({"cloneBaseURL": "https://example.com", "username": "a:b"}, "username"),
    ({"cloneBaseURL": "https://example.com", "token": "a\nb: c"}, "token")])
def test_what_a_connection_may_not_be(shared, input, words):
    with pytest.raises(RuntimeError, match=words):
        desk(shared, "AuthorizeConnection", connectionArn=connection(shared), **input)


def test_names_cannot_be_taken_for_options_or_paths(shared, root, host):
    arn = connection(shared)
    desk(shared, "AuthorizeConnection", connectionArn=arn, cloneBaseURL=host.url, username="ana", token=TOKEN)
    for name in ["../etc", "--upload-pack=x/y", "a//b", "a/..", "a b/c", "", "a/.git"]:
        with pytest.raises(RuntimeError, match="no repository"):
            desk(shared, "PackTree", connectionArn=arn, fullRepositoryId=name, ref="main")
    for more in [{"ref": "--output=/tmp/x"}, {"ref": "refs/heads/a..b"}, {"ref": "a b"}, {"commitId": "HEAD"}, {"commitId": "-h12345"}, {}]:
        with pytest.raises(RuntimeError, match="ValidationException"):
            desk(shared, "PackTree", connectionArn=arn, fullRepositoryId="a/b", **more)


class Listener:
    """A rule that sends the connections' events to a queue."""

    def __init__(self, server):
        self.sqs, self.name = server.client("sqs"), f"hooks-{uuid.uuid4().hex[:8]}"
        self.url = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        # As on AWS, a queue lets EventBridge in by its policy.
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
                "Resource": arn}]})})
        rules = server.client("events")
        rules.put_rule(Name=self.name, EventPattern=json.dumps({"source": ["slipway.codeconnections"]}))
        rules.put_targets(Rule=self.name, Targets=[{"Id": "q", "Arn": arn}])

    def next(self, arn):
        """The next event of that connection."""
        def look():
            found = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=2).get("Messages", [])
            for message in found:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event["detail"]["connectionArn"] == arn:
                    return event
        return eventually("an event of the connection", look)

    def has(self, arn):
        found = self.sqs.receive_message(QueueUrl=self.url).get("Messages", [])
        return any(json.loads(m["Body"])["detail"]["connectionArn"] == arn for m in found)


def post(url, event, body, secret, delivery=None, **fields):
    data = json.dumps(body).encode()
    signature = "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
    return requests.post(url, data=data, headers={
        "X-GitHub-Event": event, "X-GitHub-Delivery": delivery or str(uuid.uuid4()), "X-Hub-Signature-256": signature,
        "Content-Type": "application/json"} | fields)


def test_webhooks_are_proven_and_taken_once(shared):
    arn = connection(shared)
    answer = desk(shared, "AuthorizeConnection", connectionArn=arn, cloneBaseURL="https://github.example.com")["output"]
    url, secret = answer["webhookURL"], answer["webhookSecret"]
    body = {"ref": "refs/heads/main", "before": "0" * 40, "after": "a" * 40,
            "repository": {"full_name": "team/orders", "clone_url": "https://github.example.com/team/orders.git"},
            "sender": {"id": 1, "login": "ana"}, "commits": [{"id": "a" * 40, "message": "m", "added": ["x.py"],
                                                               "author": {"name": "Ana", "email": "ana@example.com"}}]}
    listener = Listener(shared)
    assert post(url, "push", body, "wrong").status_code == 401
    assert post(url + "x", "push", body, secret).status_code == 404
    assert requests.post(url, data=b"{}").status_code == 400
    assert requests.get(url).status_code == 405
    assert post(url, "ping", {"zen": "z"}, secret).json() == {"events": 0}
    for _ in range(2):
        assert post(url, "push", body, secret, delivery="d-1").json() == {"events": 1}
    event = listener.next(arn)
    assert event["detail-type"] == "Repository Push" and event["source"] == "slipway.codeconnections"
    detail = event["detail"]
    assert detail["fullRepositoryId"] == "team/orders" and detail["branch"] == "main" and detail["commitId"] == "a" * 40
    assert detail["changedFiles"] == ["x.py"] and detail["previousCommitId"] == "" and detail["refType"] == "branch"
    pull = {"action": "opened", "number": 4, "repository": body["repository"], "sender": body["sender"], "pull_request": {
        "title": "T", "head": {"ref": "f", "sha": "b" * 40, "repo": {"full_name": "ana/orders"}}, "base": {"ref": "main"}}}
    post(url, "pull_request", pull, secret)
    event = listener.next(arn)
    assert event["detail-type"] == "Repository Pull Request", "the repeated push was told once"
    assert event["detail"]["pullRequest"]["destinationBranch"] == "main" and event["detail"]["pullRequest"]["event"] == "opened"


def test_a_folder_is_watched(slipway, root):
    repository = Repository(root, "team/orders")
    repository.commit("a.txt", "1")
    arn = connection(slipway)
    said = slipway.slipway("connection", "authorize", arn, "--url", root).stdout
    assert "watched" in said
    listed = slipway.slipway("connection", "list").stdout
    assert "AVAILABLE" in listed and str(root) in listed
    listener = Listener(slipway)
    number = 0

    def told():
        # the first look only learns what is there: pushes go on until one is told
        nonlocal number
        number += 1
        repository.commit("b/c.txt", str(number), f"push {number}")
        return listener.has(arn)
    eventually("a push to be told", told)
    commit = repository.commit("z.txt", "z", "the last")
    event = listener.next(arn)
    while event["detail"]["commitId"] != commit:
        event = listener.next(arn)
    assert event["detail"]["commitMessage"] == "the last" and "z.txt" in event["detail"]["changedFiles"]
    assert event["detail"]["author"] == "Ana <ana@example.com>" and event["detail"]["branch"] == "main"
    slipway.kill()
    git("tag", "-a", "-m", "one", "v1", cwd=repository.work)
    git("push", "-q", "origin", "v1", cwd=repository.work)
    slipway.start()
    event = listener_of(slipway, listener).next(arn)
    assert event["detail"]["tag"] == "v1" and event["detail"]["commitId"] == commit, "what happened meanwhile is told at the start"


def test_a_connection_is_authorised_where_its_arn_says(slipway, root):
    arn = slipway.client("codeconnections", region="us-west-2").create_connection(
        ConnectionName="far", ProviderType="GitHub")["ConnectionArn"]
    said = slipway.slipway("connection", "authorize", arn, "--url", "https://git.example.com").stdout
    assert "AVAILABLE" in said
    far = slipway.client("codeconnections", region="us-west-2").get_connection(ConnectionArn=arn)["Connection"]
    assert far["ConnectionStatus"] == "AVAILABLE"
    missing = slipway.slipway("connection", "authorize", "nonsense", "--url", "https://git.example.com", check=False)
    assert missing.returncode != 0 and "nonsense" in missing.stderr


def listener_of(server, listener):
    listener.sqs = server.client("sqs")
    return listener


def test_folders_are_the_operators_to_give(slipway, root):
    arn = connection(slipway)
    iam = slipway.client("iam")
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    environment = slipway.environment() | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    from conftest import BINARY
    refused = subprocess.run([BINARY, "connection", "authorize", arn, "--url", root], env=environment, capture_output=True, text=True)
    assert refused.returncode != 0 and "operator" in refused.stderr, refused


def test_connections_are_made_from_templates(shared):
    cloudformation = shared.client("cloudformation")
    name = f"connections-{uuid.uuid4().hex[:8]}"
    template = {"Resources": {
        "New": {"Type": "AWS::CodeConnections::Connection", "Properties": {"ConnectionName": name, "ProviderType": "GitHub"}},
        "Old": {"Type": "AWS::CodeStarConnections::Connection", "Properties": {"ConnectionName": name + "-old", "ProviderType": "Bitbucket"}}},
        "Outputs": {"New": {"Value": {"Ref": "New"}}, "Status": {"Value": {"Fn::GetAtt": ["Old", "ConnectionStatus"]}}}}
    cloudformation.create_stack(StackName=name[:30], TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name[:30], WaiterConfig={"Delay": 1})
    stack = cloudformation.describe_stacks(StackName=name[:30])["Stacks"][0]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
    assert outputs["Status"] == "PENDING"
    assert shared.client("codeconnections").get_connection(ConnectionArn=outputs["New"])["Connection"]["ConnectionName"] == name
    cloudformation.delete_stack(StackName=name[:30])
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name[:30], WaiterConfig={"Delay": 1})
