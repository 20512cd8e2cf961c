"""Policies: rules asked of templates and of plans, and exceptions that end by themselves."""
import concurrent.futures
import datetime
import json
import subprocess
import uuid

import pytest

from conftest import BINARY

RULES = """
rule encrypted {
    AWS::S3::Bucket {
        Properties.BucketEncryption exists
        <<
            Buckets must be encrypted.
            Fix: add BucketEncryption.
        >>
    }
}
rule nothing_is_lost when Plan exists {
    Plan.changes[ effect in ['lose', 'replace'] ] empty <<Fix: keep it.>>
}
rule queues { AWS::SQS::Queue { Properties.KmsMasterKeyId exists } }
"""
BUCKET = """
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{Key: a, Value: b}]
"""


def check(template, rules, folder, *options):
    (folder / "t.yaml").write_text(template)
    (folder / "r.guard").write_text(rules)
    return subprocess.run(
        [BINARY, "policy", "check", folder / "t.yaml", "--policy", folder / "r.guard", *options],
        capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)})


def test_a_template_is_checked_without_a_server(tmp_path):
    done = check(BUCKET, RULES, tmp_path)
    assert done.returncode == 2, done.stderr
    assert "x denied   encrypted  Resources.Data.Properties (line 5)" in done.stdout
    assert "expected: exists   actual: BucketEncryption is missing" in done.stdout
    assert "Buckets must be encrypted.\n      fix: add BucketEncryption.\n" in done.stdout
    assert "0 passed, 1 denied, 2 not about anything here." in done.stdout
    answer = json.loads(check(BUCKET, RULES, tmp_path, "--json").stdout)
    [denial] = answer["denials"]
    assert (denial["rule"], denial["line"], denial["ruleLine"], denial["fix"]) == (
        "encrypted", 5, 4, "add BucketEncryption.")


@pytest.mark.parametrize("rules, words", [
    ("rule r { Resources exists }", None), ("rule r { a == }", "r.guard:1:15: a query is missing."),
    ("rule r { %x exists }", "There is no variable 'x'."), ("rule r {", "'}' is missing")])
def test_rules_that_are_wrong_are_no_verdict(rules, words, tmp_path):
    done = check(BUCKET, rules, tmp_path)
    assert done.returncode == (1 if words else 0)
    assert words is None or words in done.stderr


def test_a_folder_of_rules_and_files_that_are_not_there(tmp_path):
    assert check(BUCKET, RULES, tmp_path).returncode == 2
    everything = [BINARY, "policy", "check", tmp_path / "t.yaml", "--policy", tmp_path]
    assert subprocess.run(everything, capture_output=True, timeout=60).returncode == 2
    missing = subprocess.run(
        [BINARY, "policy", "check", tmp_path / "none.yaml", "--policy", tmp_path], capture_output=True, text=True, timeout=60)
    assert missing.returncode == 1 and "cannot be read" in missing.stderr


def parameter(value):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


class Policed:
    """A stack, its template and its rules."""

    def __init__(self, server, folder):
        self.server, self.folder, self.name = server, folder, f"policed-{uuid.uuid4().hex[:8]}"

    def create(self, resources):
        client = self.server.client("cloudformation")
        client.create_stack(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        client.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})

    def plan(self, resources):
        (self.folder / "t.json").write_text(json.dumps({"Resources": resources}))
        (self.folder / "r.guard").write_text(RULES)
        done = self.server.slipway(
            "plan", self.folder / "t.json", "--stack-name", self.name, "--policy", self.folder / "r.guard", "--json",
            check=False)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["policies"]

    def policy(self, *command, check=True):
        return self.server.slipway("policy", *command, "--stack", self.name, check=check)


@pytest.fixture
def policed(shared, folder):
    return Policed(shared, folder)


def test_a_plan_is_judged_by_its_changes(policed):
    policed.create({"A": parameter("1"), "B": parameter("1")})
    code, policies = policed.plan({"A": parameter("2"), "B": parameter("1")})
    assert (code, policies["isDenied"], policies["denials"]) == (0, False, [])
    code, policies = policed.plan({"A": parameter("1")})
    assert code == 2 and policies["isDenied"]
    assert [(d["rule"], d["fix"]) for d in policies["denials"]] == [("nothing_is_lost", "keep it.")]


def test_an_exception_lets_pass_is_shown_and_can_be_taken_back(policed):
    bucket = {"Data": {"Type": "AWS::S3::Bucket"}}
    until = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
    assert policed.plan(bucket)[0] == 2
    made = policed.policy("override", "encrypted", "--until", until, "--reason", "moved soon").stdout
    assert "moved soon" in made and until in made
    code, policies = policed.plan(bucket)
    assert code == 0 and not policies["isDenied"]
    assert policies["denials"][0]["override"]["reason"] == "moved soon"
    assert "moved soon" in policed.policy("list").stdout
    policed.policy("withdraw", "encrypted")
    assert policed.plan(bucket)[0] == 2


@pytest.mark.parametrize("until, reason, words", [
    ("2020-01-01", "x", "in the future"), ("2999-01-01", "x", "within a year"), ("soon", "x", "is no day"),
    ("tomorrow", "x", "is no day")])
def test_an_exception_needs_an_end_that_is_one(policed, until, reason, words):
    done = policed.policy("override", "r", "--until", until, "--reason", reason, check=False)
    assert done.returncode != 0 and words in done.stderr


def test_an_exception_needs_a_reason(policed):
    until = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
    done = policed.policy("override", "r", "--until", until, "--reason", " ", check=False)
    assert done.returncode == 1 and "needs a reason" in done.stderr


def test_exceptions_outlive_a_server_that_is_killed_and_are_made_at_once_by_many(slipway):
    until = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: slipway.slipway(
            "policy", "override", f"rule{number}", "--stack", "s", "--until", until, "--reason", f"why {number}"),
            range(8)))
    slipway.kill()
    slipway.start()
    listed = slipway.slipway("policy", "list", "--stack", "s").stdout
    assert all(f"rule{number}" in listed and f"why {number}" in listed for number in range(8))
