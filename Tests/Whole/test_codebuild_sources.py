"""What builds take in and give away: caches and logs in S3, further sources, submodules, other users."""
import gzip
import json
import urllib.parse

import pytest

from builds import TRUST, Builds, phases, printed, why
from conftest import VENV, Slipway, zipped
from test_connections import TOKEN, GitHost, Repository, git


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Slipway(
        tmp_path_factory.mktemp("sources") / "data", "--build-limit", "logBytes=2000000", "--build-tools", VENV.parent).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def builds(server):
    return Builds(server)


def bucket(builds, name):
    builds.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return name


def keys(builds, name):
    return sorted(o["Key"] for o in builds.s3.list_objects_v2(Bucket=name).get("Contents", []))


def again(builds, project, **variables):
    build = builds.wait(builds.start(project, environmentVariablesOverride=[
        {"name": key, "value": value, "type": "PLAINTEXT"} for key, value in variables.items()]))
    return build, builds.log(build)


CACHED = """
    version: 0.2
    phases:
      build:
        commands:
          - cat kept/n 2>/dev/null || echo none
          - cat /var/tmp/far/n 2>/dev/null || echo none
          - mkdir -p kept /var/tmp/far; echo $LOCK >kept/n; echo far-$LOCK >/var/tmp/far/n
          - exit ${CODE:-0}
    cache: {%s paths: ['kept/**/*', '/var/tmp/far']}
    """


def test_a_cache_in_a_bucket_is_hit_by_the_second_build(builds):
    store = bucket(builds, "cache-plain")
    builds.project("plain", CACHED % "", cache={"type": "S3", "location": f"{store}/pre"})
    failed, log = again(builds, "plain", LOCK="0", CODE="1")
    assert failed["buildStatus"] == "FAILED" and keys(builds, store) == [], "a failed build keeps nothing"
    _, first = again(builds, "plain", LOCK="a")
    assert printed(first) == ["none", "none"] and "Cache is empty" in first
    assert keys(builds, store) == ["pre/plain-0/.tgz"]
    _, second = again(builds, "plain", LOCK="b")
    assert printed(second) == ["a", "far-a"] and "Cache restored" in second, second
    _, third = again(builds, "plain", LOCK="c")
    assert printed(third) == ["b", "far-b"], "a cache without a key is saved each time"
    builds.api.invalidate_project_cache(projectName="plain")
    _, fourth = again(builds, "plain", LOCK="d")
    assert printed(fourth) == ["none", "none"]


def test_keys_of_a_cache_and_what_stands_in_for_them(builds):
    store = bucket(builds, "cache-keys")
    spec = CACHED % 'key: "deps-$LOCK", fallback-keys: ["deps-", "other-"],'
    builds.project("keyed", spec, cache={"type": "S3", "location": store})
    _, log = again(builds, "keyed", LOCK="a")
    assert printed(log) == ["none", "none"] and keys(builds, store) == ["keyed-0/deps-a.tgz"], log
    before = builds.s3.head_object(Bucket=store, Key="keyed-0/deps-a.tgz")["LastModified"]
    _, log = again(builds, "keyed", LOCK="a")
    assert printed(log) == ["a", "far-a"] and "up to date for the key deps-a" in log
    assert builds.s3.head_object(Bucket=store, Key="keyed-0/deps-a.tgz")["LastModified"] == before
    _, log = again(builds, "keyed", LOCK="b")
    assert printed(log) == ["a", "far-a"] and "restored for the key deps-" in log, log
    assert keys(builds, store) == ["keyed-0/deps-a.tgz", "keyed-0/deps-b.tgz"]
    _, log = again(builds, "keyed", LOCK="c")
    assert printed(log) == ["b", "far-b"], "of several that fit, the newest"


