"""The whole, driven by real clients over real sockets. Each test gets a server, or shares one that keeps no secrets."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SLIPWAY_BINARY", ROOT / ".build/release/slipway"))
VENV = ROOT / ".venv/bin"


def eventually(what, probe, within=30.0):
    """Waits for the probe to give something true, and returns it."""
    deadline = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within} s")
        time.sleep(0.02)  # a poll of a condition, bounded by the deadline


def make_free_port():
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Slipway:
    """A server process with a data folder of its own."""
    prefix = ()

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.options = options
        self.port = make_free_port()
        self.process = None
        self.log = open(self.folder.parent / f"{self.folder.name}.log", "ab")

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [*self.prefix, BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.folder, *self.options],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("Slipway is ready"), self.tail()
        return self

    def tail(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def credentials(self):
        access = json.loads((self.folder / "access.json").read_text())
        return access["accessKeyId"], access["secretAccessKey"]

    def client(self, service, **options):
        key, secret = self.credentials
        settings = {"retries": {"max_attempts": 1}, "connect_timeout": 5, "read_timeout": 60}
        settings.update(options.pop("config", {}))
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=options.pop("region", "eu-west-1"),
            aws_access_key_id=options.pop("key", key), aws_secret_access_key=options.pop("secret", secret),
            config=Config(**settings), **options)

    def environment(self):
        key, secret = self.credentials
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PAGER": "", "SAM_CLI_TELEMETRY": "0", "NO_COLOR": "1",
            "PATH": f"{VENV}:{os.environ['PATH']}", "HOME": str(self.folder.parent)}
        return environment

    def run(self, *command, cwd=None, check=True, input=None, timeout=300):
        """Runs a command line client against this server."""
        result = subprocess.run(
            [str(part) for part in command], env=self.environment(), cwd=cwd, capture_output=True, text=True,
            input=input, timeout=timeout)
        if check:
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}\n{self.tail()}"
        return result

    def aws(self, *command, **options):
        result = self.run(VENV / "aws", *command, "--output", "json", **options)
        return json.loads(result.stdout) if result.stdout.strip().startswith(("{", "[")) else result.stdout

    def slipway(self, *command, **options):
        return self.run(BINARY, *command, **options)


# What functions under test call a server that accepts anyone with: they have no boto3.
CLIENT = '''
import json, os, urllib.request

def call(service, operation, **input):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"] + f"/_slipway/api/{service}/{operation}", json.dumps({"input": input}).encode(),
        {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/%s/slipway/aws4_request, SignedHeaders=host, Signature=0"
         % os.environ["AWS_REGION"], "X-Amz-Date": "20260101T000000Z"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["output"]
'''


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="slipway-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def slipway(folder):
    """A server of the test's own, with authentication."""
    server = Slipway(folder / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """One server for tests that stay out of each other's way by names. Accepts anyone."""
    server = Slipway(tmp_path_factory.mktemp("shared") / "data", "--no-auth").start()
    yield server
    server.stop()


def zipped(**files):
    """A zip archive of texts, as bytes."""
    import io
    import zipfile
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name.replace("__", "/").replace("_py", ".py").replace("_js", ".js"))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()
