"""The power fails: what a client was told is done is there afterwards, on a disk that keeps only what was synced."""
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from conftest import eventually, zipped
from disk import Disk, Machine, build
from stacks import Stack, parameter
from test_codecommit_git import Git, url

# With the first seed a power cut leaves nothing but what was synced; with the others also some of the rest.
SEEDS = range(int(os.environ.get("SLIPWAY_CRASH_SEEDS", "2")))


def draws(seed):
    """The moments at which the power fails, and what the disk keeps besides what it must."""
    return random.Random(seed), random.Random(seed) if seed else None


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return build("powercut", tmp_path_factory.mktemp("powercut"))


# The disk itself: a check that cannot fail would prove nothing.

FILES = '''
import os

def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)

def write(path, text, isSynced=True):
    with open(path, "a") as file:
        file.write(text)
        file.flush()
        if isSynced:
            os.fsync(file.fileno())

write("kept", "one"); write("content-lost", "one", False); write("replaced", "old"); write("removed", "one")
os.mkdir("folder"); os.mkdir("folder/inner"); write("folder/inner/nameless", "one")
sync("."); sync("folder")
write("kept", " two", False); write("nameless", "one")
write("new", "new"); os.rename("new", "replaced"); os.remove("removed")
write("there-before", " two", False)
'''


@pytest.fixture
def written(folder, library):
    """A disk after that program has run on it, and nothing since."""
    data = folder / "data"
    data.mkdir()
    (data / "there-before").write_text("one")
    disk = Disk(library, data)
    subprocess.run([*disk.begin(), sys.executable, "-c", FILES], cwd=data, check=True)
    return disk


def contents(folder):
    return {str(p.relative_to(folder)): p.read_text() if p.is_file() else None for p in folder.rglob("*")}


def test_the_disk_keeps_what_was_synced_and_nothing_else(written):
    written.cut()
    assert contents(written.folder) == {
        "kept": "one", "content-lost": "", "replaced": "old", "removed": "one", "folder": None, "folder/inner": None,
        "there-before": "one"}


def test_the_disk_may_keep_more(written):
    written.cut(random.Random(4))
    found = contents(written.folder)
    assert found["kept"] in ("one", "one two") and found["content-lost"] in ("", "one") and found["replaced"] in ("old", "new")


@pytest.mark.parametrize("mode, expected", [("FULL", 3), ("NORMAL", 0)])
def test_a_database_that_does_not_sync_its_commits_is_found_out(folder, library, mode, expected):
    program = f'''
import os, signal, sqlite3
db = sqlite3.connect("db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE t (n)")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.execute("PRAGMA synchronous = {mode}")
for n in range(3):
    db.execute("INSERT INTO t VALUES (?)", [n])
os.kill(os.getpid(), signal.SIGKILL)
'''
    disk = Disk(library, folder / "data")
    disk.folder.mkdir()
    subprocess.run([*disk.begin(), sys.executable, "-c", program], cwd=disk.folder)
    disk.cut()
    count = "import sqlite3; print(*sqlite3.connect('db').execute('SELECT count(*) FROM t').fetchone())"
    assert int(subprocess.check_output([sys.executable, "-c", count], cwd=disk.folder)) == expected


# What clients write while the power fails. Each kind writes under a name of its own, and says what is to be found there.

class Parameters:
    kind = "String"

    def __init__(self, server, folder):
        self.attach(server)

    def attach(self, server):
        self.ssm = server.client("ssm")

    def write(self, n):
        self.ssm.put_parameter(Name=f"/{self.kind}/{n}", Value=f"value {n}", Type=self.kind)
        return f"/{self.kind}/{n}", f"value {n}"

    def read(self, names):
        answers = [self.ssm.get_parameters(Names=names[i:i + 10], WithDecryption=True) for i in range(0, len(names), 10)]
        return {p["Name"]: p["Value"] for answer in answers for p in answer["Parameters"]}


