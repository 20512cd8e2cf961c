"""CodeCommit through boto3, CloudFormation and triggers, over real sockets."""
import base64
import concurrent.futures
import io
import json
import urllib.error
import urllib.request
import uuid
import zipfile

import botocore.exceptions
import pytest

from conftest import eventually, zipped


def name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def inside(server, operation, **arguments):
    """A call at the desk that AWS does not have, the way the command line makes it: output and payload."""
    body = json.dumps({"input": arguments}).encode()
    request = urllib.request.Request(f"{server.endpoint}/_slipway/api/slipway-codecommit/{operation}", body, method="POST")
    signed = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/slipway/aws4_request, SignedHeaders=host, Signature=0"
    request.add_header("Authorization", signed)
    request.add_header("X-Amz-Date", "20260101T000000Z")
    try:
        answer = json.load(urllib.request.urlopen(request, timeout=30))
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error
    return answer["output"], base64.b64decode(answer.get("payload", ""))


@pytest.fixture
def client(shared):
    # The door's own checks are wanted here, not boto3's.
    return shared.client("codecommit", config={"parameter_validation": False})


@pytest.fixture
def repository(client):
    repository = name("repo")
    client.create_repository(repositoryName=repository, repositoryDescription="Tests", tags={"team": "a"})
    yield repository
    client.delete_repository(repositoryName=repository)


def put(client, repository, path, content, branch="main", **options):
    try:
        head = client.get_branch(repositoryName=repository, branchName=branch)["branch"]["commitId"]
    except client.exceptions.BranchDoesNotExistException:
        head = None
    if head:
        options["parentCommitId"] = head
    return client.put_file(repositoryName=repository, branchName=branch, filePath=path, fileContent=content, **options)["commitId"]


def test_the_life_of_a_repository(client):
    repository = name("life")
    made = client.create_repository(repositoryName=repository)["repositoryMetadata"]
    assert made["Arn"].endswith(":" + repository) and made["cloneUrlHttp"].endswith("/v1/repos/" + repository)
    assert "defaultBranch" not in made
    assert refusal(client.create_repository, repositoryName=repository) == "RepositoryNameExistsException"
    client.update_repository_description(repositoryName=repository, repositoryDescription="Described")
    assert client.get_repository(repositoryName=repository)["repositoryMetadata"]["repositoryDescription"] == "Described"
    client.tag_resource(resourceArn=made["Arn"], tags={"a": "1", "b": "2"})
    client.untag_resource(resourceArn=made["Arn"], tagKeys=["a"])
    assert client.list_tags_for_resource(resourceArn=made["Arn"])["tags"] == {"b": "2"}
    key = client.update_repository_encryption_key(repositoryName=repository, kmsKeyId="alias/own")
    assert key["originalKmsKeyId"] == "alias/aws/codecommit"
    other = repository + "-new"
    client.update_repository_name(oldName=repository, newName=other)
    found = client.batch_get_repositories(repositoryNames=[repository, other])
    assert [r["repositoryName"] for r in found["repositories"]] == [other] and found["repositoriesNotFound"] == [repository]
    assert other in [r["repositoryName"] for r in client.list_repositories(sortBy="lastModifiedDate", order="descending")["repositories"]]
    assert client.delete_repository(repositoryName=other)["repositoryId"] == made["repositoryId"]
    assert refusal(client.get_repository, repositoryName=other) == "RepositoryDoesNotExistException"