def test_a_cache_that_cannot_be_had_is_no_failure(builds, server):
    iam = server.client("iam")
    role = iam.create_role(RoleName="cacheless", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    store = bucket(builds, "cache-closed")
    iam.put_role_policy(RoleName="cacheless", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}))
    builds.project("closed", CACHED % "", cache={"type": "S3", "location": store}, serviceRole=role)
    build, log = again(builds, "closed", LOCK="a")
    assert build["buildStatus"] == "SUCCEEDED", why(build)
    assert "Cache not restored" in log and "Cache not saved" in log and "s3:" in log, log
    builds.project("gone", CACHED % "", cache={"type": "S3", "location": "no-such-bucket-here"})
    build, log = again(builds, "gone", LOCK="a")
    assert build["buildStatus"] == "SUCCEEDED" and "Cache not restored" in log and "Cache not saved" in log, log
    # Something else under the cache's name.
    builds.s3.put_object(Bucket=store, Key="odd-0/.tgz", Body=b"no archive")
    builds.project("odd", CACHED % "", cache={"type": "S3", "location": store})
    build, log = again(builds, "odd", LOCK="a")
    assert build["buildStatus"] == "SUCCEEDED" and "Cache not restored" in log, log
    _, log = again(builds, "odd", LOCK="b")
    assert printed(log) == ["a", "far-a"]


def test_logs_in_a_bucket(builds):
    store = bucket(builds, "logs-kept")
    builds.server.client("secretsmanager").create_secret(Name="word", SecretString="hushhush")
    spec = """
        version: 0.2
        env: {secrets-manager: {WORD: word}}
        phases: {build: {commands: ["echo said $WORD", "exit 3"]}}
        """
    logs = {"cloudWatchLogs": {"status": "DISABLED"}, "s3Logs": {"status": "ENABLED", "location": f"{store}/of/builds"}}
    build, _ = builds.run("logged", spec, logsConfig=logs)
    assert build["buildStatus"] == "FAILED" and "groupName" not in build["logs"]
    uuid = build["id"].split(":")[1]
    assert build["logs"]["s3LogsArn"] == f"arn:aws:s3:::{store}/of/builds/{uuid}.gz"
    assert keys(builds, store) == [f"of/builds/{uuid}.gz"]
    text = gzip.decompress(builds.s3.get_object(Bucket=store, Key=f"of/builds/{uuid}.gz")["Body"].read()).decode()
    assert "\nsaid ***\n" in text and "hushhush" not in text
    assert "Entering phase BUILD" in text and "Phase complete: BUILD State: FAILED" in text
    # Both at once; and a bucket that is not there is said, not fatal.
    logs = {"s3Logs": {"status": "ENABLED", "location": f"arn:aws:s3:::{store}/both/"}}
    build, log = builds.run("logged-twice", "version: 0.2\nphases: {build: {commands: ['echo twice']}}\n", logsConfig=logs)
    assert printed(log) == ["twice"] and keys(builds, store)[0].startswith("both/")
    logs = {"s3Logs": {"status": "ENABLED", "location": "nowhere-at-all/x"}}
    build, log = builds.run("logged-nowhere", "version: 0.2\nphases: {build: {commands: ['echo fine']}}\n", logsConfig=logs)
    assert build["buildStatus"] == "SUCCEEDED" and "could not be written to S3" in log, log


def test_other_users(builds):
    build, log = builds.run("users", """
        version: 0.2
        run-as: nobody
        phases:
          install:
            run-as: root
            commands: ["id -un", "echo made by root >root.txt", "export WORD=kept", "mkdir shared && chmod 777 shared && cd shared"]
          build:
            commands: ["id -un", "cat ../root.txt", "echo $WORD", "pwd", "echo x >mine", "stat -c %U mine", "touch /etc/not-mine"]
          post_build:
            run-as: root
            commands: ["id -un", "echo $CODEBUILD_BUILD_SUCCEEDING"]
        """)
    assert printed(log)[:7] == [
        "root", "nobody", "made by root", "kept", "/codebuild/output/src0/src/shared", "nobody",
        "touch: cannot touch '/etc/not-mine': Permission denied"], log
    assert printed(log)[7:] == ["root", "0"] and phases(build)["BUILD"] == "FAILED"
    build, log = builds.run("stranger", """
        version: 0.2
        phases: {build: {run-as: nobody-of-that-name, commands: ["echo never"]}}
        """)
    assert "There is no user 'nobody-of-that-name'" in why(build) and printed(log) == []