class Secrets(Parameters):
    """What is encrypted under a key that lies in a file of its own."""
    kind = "SecureString"


class Objects:
    sizes = (0, 1, 5_000, 32 << 10)

    def __init__(self, server, folder):
        self.bucket = f"{type(self).__name__.lower()}-of-ann"
        self.attach(server)
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def attach(self, server):
        self.s3 = server.client("s3")

    def body(self, n):
        return random.Random(n).randbytes(self.sizes[n % len(self.sizes)])

    def write(self, n):
        self.s3.put_object(Bucket=self.bucket, Key=f"{n}", Body=self.body(n))
        return f"{n}", self.body(n)

    def read(self, names):
        return {name: self.get(name) for name in names}

    def get(self, name):
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None


class LargeObjects(Objects):
    """Those that lie in files: larger than `Blobs.inlineLimit`, some of them written in several pieces."""
    sizes = ((32 << 10) + 1, 100_000, 700_000, 2_000_000)


class CopiedObjects(LargeObjects):
    """A copy does not need what it was made from."""

    def write(self, n):
        super().write(n)
        self.s3.copy_object(Bucket=self.bucket, Key=f"{n}-copy", CopySource=f"{self.bucket}/{n}")
        self.s3.delete_object(Bucket=self.bucket, Key=f"{n}")
        return f"{n}-copy", self.body(n)


class RemovedObjects(LargeObjects):
    """What was removed, or replaced, stays so."""

    def write(self, n):
        super().write(n)
        if n % 2:
            self.s3.delete_object(Bucket=self.bucket, Key=f"{n}")
            return f"{n}", None
        self.s3.put_object(Bucket=self.bucket, Key=f"{n}", Body=self.body(n + 1))
        return f"{n}", self.body(n + 1)


class Messages:
    def __init__(self, server, folder):
        self.attach(server)
        self.queue = self.sqs.create_queue(QueueName=type(self).__name__, Attributes={"VisibilityTimeout": "600"})["QueueUrl"]

    def attach(self, server):
        self.sqs = server.client("sqs")

    def write(self, n):
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=f"{n}")
        return f"{n}", True

    def receive(self):
        return self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])

    def read(self, names):
        found = set()
        while messages := self.receive():
            found |= {m["Body"] for m in messages}
        return {name: name in found for name in names}


class AnsweredMessages(Messages):
    """What was received and deleted does not come again."""

    def write(self, n):
        name, _ = super().write(n)
        for message in self.receive():
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return name, False


class LogEvents:
    def __init__(self, server, folder):
        self.attach(server)
        self.logs.create_log_group(logGroupName="diary")
        self.logs.create_log_stream(logGroupName="diary", logStreamName="ann")

    def attach(self, server):
        self.logs = server.client("logs")

    def write(self, n):
        event = {"timestamp": int(time.time() * 1000), "message": f"line {n}"}
        self.logs.put_log_events(logGroupName="diary", logStreamName="ann", logEvents=[event])
        return f"line {n}", 1

    def read(self, names):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName="diary")
        found = [e["message"] for page in pages for e in page["events"]]
        return {name: found.count(name) for name in names}


class Commits:
    """Made through the API, each on top of the last."""

    def __init__(self, server, folder):
        self.attach(server)
        self.codecommit.create_repository(repositoryName="notes")

    def attach(self, server):
        self.codecommit = server.client("codecommit")

    def head(self):
        try:
            branch = self.codecommit.get_branch(repositoryName="notes", branchName="main")["branch"]
            return {"parentCommitId": branch["commitId"]}
        except self.codecommit.exceptions.BranchDoesNotExistException:
            return {}

    def write(self, n):
        self.codecommit.put_file(
            repositoryName="notes", branchName="main", filePath=f"{n}.txt", fileContent=f"note {n}".encode(), **self.head())
        return f"{n}.txt", f"note {n}".encode()

    def read(self, names):
        return {name: self.codecommit.get_file(repositoryName="notes", filePath=name)["fileContent"] for name in names}