@pytest.mark.parametrize("operation, arguments, code", [
    ("create_repository", {}, "RepositoryNameRequiredException"),
    ("create_repository", {"repositoryName": "a b"}, "InvalidRepositoryNameException"),
    ("create_repository", {"repositoryName": "x.git"}, "InvalidRepositoryNameException"),
    ("create_repository", {"repositoryName": "x", "repositoryDescription": "d" * 1001}, "InvalidRepositoryDescriptionException"),
    ("create_repository", {"repositoryName": "x", "tags": {"aws:x": "1"}}, "InvalidSystemTagUsageException"),
    ("get_repository", {"repositoryName": "nowhere"}, "RepositoryDoesNotExistException"),
    ("list_repositories", {"sortBy": "size"}, "InvalidSortByException"),
    ("list_repositories", {"order": "up"}, "InvalidOrderException"),
    ("list_repositories", {"nextToken": "x"}, "InvalidContinuationTokenException"),
    ("batch_get_repositories", {}, "RepositoryNamesRequiredException"),
    ("get_branch", {"repositoryName": "$R"}, "BranchNameRequiredException"),
    ("get_branch", {"repositoryName": "$R", "branchName": "a..b"}, "InvalidBranchNameException"),
    ("get_branch", {"repositoryName": "$R", "branchName": "none"}, "BranchDoesNotExistException"),
    ("create_branch", {"repositoryName": "$R", "branchName": "x"}, "CommitIdRequiredException"),
    ("create_branch", {"repositoryName": "$R", "branchName": "x", "commitId": "main"}, "InvalidCommitIdException"),
    ("create_branch", {"repositoryName": "$R", "branchName": "x", "commitId": "1" * 40}, "CommitDoesNotExistException"),
    ("update_default_branch", {"repositoryName": "$R", "defaultBranchName": "none"}, "BranchDoesNotExistException"),
    ("delete_branch", {"repositoryName": "$R", "branchName": "main"}, "DefaultBranchCannotBeDeletedException"),
    ("get_commit", {"repositoryName": "$R", "commitId": "1" * 40}, "CommitIdDoesNotExistException"),
    ("get_commit", {"repositoryName": "$R", "commitId": "--help"}, "InvalidCommitIdException"),
    ("get_file", {"repositoryName": "$R"}, "PathRequiredException"),
    ("get_file", {"repositoryName": "$R", "filePath": "none"}, "FileDoesNotExistException"),
    ("get_file", {"repositoryName": "$R", "filePath": "a", "commitSpecifier": "--all"}, "CommitDoesNotExistException"),
    ("get_blob", {"repositoryName": "$R", "blobId": "1" * 40}, "BlobIdDoesNotExistException"),
    ("get_blob", {"repositoryName": "$R", "blobId": "x"}, "InvalidBlobIdException"),
    ("put_file", {"repositoryName": "$R", "branchName": "main", "filePath": "b"}, "FileContentRequiredException"),
    ("put_file", {"repositoryName": "$R", "branchName": "none", "filePath": "b", "fileContent": b"x"}, "BranchDoesNotExistException"),
    ("put_file", {"repositoryName": "$R", "branchName": "main", "filePath": "b", "fileContent": b"x", "fileMode": "X"}, "InvalidFileModeException"),
    ("get_differences", {"repositoryName": "$R"}, "CommitRequiredException"),
    ("get_merge_conflicts", {"repositoryName": "$R", "sourceCommitSpecifier": "main", "destinationCommitSpecifier": "main"}, "MergeOptionRequiredException"),
    ("create_pull_request", {"title": "t"}, "TargetsRequiredException"),
    ("create_pull_request", {"targets": []}, "TitleRequiredException"),
    ("get_pull_request", {"pullRequestId": "999999"}, "PullRequestDoesNotExistException"),
    ("get_comment", {"commentId": "x"}, "CommentDoesNotExistException"),
    ("put_repository_triggers", {"repositoryName": "$R"}, "RepositoryTriggersListRequiredException"),
    ("create_approval_rule_template", {"approvalRuleTemplateName": "t", "approvalRuleTemplateContent": "{}"}, "InvalidApprovalRuleTemplateContentException"),
    ("tag_resource", {"resourceArn": "arn:aws:s3:::x", "tags": {}}, "InvalidResourceArnException"),
])
def test_every_mistake_has_a_code_of_its_own(client, repository, operation, arguments, code):
    put(client, repository, "a", b"1")
    arguments = {k: repository if v == "$R" else v for k, v in arguments.items()}
    assert refusal(getattr(client, operation), **arguments) == code


