"""Git over HTTP: real git against the built binary."""
import concurrent.futures
import datetime
import json
import os
import random
import sqlite3
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import VENV, Slipway, eventually


class Git:
    """A user's git, with a home of its own and nothing of the machine's."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {
            "HOME": str(folder), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.com"}

    def __call__(self, *arguments, cwd=None, check=True, **environment):
        result = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", "-c", "pack.window=0", *map(str, arguments)], cwd=cwd or self.folder, text=True, timeout=300,
            env=self.environment | environment, capture_output=True)
        if check:
            assert result.returncode == 0, f"git {arguments}\n{result.stdout}\n{result.stderr}"
        return result

    def commit(self, place, **files):
        """Writes the files and commits them; the commit's id."""
        for name, text in files.items():
            path = place / name.replace("__", "/").replace("_txt", ".txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self("add", "-A", cwd=place)
        self("commit", "-q", "-m", f"Change {', '.join(files)}", cwd=place)
        return self("rev-parse", "HEAD", cwd=place).stdout.strip()

    def start(self, name, **files):
        """A new repository with a first commit."""
        place = self.folder / name
        self("init", "-q", place)
        self.commit(place, **(files or {"a_txt": "one\n"}))
        return place


@pytest.fixture
def git(folder):
    (folder / "home").mkdir()
    return Git(folder / "home")


def url(slipway, name, user=None, password=None):
    key, secret = slipway.credentials
    user, password = user or key, password or secret
    return slipway.endpoint.replace("//", f"//{urllib.parse.quote(user, safe='')}:{urllib.parse.quote(password, safe='')}@") + f"/v1/repos/{name}"


def make(slipway, name):
    client = slipway.client("codecommit")
    client.create_repository(repositoryName=name)
    return client


def moves(slipway, repository):
    """The reference events that were told, by looking into the ledger as any reader may."""
    with sqlite3.connect(f"file:{slipway.folder}/ledger.sqlite?mode=ro", uri=True) as db:
        rows = db.execute("SELECT detail FROM event WHERE detailType = 'CodeCommit Repository State Change' ORDER BY sequence")
        found = [json.loads(row[0]) for row in rows]
    return [detail for detail in found if detail["repositoryName"] == repository]


def test_push_clone_fetch_delete_force_tags(slipway, git):
    client = make(slipway, "orders")
    home = url(slipway, "orders")
    place = git.start("work", a_txt="one\n", lib__b_txt="two\n")
    first = git("rev-parse", "HEAD", cwd=place).stdout.strip()
    git("push", "-q", home, "main:main", "main:feature/x", cwd=place)
    assert client.get_repository(repositoryName="orders")["repositoryMetadata"]["defaultBranch"] == "main"
    assert client.list_branches(repositoryName="orders")["branches"] == ["feature/x", "main"]
    assert client.get_branch(repositoryName="orders", branchName="main")["branch"]["commitId"] == first

    git("clone", "-q", home, "clone")
    assert (git.folder / "clone/lib/b.txt").read_text() == "two\n"
    second = git.commit(place, a_txt="changed\n")
    git("tag", "-a", "v1", "-m", "first release", cwd=place)
    git("push", "-q", home, "main", "v1", cwd=place)
    git("pull", "-q", "--tags", cwd=git.folder / "clone")
    assert git("rev-parse", "v1^{commit}", cwd=git.folder / "clone").stdout.strip() == second
    assert client.get_file(repositoryName="orders", filePath="a.txt", commitSpecifier="v1")["fileContent"] == b"changed\n"

    git("push", "-q", "--force", home, f"{first}:refs/heads/main", ":feature/x", cwd=place)
    assert client.get_branch(repositoryName="orders", branchName="main")["branch"]["commitId"] == first
    assert client.list_branches(repositoryName="orders")["branches"] == ["main"]
    # What no branch leads to stays readable.
    assert client.get_commit(repositoryName="orders", commitId=second)["commit"]["parents"] == [first]
    told = [(m["event"], m["referenceFullName"], m.get("oldCommitId"), m.get("commitId")) for m in moves(slipway, "orders")]
    assert told == [
        ("referenceCreated", "refs/heads/feature/x", None, first), ("referenceCreated", "refs/heads/main", None, first),
        ("referenceUpdated", "refs/heads/main", first, second), ("referenceCreated", "refs/tags/v1", None, second),
        ("referenceDeleted", "refs/heads/feature/x", first, None), ("referenceUpdated", "refs/heads/main", second, first)]
    assert all(m["callerUserArn"].endswith(":root") for m in moves(slipway, "orders"))


def test_default_branch_cannot_be_pushed_away_and_other_names_not_at_all(slipway, git):
    make(slipway, "guarded")
    home = url(slipway, "guarded")
    place = git.start("work")
    git("push", "-q", home, "main", cwd=place)
    refused = git("push", home, ":main", cwd=place, check=False)
    assert refused.returncode != 0 and "refusing to delete the current branch" in refused.stderr
    for name in ["refs/pull/1/head", "refs/slipway/x", "refs/notes/commits"]:
        refused = git("push", home, f"main:{name}", cwd=place, check=False)
        assert refused.returncode != 0 and "hidden ref" in refused.stderr, refused.stderr
    assert len(moves(slipway, "guarded")) == 1


def test_shallow_and_partial_clones(slipway, git):
    make(slipway, "history")
    home = url(slipway, "history")
    place = git.start("work", a_txt="0\n")
    for number in range(5):
        git.commit(place, a_txt=f"{number + 1}\n", big_txt=os.urandom(50_000))
    git("push", "-q", home, "main", cwd=place)
    git("clone", "-q", "--depth", "1", home, "shallow")
    assert git("rev-list", "--count", "HEAD", cwd=git.folder / "shallow").stdout.strip() == "1"
    git("fetch", "-q", "--unshallow", cwd=git.folder / "shallow")
    assert git("rev-list", "--count", "HEAD", cwd=git.folder / "shallow").stdout.strip() == "6"
    git("clone", "-q", "--filter=blob:none", "--no-checkout", home, "partial")
    missing = git("rev-list", "--objects", "--all", "--missing=print", cwd=git.folder / "partial").stdout.count("?")
    assert missing >= 6
    git("checkout", "-q", "main", cwd=git.folder / "partial")
    assert (git.folder / "partial/a.txt").read_text() == "5\n"
    # The first version of the protocol, and a fetch by a commit's id.
    git("-c", "protocol.version=0", "clone", "-q", home, "old")
    commit = git("rev-parse", "HEAD~3", cwd=place).stdout.strip()
    git("init", "-q", "one")
    git("fetch", "-q", "--depth", "1", home, commit, cwd=git.folder / "one")


def test_long_negotiation_is_gzipped(slipway, git):
    make(slipway, "long")
    home = url(slipway, "long")
    place = git.start("work")
    git("push", "-q", home, "main", cwd=place)
    git("clone", "-q", home, "clone")
    stream = "".join(
        f"commit refs/heads/local\ncommitter A <a@b> {2_000_000_000 + i} +0000\ndata 1\nx\n\n" for i in range(600))
    subprocess.run(["git", "fast-import", "--quiet"], input=stream, text=True, cwd=git.folder / "clone", check=True)
    git.commit(place, a_txt="two\n")
    git("push", "-q", home, "main", cwd=place)
    # Only the first version of the protocol compresses its requests.
    result = git(
        "-c", "protocol.version=0", "fetch", "-v", "origin", cwd=git.folder / "clone", GIT_CURL_VERBOSE="1", GIT_TRACE_PACKET="1")
    assert "content-encoding: gzip" in result.stderr.lower(), result.stderr[-5000:]


def test_ten_pushes_at_once_lose_nothing(slipway, git):
    make(slipway, "busy")
    home = url(slipway, "busy")
    place = git.start("work")
    git("push", "-q", home, "main", cwd=place)
    git("clone", "-q", home, "base")

    def one(number):
        clone = git.folder / f"clone{number}"
        git("clone", "-q", git.folder / "base", clone)
        commit = git.commit(clone, **{f"f{number}_txt": f"{number}\n"})
        own = git("push", "-q", home, f"HEAD:refs/heads/b{number}", cwd=clone)
        main = git("push", "-q", home, "HEAD:refs/heads/main", cwd=clone, check=False)
        return commit, own.returncode, main.returncode

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        results = list(pool.map(one, range(10)))
    # The same branch takes one of them: the others are behind by then.
    assert all(own == 0 for _, own, _ in results) and [main for _, _, main in results].count(0) == 1
    client = slipway.client("codecommit")
    for number, (commit, _, _) in enumerate(results):
        assert client.get_branch(repositoryName="busy", branchName=f"b{number}")["branch"]["commitId"] == commit
    assert len(moves(slipway, "busy")) == 12
    git("-C", git.folder / "clone0", "fetch", "-q", home, "main")


def test_large_push_and_clone(slipway, git):
    make(slipway, "large")
    home = url(slipway, "large")
    place = git.start("work")
    noise = random.Random(7)
    for number in range(5):
        (place / f"noise{number}.bin").write_bytes(noise.randbytes(10 << 20))
    git("-c", "core.compression=0", "add", "-A", cwd=place)
    git("commit", "-q", "-m", "50 MB", cwd=place)
    git("push", "-q", home, "main", cwd=place)
    git("clone", "-q", home, "clone")
    assert (git.folder / "clone/noise4.bin").stat().st_size == 10 << 20
    assert git("rev-parse", "HEAD^{tree}", cwd=git.folder / "clone").stdout == git("rev-parse", "HEAD^{tree}", cwd=place).stdout
    with pytest.raises(Exception) as error:
        slipway.client("codecommit").get_file(repositoryName="large", filePath="noise0.bin")
    assert error.value.response["Error"]["Code"] == "FileTooLargeException"


def test_kill_while_a_push_is_under_way(slipway, git):
    make(slipway, "killed")
    home = url(slipway, "killed")
    place = git.start("work")
    git("push", "-q", home, "main", cwd=place)
    noise = random.Random(8)
    for round in range(4):
        (place / "noise.bin").write_bytes(noise.randbytes(6 << 20))
        commit = git.commit(place, round_txt=f"{round}\n")
        push = subprocess.Popen(
            ["git", "-c", "pack.window=0", "push", "-q", home, "main"], cwd=place, env=git.environment, stderr=subprocess.DEVNULL)
        objects = slipway.folder / "repositories"
        if round < 3:
            # Somewhere between the first bytes and the last: another place each time.
            eventually("the push begins", lambda: list(objects.glob("*/*/*/objects/tmp_objdir-incoming-*/pack/*")) or push.poll() is not None)
            try:
                push.wait(round * 0.15)
            except subprocess.TimeoutExpired:
                pass
        else:
            push.wait()
        slipway.kill()
        push.wait()
        slipway.start()
        client = slipway.client("codecommit")
        git("push", "-q", home, "main", cwd=place)
        assert client.get_branch(repositoryName="killed", branchName="main")["branch"]["commitId"] == commit
    told = moves(slipway, "killed")
    assert len(told) == 5 and [m["event"] for m in told] == ["referenceCreated"] + ["referenceUpdated"] * 4
    assert all(now["oldCommitId"] == before["commitId"] for before, now in zip(told, told[1:]))
    git("clone", "-q", home, "clone")
    git("fsck", "--full", cwd=git.folder / "clone")


def test_reference_moved_behind_the_servers_back_is_told_once(slipway, git):
    client = make(slipway, "behind")
    home = url(slipway, "behind")
    place = git.start("work")
    git("push", "-q", home, "main", cwd=place)
    commit = git.commit(place, a_txt="two\n")
    git("push", "-q", home, "main:next", cwd=place)
    slipway.kill()
    repository = next((slipway.folder / "repositories").glob("*/*/*/HEAD")).parent
    git("--git-dir", repository, "update-ref", "refs/heads/main", commit)
    for _ in range(2):
        slipway.start()
        eventually(
            "the move is noted",
            lambda: client.get_branch(repositoryName="behind", branchName="main")["branch"]["commitId"] == commit)
        slipway.kill()
    told = [m for m in moves(slipway, "behind") if m["referenceName"] == "main"]
    assert [m["event"] for m in told] == ["referenceCreated", "referenceUpdated"]


def test_three_ways_to_log_in(slipway, git):
    make(slipway, "login")
    plain = slipway.endpoint + "/v1/repos/login"
    place = git.start("work")
    for wrong in [plain, url(slipway, "login", password="wrong"), url(slipway, "login", user="nobody")]:
        refused = git("ls-remote", wrong, check=False)
        assert refused.returncode != 0 and "could not read" in refused.stderr or "Authentication failed" in refused.stderr
        assert ("is wrong or has expired" in refused.stderr) == (wrong != plain), refused.stderr
    # With the CLI's credential helper.
    helper = ["-c", f"credential.helper=!{VENV}/aws codecommit credential-helper --ignore-host-check $@",
              "-c", "credential.UseHttpPath=true"]
    environment = {k: v for k, v in slipway.environment().items() if k.startswith("AWS_")}
    git(*helper, "push", "-q", plain, "main", cwd=place, **environment)
    # With temporary keys.
    iam = slipway.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    rule = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "arn:aws:codecommit:eu-west-1:*:login"}]}
    iam.put_role_policy(RoleName="reader", PolicyName="pull", PolicyDocument=json.dumps(rule))
    iam.create_user(UserName="ann")
    user = iam.create_access_key(UserName="ann")["AccessKey"]
    assume = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
    iam.put_user_policy(UserName="ann", PolicyName="assume", PolicyDocument=json.dumps(assume))
    keys = slipway.client("sts", key=user["AccessKeyId"], secret=user["SecretAccessKey"]).assume_role(
        RoleArn=role, RoleSessionName="session")["Credentials"]
    temporary = environment | {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"]}
    git(*helper, "clone", "-q", plain, "clone", **temporary)
    refused = git(*helper, "push", plain, "main:other", cwd=place, check=False, **temporary)
    assert refused.returncode != 0 and "403" in refused.stderr
    # With a password for git alone.
    own = iam.create_service_specific_credential(UserName="ann", ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
    home = url(slipway, "login", own["ServiceUserName"], own["ServicePassword"])
    assert "403" in git("ls-remote", home, check=False).stderr
    iam.put_user_policy(UserName="ann", PolicyName="git", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codecommit:Git*", "Resource": "*"}]}))
    git("push", "-q", home, "main:by-ann", cwd=place)
    assert moves(slipway, "login")[-1]["callerUserArn"].endswith(":user/ann")
    assert iam.list_service_specific_credentials(UserName="ann")["ServiceSpecificCredentials"][0]["Status"] == "Active"
    new = iam.reset_service_specific_credential(
        UserName="ann", ServiceSpecificCredentialId=own["ServiceSpecificCredentialId"])["ServiceSpecificCredential"]
    assert "Authentication failed" in git("ls-remote", home, check=False).stderr
    git("ls-remote", url(slipway, "login", own["ServiceUserName"], new["ServicePassword"]))
    iam.update_service_specific_credential(
        UserName="ann", ServiceSpecificCredentialId=own["ServiceSpecificCredentialId"], Status="Inactive")
    inactive = git("ls-remote", url(slipway, "login", own["ServiceUserName"], new["ServicePassword"]), check=False)
    assert "Authentication failed" in inactive.stderr
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_access_key(UserName="ann", AccessKeyId=user["AccessKeyId"])
        iam.delete_user_policy(UserName="ann", PolicyName="git")
        iam.delete_user_policy(UserName="ann", PolicyName="assume")
        iam.delete_user(UserName="ann")
    iam.delete_service_specific_credential(
        UserName="ann", ServiceSpecificCredentialId=own["ServiceSpecificCredentialId"])
    iam.delete_user(UserName="ann")


def test_signed_password_grows_old(slipway, git):
    make(slipway, "old")
    key, secret = slipway.credentials

    def password(moment):
        request = botocore.awsrequest.AWSRequest(method="GIT", url=slipway.endpoint + "/v1/repos/old")
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%S")
        signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "codecommit", "eu-west-1")
        text = "GIT\n/v1/repos/old\n\nhost:127.0.0.1\n\nhost\n"
        signature = signer.signature(signer.string_to_sign(request, text), request)
        return request.context["timestamp"] + "Z" + signature

    now = datetime.datetime.now(datetime.timezone.utc)
    git("ls-remote", url(slipway, "old", password=password(now - datetime.timedelta(minutes=10))))
    for minutes in (-20, 20):
        late = password(now + datetime.timedelta(minutes=minutes))
        assert "Authentication failed" in git("ls-remote", url(slipway, "old", password=late), check=False).stderr


def test_unknown_repository_and_deleted_repository(slipway, git):
    assert "not found" in git("ls-remote", url(slipway, "nowhere"), check=False).stderr
    client = make(slipway, "gone")
    place = git.start("work")
    git("push", "-q", url(slipway, "gone"), "main", cwd=place)
    folders = list((slipway.folder / "repositories").glob("*/*/*/HEAD"))
    assert client.delete_repository(repositoryName="gone")["repositoryId"]
    assert "repositoryId" not in client.delete_repository(repositoryName="gone")
    assert folders and not any(path.exists() for path in folders)
    assert "not found" in git("ls-remote", url(slipway, "gone"), check=False).stderr
    client.create_repository(repositoryName="gone")
    assert git("ls-remote", url(slipway, "gone")).stdout == ""


def test_names_that_try_to_escape(slipway):
    for path in ["/v1/repos/..%2f..%2fetc/info/refs?service=git-upload-pack", "/v1/repos/x/HEAD", "/v1/repos/",
                 "/v1/repos/-x/info/refs?service=git-upload-pack;rm", "/v1/repos/x/objects/info/packs"]:
        try:
            status = urllib.request.urlopen(slipway.endpoint + path, timeout=10).status
        except urllib.error.HTTPError as error:
            status = error.code
        assert status in (401, 404), path


def test_without_authentication_everybody_may_push(folder, git):
    server = Slipway(folder / "data", "--no-auth").start()
    try:
        client = boto3.client(
            "codecommit", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test")
        clone = client.create_repository(repositoryName="free")["repositoryMetadata"]["cloneUrlHttp"]
        place = git.start("work")
        git("push", "-q", clone, "main", cwd=place)
        git("clone", "-q", clone, "clone")
    finally:
        server.stop()


def test_a_policy_protects_a_branch(slipway, git):
    client = make(slipway, "protected")
    place = git.start("work")
    git("push", "-q", url(slipway, "protected"), "main", cwd=place)
    iam = slipway.client("iam")
    iam.create_user(UserName="dev")
    rules = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["codecommit:GitPush", "codecommit:PutFile", "codecommit:MergeBranches*"],
         "Resource": "arn:aws:codecommit:eu-west-1:*:protected",
         "Condition": {"StringEqualsIfExists": {"codecommit:References": ["refs/heads/main"]},
                       "Null": {"codecommit:References": "false"}}}]}
    iam.put_user_policy(UserName="dev", PolicyName="git", PolicyDocument=json.dumps(rules))
    key = iam.create_access_key(UserName="dev")["AccessKey"]
    home = url(slipway, "protected", key["AccessKeyId"], key["SecretAccessKey"])
    commit = git.commit(place, a_txt="two\n")
    refused = git("push", home, "main", cwd=place, check=False)
    assert refused.returncode != 0 and "explicit deny" in refused.stderr
    git("push", "-q", home, "main:topic", cwd=place)
    assert client.get_branch(repositoryName="protected", branchName="main")["branch"]["commitId"] != commit
    own = slipway.client("codecommit", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    with pytest.raises(own.exceptions.ClientError) as error:
        own.put_file(repositoryName="protected", branchName="main", filePath="x", fileContent=b"x", parentCommitId=commit)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    own.put_file(repositoryName="protected", branchName="topic", filePath="x", fileContent=b"x", parentCommitId=commit)
