"""Merges of pull requests by people: approval rules, protected branches, conflicts; with policies judged."""
import json

import botocore.exceptions
import pytest

from conftest import Slipway


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(tmp_path_factory.mktemp("merges") / "data").start()
    yield server
    server.stop()


class Person:
    """A user with policies, as a client of CodeCommit's."""

    def __init__(self, server, name, *statements):
        iam = server.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.name, self.id, self.secret = name, key["AccessKeyId"], key["SecretAccessKey"]
        self.client = server.client("codecommit", key=self.id, secret=self.secret)


EVERYTHING = {"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"}
# The CodeCommit User Guide's "Limit pushes and merges to branches".
PROTECTED = {
    "Effect": "Deny", "Resource": "arn:aws:codecommit:eu-west-1:*:*",
    "Action": ["codecommit:GitPush", "codecommit:DeleteBranch", "codecommit:PutFile", "codecommit:MergeBranches*",
               "codecommit:MergePullRequestByFastForward", "codecommit:MergePullRequestBySquash",
               "codecommit:MergePullRequestByThreeWay"],
    "Condition": {"StringEqualsIfExists": {"codecommit:References": ["refs/heads/main", "refs/heads/release"]},
                  "Null": {"codecommit:References": "false"}}}


@pytest.fixture(scope="module")
def people(server):
    return {name: Person(server, name, *rules) for name, rules in {
        "ann": [EVERYTHING], "bob": [EVERYTHING], "cid": [EVERYTHING], "dev": [EVERYTHING, PROTECTED]}.items()}


def code(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


class Repository:
    """A repository with `main` and `topic`, which changes one file."""

    def __init__(self, client, name):
        self.client, self.name = client, name
        client.create_repository(repositoryName=name)
        self.base = self.put("main", "a", b"1\n2\n3\n")
        client.create_branch(repositoryName=name, branchName="topic", commitId=self.base)
        self.put("topic", "b", b"new\n")

    def head(self, branch):
        return self.client.get_branch(repositoryName=self.name, branchName=branch)["branch"]["commitId"]

    def put(self, branch, path, content):
        try:
            parent = {"parentCommitId": self.head(branch)}
        except self.client.exceptions.ClientError:
            parent = {}
        return self.client.put_file(
            repositoryName=self.name, branchName=branch, filePath=path, fileContent=content, **parent)["commitId"]

    def request(self, client, destination="main", source="topic"):
        return client.create_pull_request(title="T", targets=[{
            "repositoryName": self.name, "sourceReference": source, "destinationReference": destination}])["pullRequest"]

    def file(self, path, branch="main"):
        return self.client.get_file(repositoryName=self.name, commitSpecifier=branch, filePath=path)["fileContent"]


WAYS = ["fast_forward", "squash", "three_way"]


def merge(client, way):
    return getattr(client, f"merge_pull_request_by_{way}")


@pytest.mark.parametrize("way", WAYS)
def test_a_rule_holds_a_merge_back_until_two_others_agree(people, way):
    ann, bob, cid = (people[name].client for name in ("ann", "bob", "cid"))
    repository = Repository(ann, f"rules-{way}".replace("_", "-"))
    request = repository.request(ann)
    id, revision = request["pullRequestId"], request["revisionId"]
    ann.create_pull_request_approval_rule(
        pullRequestId=id, approvalRuleName="two", approvalRuleContent=json.dumps({
            "Version": "2018-11-08", "Statements": [{
                "Type": "Approvers", "NumberOfApprovalsNeeded": 2,
                "ApprovalPoolMembers": ["arn:aws:iam::*:user/bob", "arn:aws:iam::*:user/cid"]}]}))
    call = merge(ann, way)
    wanted = {"pullRequestId": id, "repositoryName": repository.name}
    assert code(call, **wanted) == "PullRequestApprovalRulesNotSatisfiedException"
    assert code(ann.update_pull_request_approval_state, pullRequestId=id, revisionId=revision, approvalState="APPROVE") \
        == "PullRequestCannotBeApprovedByAuthorException"
    for client in (bob, bob):
        client.update_pull_request_approval_state(pullRequestId=id, revisionId=revision, approvalState="APPROVE")
    assert code(call, **wanted) == "PullRequestApprovalRulesNotSatisfiedException", "one person counts once"
    cid.update_pull_request_approval_state(pullRequestId=id, revisionId=revision, approvalState="APPROVE")
    cid.update_pull_request_approval_state(pullRequestId=id, revisionId=revision, approvalState="REVOKE")
    assert code(call, **wanted) == "PullRequestApprovalRulesNotSatisfiedException", "taken back"
    cid.update_pull_request_approval_state(pullRequestId=id, revisionId=revision, approvalState="APPROVE")
    # A push makes the approvals old.
    repository.put("topic", "c", b"more\n")
    assert code(call, **wanted) == "PullRequestApprovalRulesNotSatisfiedException"
    now = ann.get_pull_request(pullRequestId=id)["pullRequest"]
    for client in (bob, cid):
        client.update_pull_request_approval_state(pullRequestId=id, revisionId=now["revisionId"], approvalState="APPROVE")
    before = repository.head("main")
    assert code(call, sourceCommitId=before, **wanted) == "TipOfSourceReferenceIsDifferentException"
    merged = call(sourceCommitId=repository.head("topic"), **wanted)["pullRequest"]
    target, = merged["pullRequestTargets"]
    assert merged["pullRequestStatus"] == "CLOSED" and target["mergeMetadata"]["isMerged"]
    assert target["mergeMetadata"]["mergedBy"].endswith(":user/ann")
    assert target["mergeMetadata"]["mergeOption"] == way.upper() + "_MERGE"
    assert target["mergeMetadata"]["mergeCommitId"] == repository.head("main") != before
    commit = ann.get_commit(repositoryName=repository.name, commitId=repository.head("main"))["commit"]
    parents = {"fast_forward": [commit["parents"][0]], "squash": [before], "three_way": [before, repository.head("topic")]}
    assert commit["parents"] == parents[way] and repository.file("c") == b"more\n"
    assert code(call, **wanted) == "PullRequestAlreadyClosedException"


@pytest.mark.parametrize("way", WAYS)
def test_a_protected_branch_is_not_moved_by_a_merge(people, way):
    ann, dev = people["ann"].client, people["dev"].client
    repository = Repository(ann, f"guarded-{way}".replace("_", "-"))
    id = repository.request(dev)["pullRequestId"]
    before = repository.head("main")
    call = merge(dev, way)
    wanted = {"pullRequestId": id, "repositoryName": repository.name}
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**wanted)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "explicit deny" in error.value.response["Error"]["Message"]
    assert repository.head("main") == before
    assert dev.get_pull_request(pullRequestId=id)["pullRequest"]["pullRequestStatus"] == "OPEN"
    assert code(getattr(dev, f"merge_branches_by_{way}"), repositoryName=repository.name, sourceCommitSpecifier="topic",
                destinationCommitSpecifier="main") == "AccessDeniedException"
    # Another branch is not protected from the same person, and the branch not from another.
    ann.create_branch(repositoryName=repository.name, branchName="next", commitId=before)
    other = repository.request(dev, destination="next")["pullRequestId"]
    merge(dev, way)(pullRequestId=other, repositoryName=repository.name)
    assert repository.head("next") != before
    merge(ann, way)(**wanted)
    assert repository.head("main") != before