def test_files_and_folders(client, repository):
    put(client, repository, "README.md", b"one\n", commitMessage="First", name="Ann", email="ann@example.com")
    put(client, repository, "bin/run", b"#!/bin/sh\n", fileMode="EXECUTABLE")
    file = client.get_file(repositoryName=repository, filePath="bin/run")
    assert file["fileContent"] == b"#!/bin/sh\n" and file["fileMode"] == "EXECUTABLE" and file["fileSize"] == 10
    assert client.get_blob(repositoryName=repository, blobId=file["blobId"])["content"] == file["fileContent"]
    folder = client.get_folder(repositoryName=repository, folderPath="/")
    assert [f["relativePath"] for f in folder["files"]] == ["README.md"] and folder["subFolders"][0]["absolutePath"] == "bin"
    first = client.list_file_commit_history(repositoryName=repository, filePath="README.md")["revisionDag"][0]["commit"]
    assert first["author"]["name"] == "Ann" and first["message"].strip() == "First"
    commits = client.batch_get_commits(repositoryName=repository, commitIds=[file["commitId"], "2" * 40])
    assert len(commits["commits"]) == 1 and commits["errors"][0]["commitId"] == "2" * 40
    deleted = client.delete_file(
        repositoryName=repository, branchName="main", filePath="bin/run", parentCommitId=file["commitId"], keepEmptyFolders=True)
    assert client.get_folder(repositoryName=repository, folderPath="bin")["files"][0]["relativePath"] == ".gitkeep"
    stale = dict(repositoryName=repository, branchName="main", filePath="x", fileContent=b"x", parentCommitId=file["commitId"])
    assert refusal(client.put_file, **stale) == "ParentCommitIdOutdatedException"
    larger = dict(stale, parentCommitId=deleted["commitId"], fileContent=b"x" * ((6 << 20) + 1))
    assert refusal(client.put_file, **larger) == "FileContentSizeLimitExceededException"


def test_a_conflict_at_file_level_is_none_at_line_level(client, repository):
    lines = [f"line {n}\n" for n in range(20)]
    base = put(client, repository, "f", "".join(lines).encode())
    client.create_branch(repositoryName=repository, branchName="topic", commitId=base)
    put(client, repository, "f", "".join(["ours\n"] + lines[1:]).encode())
    put(client, repository, "f", "".join(lines[:-1] + ["theirs\n"]).encode(), branch="topic")
    pull = client.create_pull_request(title="Both", targets=[{
        "repositoryName": repository, "sourceReference": "topic", "destinationReference": "main"}])["pullRequest"]["pullRequestId"]
    merge = dict(pullRequestId=pull, repositoryName=repository)
    assert refusal(client.merge_pull_request_by_fast_forward, **merge) == "ManualMergeRequiredException"
    assert refusal(client.merge_pull_request_by_three_way, **merge) == "ManualMergeRequiredException"
    done = client.merge_pull_request_by_three_way(**merge, conflictDetailLevel="LINE_LEVEL", commitMessage="Both")["pullRequest"]
    assert done["pullRequestStatus"] == "CLOSED" and done["pullRequestTargets"][0]["mergeMetadata"]["isMerged"]
    content = client.get_file(repositoryName=repository, filePath="f")["fileContent"]
    assert content.startswith(b"ours\n") and content.endswith(b"theirs\n")


def test_many_writers_at_once(client, repository):
    put(client, repository, "start", b"0")

    def write(number):
        for attempt in range(200):
            try:
                return put(client, repository, f"f{number}", b"x")
            except client.exceptions.ParentCommitIdOutdatedException:
                continue

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(8)))
    assert len(client.get_folder(repositoryName=repository, folderPath="/")["files"]) == 9