def test_artifacts_and_caches_of_other_users(builds):
    """What another user made and nobody else may read goes out as well: it is the build's."""
    store = bucket(builds, "by-nobody")
    build, log = builds.run("private", """
        version: 0.2
        run-as: nobody
        phases:
          install: {run-as: root, commands: ["mkdir out && chown nobody out"]}
          build: {commands: ["umask 077", "echo secret >out/a.txt"]}
        artifacts: {files: ['out/*']}
        """, artifacts={"type": "S3", "location": store, "packaging": "NONE", "name": "x"})
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert builds.s3.get_object(Bucket=store, Key="x/out/a.txt")["Body"].read() == b"secret\n"


def commit(builds, name, message="m", parent=None, **files):
    client = builds.server.client("codecommit")
    options = {"parentCommitId": parent} if parent else {}
    if not parent:
        client.create_repository(repositoryName=name)
    return client.create_commit(
        repositoryName=name, branchName="main", commitMessage=message, **options, putFiles=[
            {"filePath": path.replace("_", "."), "fileContent": text.encode()} for path, text in files.items()])["commitId"]


AWS = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/"


def test_secondary_sources(builds):
    store = bucket(builds, "second-source")
    builds.s3.put_object(Bucket=store, Key="z.zip", Body=zipped(in_zip="zip"))
    builds.s3.put_object(Bucket=store, Key="many/deep/a", Body=b"object")
    first = commit(builds, "second", a_txt="old")
    newest = commit(builds, "second", parent=first, a_txt="new")
    spec = """
        version: 0.2
        phases:
          build:
            commands:
              - cat $CODEBUILD_SRC_DIR_repo/a.txt; echo
              - cat $CODEBUILD_SRC_DIR_zipped/in_zip; echo
              - cat $CODEBUILD_SRC_DIR_many/deep/a; echo
              - echo $CODEBUILD_SOURCE_VERSION_repo $CODEBUILD_SOURCE_REPO_URL_repo
              - echo $CODEBUILD_SOURCE_REPO_URL_zipped
              - git -C $CODEBUILD_SRC_DIR_repo rev-parse HEAD
              - pwd
        """
    settings = {
        "secondarySources": [
            {"type": "CODECOMMIT", "location": AWS + "second", "sourceIdentifier": "repo"},
            {"type": "S3", "location": f"{store}/z.zip", "sourceIdentifier": "zipped"},
            {"type": "S3", "location": f"{store}/many/", "sourceIdentifier": "many"}],
        "secondarySourceVersions": [{"sourceIdentifier": "repo", "sourceVersion": first}]}
    build, log = builds.run("secondary", spec, **settings)
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert printed(log) == [
        "old", "zip", "object", f"{first} {AWS}second", f"s3://{store}/z.zip", first, "/codebuild/output/src0/src"]
    build, log = (lambda b: (b, builds.log(b)))(builds.wait(builds.start(
        "secondary", secondarySourcesVersionOverride=[{"sourceIdentifier": "repo", "sourceVersion": "main"}])))
    assert printed(log)[0] == "new" and printed(log)[5] == newest
    missing = builds.wait(builds.start("secondary", secondarySourcesOverride=[
        {"type": "S3", "location": f"{store}/nothing.zip", "sourceIdentifier": "zipped"}], secondarySourcesVersionOverride=[]))
    assert phases(missing)["DOWNLOAD_SOURCE"] == "FAILED" and "nothing.zip" in why(missing)


SHOW = "version: 0.2\nphases: {build: {commands: ['cat lib/a.txt || echo nothing', 'git config --list | grep -ci authorization || :']}}\n"