def test_conflicts_are_nobodys_merge(people):
    ann = people["ann"].client
    repository = Repository(ann, "conflicts")
    repository.put("topic", "a", b"1\n2\ntopic\n")
    repository.put("main", "a", b"main\n2\n3\n")
    wanted = {"pullRequestId": repository.request(ann)["pullRequestId"], "repositoryName": "conflicts"}
    before = repository.head("main")
    assert code(ann.merge_pull_request_by_fast_forward, **wanted) == "ManualMergeRequiredException"
    for way in ("squash", "three_way"):
        assert code(merge(ann, way), **wanted) == "ManualMergeRequiredException"
    assert repository.head("main") == before
    ann.merge_pull_request_by_three_way(conflictDetailLevel="LINE_LEVEL", **wanted)
    assert repository.file("a") == b"main\n2\ntopic\n"


def test_of_two_merges_at_once_one_wins(people):
    from concurrent.futures import ThreadPoolExecutor
    ann, bob = people["ann"].client, people["bob"].client
    repository = Repository(ann, "race")
    wanted = {"pullRequestId": repository.request(ann)["pullRequestId"], "repositoryName": "race"}

    def attempt(client):
        try:
            return client.merge_pull_request_by_squash(**wanted)["pullRequest"]["pullRequestStatus"]
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(attempt, [ann, bob] * 3))
    assert ends.count("CLOSED") == 1, ends
    assert set(ends) <= {"CLOSED", "PullRequestAlreadyClosedException", "ConcurrentReferenceUpdateException"}, ends
    assert len(ann.get_commit(repositoryName="race", commitId=repository.head("main"))["commit"]["parents"]) == 1