def test_triggers_reach_a_function(shared, client, repository):
    lambda_ = shared.client("lambda")
    function = name("trigger")
    lambda_.create_function(
        FunctionName=function, Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zipped(app_py="import json\ndef handler(event, context):\n    print('GOT', json.dumps(event))\n")})
    lambda_.get_waiter("function_active_v2").wait(FunctionName=function)
    arn = lambda_.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    triggers = [{"name": "f", "destinationArn": arn, "customData": "mine", "branches": ["main"], "events": ["all"]}]
    configuration = client.put_repository_triggers(repositoryName=repository, triggers=triggers)["configurationId"]
    stored = client.get_repository_triggers(repositoryName=repository)
    assert stored["configurationId"] == configuration and stored["triggers"] == triggers
    missing = [dict(triggers[0], name="missing", destinationArn=arn + "-none")]
    tested = client.test_repository_triggers(repositoryName=repository, triggers=triggers + missing)
    assert tested["successfulExecutions"] == ["f"] and tested["failedExecutions"][0]["trigger"] == "missing"
    commit = put(client, repository, "a", b"1")

    def record():
        logs = shared.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None
        records = [json.loads(e["message"].split("GOT ")[1])["Records"][0] for e in events if "GOT " in e["message"]]
        return next((r for r in records if r["codecommit"]["references"][0]["commit"] == commit), None)

    found = eventually("the function is called", record, within=60)
    assert found["codecommit"]["references"] == [{"ref": "refs/heads/main", "commit": commit, "created": True}]
    assert found["customData"] == "mine" and found["eventTriggerConfigId"] == configuration
    assert found["eventSourceARN"].endswith(repository) and found["eventName"] == "ReferenceChanges"


def test_a_stack_makes_seeds_changes_and_removes_a_repository(shared, client):
    s3 = shared.client("s3")
    bucket, repository, stack = name("seeds"), name("stacked"), name("stack")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="seed.zip", Body=zipped(app_py="print(1)\n", lib__x_py="x = 1\n"))

    def template(description, **more):
        return json.dumps({
            "Resources": {"R": {"Type": "AWS::CodeCommit::Repository", "Properties": {
                "RepositoryName": repository, "RepositoryDescription": description, "Tags": [{"Key": "k", "Value": "v"}],
                "Code": {"BranchName": "trunk", "S3": {"Bucket": bucket, "Key": "seed.zip"}}} | more}},
            "Outputs": {"Id": {"Value": {"Ref": "R"}}, "Url": {"Value": {"Fn::GetAtt": ["R", "CloneUrlHttp"]}},
                        "Arn": {"Value": {"Fn::GetAtt": ["R", "Arn"]}}, "Name": {"Value": {"Fn::GetAtt": ["R", "Name"]}}}})

    cloudformation = shared.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=template("one"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]}
    made = client.get_repository(repositoryName=repository)["repositoryMetadata"]
    assert outputs == {"Id": made["repositoryId"], "Url": made["cloneUrlHttp"], "Arn": made["Arn"], "Name": repository}
    assert made["defaultBranch"] == "trunk"
    assert client.get_file(repositoryName=repository, filePath="lib/x.py")["fileContent"] == b"x = 1\n"
    assert client.list_tags_for_resource(resourceArn=made["Arn"])["tags"]["k"] == "v"
    cloudformation.update_stack(StackName=stack, TemplateBody=template("two"))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    changed = client.get_repository(repositoryName=repository)["repositoryMetadata"]
    assert changed["repositoryDescription"] == "two" and changed["repositoryId"] == made["repositoryId"]
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert refusal(client.get_repository, repositoryName=repository) == "RepositoryDoesNotExistException"


def test_a_tree_is_packed_the_same_each_time(shared, client, repository):
    """Slipway's own desk, as pipelines and the command line use it."""
    put(client, repository, "bin/run", b"#!/bin/sh\n", fileMode="EXECUTABLE")
    put(client, repository, ".gitattributes", b"bin export-ignore\n")
    last = put(client, repository, "a", b"1\n")
    first, payload = inside(shared, "PackTree", repositoryName=repository, commitSpecifier="main")
    again = inside(shared, "PackTree", repositoryName=repository, commitSpecifier=last)[1]
    assert first["commitId"] == last and payload == again
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        assert sorted(n for n in archive.namelist() if not n.endswith("/")) == [".gitattributes", "a", "bin/run"]
        assert archive.getinfo("bin/run").external_attr >> 16 & 0o111
    refs = inside(shared, "ListRefs", repositoryName=repository)[0]
    assert refs["defaultBranch"] == "main" and refs["refs"][0]["commitId"] == last
    between = inside(shared, "CommitsBetween", repositoryName=repository, **{"from": f"{last}", "to": "main"})[0]["commits"]
    assert between == []
    every = inside(shared, "CommitsBetween", repositoryName=repository, to="main")[0]["commits"]
    assert len(every) == 3 and every[0]["commitId"] == last and every[0]["authorDate"] > 1_600_000_000
