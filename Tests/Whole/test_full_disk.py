"""The disk is full for a while: who writes is told so, nothing that was there suffers, and all goes on when there is room."""
import botocore.exceptions
import pytest

from conftest import Slipway, eventually
from disk import build
from stacks import Stack, parameter


@pytest.fixture
def machine(folder, tmp_path):
    """A server, and the file that fills its disk as long as it is there."""
    server, mark = Slipway(folder / "data"), tmp_path / "full"
    server.prefix = ["env", f"LD_PRELOAD={build('fulldisk', tmp_path)}", f"FULLDISK_MARK={mark}", f"FULLDISK_ROOT={server.folder}"]
    try:
        yield server.start(), mark
    finally:
        mark.unlink(missing_ok=True)
        server.stop()


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**arguments)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_who_writes_is_told_and_nothing_is_lost(machine):
    server, mark = machine
    ssm, s3, codecommit = server.client("ssm"), server.client("s3"), server.client("codecommit")
    ssm.put_parameter(Name="/before", Value="1", Type="String")
    s3.create_bucket(Bucket="shelf-of-ann", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="shelf-of-ann", Key="kept", Body=b"old" * 50_000)
    mark.touch()
    for call, arguments in [
        (ssm.put_parameter, {"Name": "/new", "Value": "1", "Type": "String"}),
        (ssm.put_parameter, {"Name": "/before", "Value": "2", "Type": "String", "Overwrite": True}),
        (s3.put_object, {"Bucket": "shelf-of-ann", "Key": "small", "Body": b"x"}),
        (s3.put_object, {"Bucket": "shelf-of-ann", "Key": "kept", "Body": b"new" * 50_000}),
        (codecommit.create_repository, {"repositoryName": "notes"}),
    ]:
        code, status, message = refusal(call, **arguments)
        assert (code, status) == ("InsufficientStorage", 507), message
        assert "room" in message or "space" in message, message
    assert ssm.get_parameter(Name="/before")["Parameter"]["Value"] == "1"
    mark.unlink()
    for _ in range(2):  # also what a restart finds
        assert {p["Name"] for p in ssm.describe_parameters()["Parameters"]} == {"/before"}
        assert s3.get_object(Bucket="shelf-of-ann", Key="kept")["Body"].read() == b"old" * 50_000
        assert [o["Key"] for o in s3.list_objects_v2(Bucket="shelf-of-ann")["Contents"]] == ["kept"]
        server.kill()
        server.start()
        ssm, s3, codecommit = server.client("ssm"), server.client("s3"), server.client("codecommit")
    ssm.put_parameter(Name="/before", Value="2", Type="String", Overwrite=True)
    codecommit.create_repository(repositoryName="notes")
    codecommit.put_file(repositoryName="notes", branchName="main", filePath="a", fileContent=b"a")
    assert codecommit.get_file(repositoryName="notes", filePath="a")["fileContent"] == b"a"


def test_a_stack_under_way_waits_for_room(machine):
    """It says where it stands meanwhile, and comes to an end from which it can be changed."""
    server, mark = machine
    # So many that it is not over before the disk is full.
    chain = {f"P{i}": parameter(f"{i}", **({"DependsOn": f"P{i - 1}"} if i else {})) for i in range(400)}
    stack = Stack(server, "chain").create(chain, wait=None)
    eventually("some of it to stand", lambda: len(stack.story()) > 8)
    mark.touch()
    seen = stack.story()
    assert stack.status() == "CREATE_IN_PROGRESS"
    eventually("the log to say why it waits", lambda: "database or disk is full" in server.tail() or "no room left" in server.tail())
    mark.unlink()
    assert stack.settled() in ("CREATE_COMPLETE", "ROLLBACK_COMPLETE"), stack.reasons()
    assert stack.story()[:len(seen)] == seen
    stack.delete()