class Pushes:
    """Small ones, which git keeps object by object, and some so large that it keeps them as a pack."""

    def __init__(self, server, folder):
        (folder / "ann").mkdir()
        self.git = Git(folder / "ann")
        self.place = self.git.start("work")
        server.client("codecommit").create_repository(repositoryName="orders")
        self.attach(server)

    def attach(self, server):
        self.home = url(server, "orders")

    def write(self, n):
        files = {f"{n}__{i}_txt": f"file {n} {i}" for i in range(120 if n % 4 == 1 else 2)}
        commit = self.git.commit(self.place, **files)
        self.git("push", "-q", self.home, f"HEAD:refs/heads/team/{n}", cwd=self.place)
        return f"team/{n}", commit

    def read(self, names):
        """Git itself checks that each commit has come with all that belongs to it."""
        clone = self.git.folder / f"clone-of-{len(names)}"
        self.git("init", "-q", "--bare", clone)
        self.git("-c", "fetch.fsckObjects=true", "fetch", "-q", self.home, *[f"refs/heads/{name}:refs/heads/{name}" for name in names], cwd=clone)
        return {name: self.git("rev-parse", name, cwd=clone).stdout.strip() for name in names}


class Repositories:
    """Each with a branch that clones check out."""

    def __init__(self, server, folder):
        (folder / "bob").mkdir()
        self.git = Git(folder / "bob")
        self.attach(server)

    def attach(self, server):
        self.server, self.codecommit = server, server.client("codecommit")

    def write(self, n):
        self.codecommit.create_repository(repositoryName=f"r{n}")
        commit = self.codecommit.put_file(repositoryName=f"r{n}", branchName="main", filePath="a", fileContent=b"a")["commitId"]
        self.codecommit.create_branch(repositoryName=f"r{n}", branchName="trunk", commitId=commit)
        self.codecommit.update_default_branch(repositoryName=f"r{n}", defaultBranchName="trunk")
        return f"r{n}", f"ref: refs/heads/trunk\tHEAD\n{commit}\tHEAD\n"

    def read(self, names):
        return {name: self.git("ls-remote", "--symref", url(self.server, name), "HEAD").stdout for name in names}


class Functions:
    def __init__(self, server, folder):
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        self.role = server.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.attach(server)

    def attach(self, server):
        self.client = server.client("lambda")

    def write(self, n):
        code = zipped(a_py=f"def b(event, context):\n    return {n}\n")
        self.client.create_function(FunctionName=f"f{n}", Runtime="python3.11", Role=self.role, Handler="a.b", Code={"ZipFile": code})
        return f"f{n}", (code, str(n))

    def read(self, names):
        return {name: (self.code(name), self.answer(name)) for name in names}

    def code(self, name):
        with urllib.request.urlopen(self.client.get_function(FunctionName=name)["Code"]["Location"], timeout=30) as answer:
            return answer.read()

    def answer(self, name):
        return self.client.invoke(FunctionName=name)["Payload"].read().decode()


KINDS = [
    Parameters, Secrets, Objects, LargeObjects, CopiedObjects, RemovedObjects, Messages, AnsweredMessages, LogEvents, Commits, Pushes,
    Repositories, Functions]


class Clients:
    """One client of each kind, writing on and on until the power is cut."""

    def __init__(self, server, folder):
        self.server = server
        self.all = [kind(server, folder) for kind in KINDS]
        self.told = {kind: {} for kind in KINDS}
        self.failures = []
        self.is_over = False

    def count(self):
        """How many writes were acknowledged; 0 as long as some kind has none."""
        counts = [len(told) for told in self.told.values()]
        return sum(counts) if all(counts) else 0

    def work(self, client):
        told = self.told[type(client)]
        while not self.is_over:
            try:
                name, value = client.write(len(told))
            except Exception as failure:  # expected of whoever was being answered when the power failed
                if not self.is_over:
                    self.failures.append((client, failure))
                return
            told[name] = value

    def write_until_the_power_fails(self, writes, chance):
        threads = [threading.Thread(target=self.work, args=[client]) for client in self.all]
        for thread in threads:
            thread.start()
        eventually(f"{writes} writes", lambda: self.failures or self.count() >= writes, within=60)
        self.is_over = True
        self.server.cut_power(chance)
        for thread in threads:
            thread.join()
        assert not self.failures, f"{self.failures[0]}\n{self.server.tail()}"


