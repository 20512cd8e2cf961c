"""The servers that are compared, as processes measured from outside."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get("SLIPWAY_BINARY", ROOT / ".build/release/slipway"))
VENV = ROOT / ".venv/bin"
PEERS_VENV = ROOT / ".venv-peers"  # made by Benchmarks/setup-peers
TICKS = os.sysconf("SC_CLK_TCK")
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Peer:
    """A server under test, as a process that is measured from outside."""

    def __init__(self, name, command, port, credentials=("test", "test")):
        self.name, self.port, self.credentials = name, port, credentials
        self.started = time.perf_counter()
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.first_answer = self.wait()

    def wait(self):
        while time.perf_counter() - self.started < 60:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                    s.sendall(b"GET /_slipway/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    # Slipway says 503 until it is ready; others know no such path.
                    if b" 503 " not in (s.recv(16) or b" 503 "):
                        return time.perf_counter() - self.started
            except OSError:
                time.sleep(0.001)
        raise SystemExit(f"{self.name} does not answer")

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1",
                            aws_access_key_id=self.credentials[0], aws_secret_access_key=self.credentials[1],
                            config=Config(retries={"max_attempts": 0}))

    def family(self):
        """The process and its children."""
        pids, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            pids.append(pid)
            try:
                todo += [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except OSError:
                pass
        return pids

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def slipway(folder, *options):
    port = free_port()
    peer = Peer("slipway", [BINARY, "serve", "--listen", f"127.0.0.1:{port}", "--data", folder, *options], port)
    access = json.loads((pathlib.Path(folder) / "access.json").read_text())
    peer.credentials = (access["accessKeyId"], access["secretAccessKey"])
    return peer


def moto():
    port = free_port()
    return Peer("moto", [VENV / "moto_server", "-p", port], port)


def localstack():
    """localstack-core, its services loaded when they are first asked."""
    port = free_port()
    environment = {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "SERVICES": "cloudformation,ssm,s3,sts,iam", "EAGER_SERVICE_LOADING": "0",
                   "DISABLE_EVENTS": "1", "PATH": f"{PEERS_VENV / 'bin'}:{os.environ['PATH']}"}
    return Peer("localstack", ["env", *(f"{name}={value}" for name, value in environment.items()),
                               PEERS_VENV / "bin/python", "-m", "localstack.runtime.main"], port)
