#!/usr/bin/env python3
"""Compares Slipway with its peers, on this machine, in this run. Prints ratios; absolute times are only evidence.

    Benchmarks/run.py [calls] [stack] [invoke] [start]      all of them when none is named

The calls need `wrk`: Benchmarks/setup-peers installs it. From a push to production: Benchmarks/pipeline.py.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from peers import SECONDS, VENV, moto, slipway


def signed(peer, service, method, path, body=b"", headers=None):
    request = AWSRequest(method, peer.endpoint + path, data=body, headers=headers or {})
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(*peer.credentials), service, "us-east-1").add_auth(request)
    return method, path, body, dict(request.headers)


def wrk(peer, request, connections=16, threads=2):
    method, path, body, headers = request
    quoted = lambda text: json.dumps(text.decode("latin1") if isinstance(text, bytes) else str(text))
    script = f"wrk.method = {quoted(method)}\nwrk.path = {quoted(path)}\nwrk.body = {quoted(body)}\n"
    script += "".join(f"wrk.headers[{quoted(k)}] = {quoted(v)}\n" for k, v in headers.items())
    script += """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = peer.cpu()
        out = subprocess.run(["wrk", "-c", str(connections), "-t", str(min(threads, connections)), "-d", f"{SECONDS:.0f}s", "-s", file.name,
                              peer.endpoint + path], capture_output=True, text=True, check=True).stdout
        cpu = peer.cpu() - before
    requests, duration, p50, p99, errors = map(float, re.search(r"RESULT (.*)", out)[1].split())
    assert requests and errors < requests * 0.01, f"{peer.name} {path}: {errors} of {requests} failed\n{out}"
    return {"rate": requests / duration * 1e6, "cpu": cpu / requests, "p50": p50 / 1000, "p99": p99 / 1000}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEMPLATE = json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/bench", "Type": "String", "Value": "v"}}}})


def prepare(peer):
    peer.client("cloudformation").create_stack(StackName="bench", TemplateBody=TEMPLATE)
    peer.client("cloudformation").get_waiter("stack_create_complete").wait(StackName="bench", WaiterConfig={"Delay": 1})
    peer.client("s3").create_bucket(Bucket="bench")
    role = peer.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                                                "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    make_function(peer, role, "bench")


def make_function(peer, role, name):
    import io
    import zipfile
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    peer.client("lambda").create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role,
                                          Code={"ZipFile": buffer.getvalue()})
    peer.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name)


def bench_calls():
    print("\nSimple calls, 16 connections (Slipway verifies signatures and syncs writes)")
    print(f"{'call':20} {'peer':8} {'per s':>8} {'CPU ms':>8} {'p50 ms':>8} {'p99 ms':>8}")
    folder = tempfile.mkdtemp()
    peers = [slipway(folder), moto()]
    try:
        for peer in peers:
            prepare(peer)
        calls = {
            "GetCallerIdentity": lambda p: signed(p, "sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", FORM),
            "DescribeStacks": lambda p: signed(p, "cloudformation", "POST", "/",
                                               b"Action=DescribeStacks&Version=2010-05-15&StackName=bench", FORM),
            "PutObject 1 KiB": lambda p: signed(p, "s3", "PUT", "/bench/key", b"x" * 1024),
            "GetFunction": lambda p: signed(p, "lambda", "GET", "/2015-03-31/functions/bench"),
        }
        for name, request in calls.items():
            results = {}
            for peer in peers:
                results[peer.name] = r = wrk(peer, request(peer))
                print(f"{name:20} {peer.name:8} {r['rate']:8.0f} {r['cpu'] * 1000:8.3f} {r['p50']:8.2f} {r['p99']:8.2f}")
            ours, theirs = results["slipway"], results["moto"]
            print(f"{'':20} {'ratio':8} {ours['rate'] / theirs['rate']:8.1f} {theirs['cpu'] / ours['cpu']:8.1f}"
                  f"{'':9}{theirs['p99'] / ours['p99']:8.1f}")
    finally:
        for peer in peers:
            peer.stop()
        shutil.rmtree(folder)


def bench_stack():
    print("\nA stack of 100 small resources (AWS::SSM::Parameter), create and delete")
    template = json.dumps({"Resources": {f"P{i}": {"Type": "AWS::SSM::Parameter",
                                                   "Properties": {"Name": f"/s/{i}", "Type": "String", "Value": str(i)}} for i in range(100)}})
    folder = tempfile.mkdtemp()
    peers = [slipway(folder), moto()]
    times = {}
    try:
        for peer in peers:
            client = peer.client("cloudformation")
            made, gone = [], []
            for turn in range(5):
                start = time.perf_counter()
                client.create_stack(StackName=f"s{turn}", TemplateBody=template)
                while client.describe_stacks(StackName=f"s{turn}")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
                    time.sleep(0.002)
                made.append(time.perf_counter() - start)
                start = time.perf_counter()
                arn = client.describe_stacks(StackName=f"s{turn}")["Stacks"][0]["StackId"]
                client.delete_stack(StackName=f"s{turn}")
                while client.describe_stacks(StackName=arn)["Stacks"][0]["StackStatus"] != "DELETE_COMPLETE":
                    time.sleep(0.002)
                gone.append(time.perf_counter() - start)
            times[peer.name] = statistics.median(made), statistics.median(gone)
            print(f"{peer.name:8} create {times[peer.name][0] * 1000:7.0f} ms   delete {times[peer.name][1] * 1000:7.0f} ms")
        print(f"{'ratio':8} create {times['moto'][0] / times['slipway'][0]:7.1f}      delete {times['moto'][1] / times['slipway'][1]:7.1f}")
    finally:
        for peer in peers:
            peer.stop()
        shutil.rmtree(folder)