@pytest.fixture(scope="module", params=SEEDS)
def clients(request, library, tmp_path_factory):
    """Clients whose server lost its power, twice, and is back."""
    draw, chance = draws(request.param)
    folder = tmp_path_factory.mktemp("power")
    server = Machine(library, folder / "data").start()
    try:
        clients = Clients(server, folder)
        clients.write_until_the_power_fails(draw.randrange(60, 160), chance)
        server.start()
        server.cut_power(chance)  # also what was put right at the start must last
        server.start()
        yield clients
    finally:
        server.stop()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_was_acknowledged_is_there(clients, kind):
    """All of it, as it was written; and more can be written."""
    client, told = clients.all[KINDS.index(kind)], clients.told[kind]
    client.attach(clients.server)
    found = client.read(list(told))
    lost = [name for name in told if found.get(name) != told[name]]
    assert not lost, f"{len(lost)} of {len(told)} acknowledged writes are lost or wrong: {lost[:10]}"
    name, value = client.write(100_000)
    assert client.read([name]) == {name: value}


# A machine at work: the update of a stack.

def resources(release):
    """A chain, so that the update takes many steps; one resource goes and one comes with each release."""
    chain = {
        f"P{i}": parameter(f"{release} {i}", **({"DependsOn": f"P{i - 1}"} if i else {})) for i in range(8)}
    return chain | {f"Only{release}": parameter("one", DependsOn="P3"), "Queue": {
        "Type": "AWS::SQS::Queue", "DependsOn": "P5", "Properties": {"VisibilityTimeout": release}}}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stacks_update_goes_on_after_each_power_cut(folder, library, seed):
    """It ends well, nobody who looked saw anything that is gone later, and nothing is done twice."""
    draw, chance = draws(seed)
    server = Machine(library, folder / "data").start()
    try:
        stack = Stack(server, "chain").create(resources(1))
        seen = look(stack)
        stack.update(resources(2), wait=None)
        for _ in range(2):
            wanted = len(seen) + draw.randrange(1, 10)
            while len(seen) < wanted and stack.status().endswith("IN_PROGRESS"):
                seen |= look(stack)
            server.cut_power(chance)
            server.start()
            stack = Stack(server, "chain")
            assert seen.items() <= look(stack).items(), "what was seen is gone"
        assert stack.settled() == "UPDATE_COMPLETE", stack.reasons()
        assert [stack.value(f"P{i}") for i in range(8)] == [f"2 {i}" for i in range(8)]
        attributes = server.client("sqs").get_queue_attributes(QueueUrl=stack.physical("Queue"), AttributeNames=["All"])["Attributes"]
        assert attributes["VisibilityTimeout"] == "2"
        names = {p["Name"] for p in server.client("ssm").describe_parameters(MaxResults=50)["Parameters"]}
        assert names == {stack.physical(r) for r in resources(2) if r != "Queue"}
        story = stack.story()
        for resource in resources(2):
            ends = [status for name, status in story if name == resource and status.endswith("COMPLETE")]
            assert ends == (["CREATE_COMPLETE"] if resource == "Only2" else ["CREATE_COMPLETE", "UPDATE_COMPLETE"]), story
    finally:
        server.stop()


def look(stack):
    """The events of a stack, by their ids."""
    return {e["EventId"]: (e["LogicalResourceId"], e["ResourceStatus"]) for e in stack.events()}