def with_submodule(server, name, address):
    """Adds a submodule to a repository, over git."""
    key, secret = server.credentials
    home = server.endpoint.replace("//", f"//{key}:{urllib.parse.quote(secret, safe='')}@") + "/v1/repos/"
    work = server.folder.parent / f"work-{name}"
    git("clone", "-q", home + name, work, cwd=server.folder.parent)
    commit = git("ls-remote", home + "library", "refs/heads/main", cwd=work).split()[0]
    (work / ".gitmodules").write_text(f'[submodule "lib"]\n\tpath = lib\n\turl = {address}\n')
    git("add", ".gitmodules", cwd=work)
    git("update-index", "--add", "--cacheinfo", f"160000,{commit},lib", cwd=work)
    git("commit", "-q", "-m", "with a submodule", cwd=work)
    git("push", "-q", "origin", "HEAD:refs/heads/main", cwd=work)


@pytest.mark.parametrize("kind, address", [("relative", "../library"), ("absolute", AWS + "library")])
def test_submodules_of_codecommit(builds, server, kind, address):
    if kind == "relative":
        commit(builds, "library", a_txt="from the library\n")
    commit(builds, f"with-{kind}", buildspec_yml=SHOW)
    with_submodule(server, f"with-{kind}", address)
    source = {"type": "CODECOMMIT", "location": AWS + f"with-{kind}"}
    build, log = builds.run(f"deep-{kind}", source=source | {"gitSubmodulesConfig": {"fetchSubmodules": True}})
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    # What opened the repositories is not left behind in the clone.
    assert printed(log) == ["from the library", "0"]
    build, log = builds.run(f"flat-{kind}", source=source)
    assert "nothing" in printed(log)


def test_submodules_of_a_host_that_wants_a_token(builds, server, tmp_path):
    root = tmp_path / "git"
    root.mkdir()
    host = GitHost(root)
    library = Repository(root, "team/library")
    inside = library.commit("a.txt", "by token\n")
    main = Repository(root, "team/main")
    main.commit("buildspec.yml", SHOW)
    (main.work / ".gitmodules").write_text('[submodule "lib"]\n\tpath = lib\n\turl = ../library.git\n')
    (main.work / "lib").mkdir()
    git("update-index", "--add", "--cacheinfo", f"160000,{inside},lib", cwd=main.work)
    main.commit("other.txt", "x")
    builds.api.import_source_credentials(
        token=TOKEN, username="ana", serverType="BITBUCKET", authType="BASIC_AUTH", shouldOverwrite=True)
    source = {"type": "BITBUCKET", "location": f"{host.url}/team/main.git", "gitSubmodulesConfig": {"fetchSubmodules": True}}
    build, log = builds.run("hosted", source=source)
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert printed(log) == ["by token", "0"] and TOKEN not in log
    builds.api.delete_source_credentials(arn=builds.api.list_source_credentials()["sourceCredentialsInfos"][0]["arn"])
    build = builds.wait(builds.start("hosted"))
    assert phases(build)["DOWNLOAD_SOURCE"] == "FAILED" and "team/main.git failed" in why(build)
    host.server.shutdown()


def test_a_build_clones_by_the_credential_helper(builds):
    commit(builds, "helped", a_txt="with the helper\n")
    build, log = builds.run("helper", f"""
        version: 0.2
        env: {{git-credential-helper: yes}}
        phases:
          build:
            commands:
              - git clone -q {AWS}helped by-name && cat by-name/a.txt
              - git clone -q $AWS_ENDPOINT_URL/v1/repos/helped here && cat here/a.txt
        """)
    assert build["buildStatus"] == "SUCCEEDED", why(build) + log
    assert printed(log) == ["with the helper"] * 2, log


def test_a_gigabyte_of_output(builds):
    build, log = builds.run("gigabyte", """
        version: 0.2
        phases: {build: {commands: ["yes 'a line of forty characters, no more no less' | head -c 1000000000", "echo quiet"]}}
        """, within=300)
    assert build["buildStatus"] == "SUCCEEDED" and "bytes of output were not logged" in log
    assert len(log) < 4_000_000
