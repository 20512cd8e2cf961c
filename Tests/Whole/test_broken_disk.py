"""The disk fails to sync: nobody is told what it may not hold, nothing more is written, and a restart goes on from what it holds."""
import botocore.exceptions
import pytest

from conftest import Slipway, eventually
from disk import build
from stacks import Stack, parameter


@pytest.fixture
def machine(folder, tmp_path):
    """A server, and the file that lets its syncs fail as long as it is there."""
    server, mark = Slipway(folder / "data"), tmp_path / "broken"
    server.prefix = ["env", f"LD_PRELOAD={build('brokendisk', tmp_path)}", f"BROKENDISK_MARK={mark}"]
    try:
        yield server.start(), mark
    finally:
        mark.unlink(missing_ok=True)
        server.stop()


def status(call, **arguments):
    """The HTTP status of a refusal."""
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**arguments)
    return refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_writes_end_until_a_restart(machine):
    server, mark = machine
    ssm = server.client("ssm", config={"retries": {"max_attempts": 0}})
    ssm.put_parameter(Name="/before", Value="1", Type="String")
    mark.touch()
    assert status(ssm.put_parameter, Name="/lost", Value="1", Type="String") == 500
    mark.unlink()  # the system has forgotten what it could not write: a sync that succeeds now proves nothing
    assert status(ssm.put_parameter, Name="/later", Value="1", Type="String") == 500
    server.kill()
    server.start()
    ssm = server.client("ssm")
    assert ssm.get_parameter(Name="/before")["Parameter"]["Value"] == "1"
    ssm.put_parameter(Name="/after", Value="1", Type="String")


def test_a_stack_under_way_goes_on_after_it(machine):
    """What it did since the last sync is seen by nobody outside."""
    server, mark = machine
    chain = {f"P{i}": parameter(f"{i}", **({"DependsOn": f"P{i - 1}"} if i else {})) for i in range(400)}
    stack = Stack(server, "chain").create(chain, wait=None)
    eventually("some of it to stand", lambda: len(stack.story()) > 8)
    before = stack.story()
    mark.touch()
    ssm = server.client("ssm", config={"retries": {"max_attempts": 0}})
    assert status(ssm.put_parameter, Name="/lost", Value="1", Type="String") == 500
    # Reads are refused while they would show what is not on disk; else they are answered, and then it lasts.
    seen = answered(stack.story) or before
    mark.unlink()
    server.kill()
    server.start()
    stack = Stack(server, "chain")
    assert stack.settled() == "CREATE_COMPLETE", stack.reasons()
    assert stack.story()[:len(seen)] == seen


def answered(call):
    try:
        return call()
    except botocore.exceptions.ClientError as refusal:
        assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        return None