class BareLoop(threading.Thread):
    """The smallest possible Runtime API: hands the runtime client an event as soon as it has answered the last."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.times = []
        self.started = time.perf_counter()
        self.first = None

    def run(self):
        try:
            self.serve()
        except ConnectionError:
            pass  # the client was killed: the measurement is over

    def serve(self):
        connection, _ = self.server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer, sent = b"", None
        while True:
            while b"\r\n\r\n" not in buffer:
                data = connection.recv(65536)
                if not data:
                    return
                buffer += data
            head, buffer = buffer.split(b"\r\n\r\n", 1)
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            need = int(length[1]) if length else 0
            while len(buffer) < need:
                buffer += connection.recv(65536)
            buffer = buffer[need:]
            if head.startswith(b"GET"):
                self.first = self.first or time.perf_counter() - self.started
                deadline = int(time.time() * 1000) + 60000
                sent = time.perf_counter()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
                                   b"Lambda-Runtime-Deadline-Ms: %d\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:f\r\n"
                                   b"Content-Length: 2\r\n\r\n{}" % deadline)
            else:
                self.times.append(time.perf_counter() - sent)
                connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


def bare():
    folder = tempfile.mkdtemp()
    (pathlib.Path(folder) / "app.py").write_text("def handler(event, context):\n    return event\n")
    loop = BareLoop()
    loop.start()
    environment = os.environ | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{loop.port}", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s"}
    process = subprocess.Popen([VENV / "python", "-m", "awslambdaric", "app.handler"], cwd=folder, env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(SECONDS)
    process.kill()
    shutil.rmtree(folder)
    times = sorted(loop.times)
    return loop.first, times[len(times) // 2] * 1000, len(times) / sum(times)


def bench_invoke():
    print("\nWarm invokes of a Python function, one connection; cold start")
    first, p50, rate = bare()
    print(f"bare loop p50 {p50:6.3f} ms  {rate:6.0f}/s   process to first poll {first * 1000:5.0f} ms")
    folder = tempfile.mkdtemp()
    peer = slipway(folder)
    try:
        prepare(peer)
        path = "/2015-03-31/functions/bench/invocations"
        wrk(peer, signed(peer, "lambda", "POST", path, b"{}"), connections=1, threads=1)
        r = wrk(peer, signed(peer, "lambda", "POST", path, b"{}"), connections=1, threads=1)
        print(f"slipway   p50 {r['p50']:6.3f} ms  {r['rate']:6.0f}/s")
        client, colds = peer.client("lambda"), []
        for turn in range(7):
            client.update_function_configuration(FunctionName="bench", Environment={"Variables": {"TURN": str(turn)}})
            client.get_waiter("function_updated_v2").wait(FunctionName="bench", WaiterConfig={"Delay": 0.05})
            start = time.perf_counter()
            client.invoke(FunctionName="bench", Payload=b"{}")
            colds.append(time.perf_counter() - start)
        cold = statistics.median(colds)
        print(f"slipway   cold start with its sandbox, seen by boto3: {cold * 1000:5.0f} ms")
        print(f"ratio     warm p50 {r['p50'] / p50:5.2f}x bare   cold {cold / first:5.2f}x bare")
    finally:
        peer.stop()
        shutil.rmtree(folder)


def bench_start():
    print("\nFrom exec to the first answer, and at rest")
    starts, sizes, idle = {}, {}, {}
    for name in ("slipway", "moto"):
        times = []
        for _ in range(5):
            folder = tempfile.mkdtemp()
            peer = slipway(folder) if name == "slipway" else moto()
            times.append(peer.first_answer)
            if len(times) == 5:
                time.sleep(2)
                before = peer.cpu()
                time.sleep(3)
                idle[name], sizes[name] = (peer.cpu() - before) / 3, peer.memory()
            peer.stop()
            shutil.rmtree(folder)
        starts[name] = statistics.median(times)
        print(f"{name:8} {starts[name] * 1000:6.0f} ms   {sizes[name]:6.1f} MB   {idle[name] * 100:5.2f} % CPU")
    print(f"{'ratio':8} {starts['moto'] / starts['slipway']:6.1f}x     {sizes['moto'] / sizes['slipway']:6.1f}x")


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["calls", "stack", "invoke", "start"]
    if "calls" in chosen and not shutil.which("wrk"):
        raise SystemExit("The calls are made by wrk, which is missing: Benchmarks/setup-peers installs it.")
    for name in chosen:
        globals()[f"bench_{name}"]()
