#!/usr/bin/env python3
"""Stacks of small resources, wide and chained, created, updated and deleted, against peers in this run.

    Benchmarks/stacks.py [SIZE ...]      10, 100 and 400 unless told otherwise

The peers: moto's server always; localstack-core and terraform once Benchmarks/setup-peers has installed them. moto and
localstack-core keep all in memory and sync nothing; every step of Slipway's has survived a power cut before it is
acknowledged. Terraform makes as many `terraform_data`, which are nothing but entries of its state.
At the end, of Slipway alone: many stacks at once, and the memory that took.
"""
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from peers import PEERS_VENV, ROOT, localstack, moto, slipway


def template(size, chained, value):
    resources = {}
    for number in range(size):
        resources[f"P{number}"] = {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": {"Fn::Sub": f"/${{AWS::StackName}}/{number}"}, "Type": "String", "Value": f"{value}{number}"}}
        if chained and number:
            resources[f"P{number}"]["DependsOn"] = f"P{number - 1}"
    return json.dumps({"Resources": resources}, separators=(",", ":"))


def reach(client, name, wanted):
    """Waits for that state. A state of failure ends the benchmark."""
    deadline = time.time() + 300
    while time.time() < deadline:
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status == wanted:
            return
        if "FAILED" in status or "ROLLBACK" in status:
            raise SystemExit(f"{name} is {status}")
        time.sleep(0.002)
    raise SystemExit(f"{name} did not become {wanted} within five minutes")


class Stacks:
    """A server that speaks CloudFormation."""

    def __init__(self, peer):
        self.name, self.client = peer.name, peer.client("cloudformation")

    def life(self, name, size, chained):
        """Seconds to create, update and delete one stack."""
        times = []

        def step(wanted, call):
            start = time.perf_counter()
            call()
            reach(self.client, arn or name, wanted)
            times.append(time.perf_counter() - start)

        arn = None
        body = {value: template(size, chained, value) for value in "ab"}
        step("CREATE_COMPLETE", lambda: self.client.create_stack(StackName=name, TemplateBody=body["a"]))
        arn = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        step("UPDATE_COMPLETE", lambda: self.client.update_stack(StackName=name, TemplateBody=body["b"]))
        step("DELETE_COMPLETE", lambda: self.client.delete_stack(StackName=name))
        return times


class Terraform:
    """Terraform, as a library in a process of its own."""

    name = "terraform"

    def life(self, _, size, chained):
        with tempfile.TemporaryDirectory() as folder:
            command = [PEERS_VENV / "bin/python", ROOT / "Benchmarks/terraform.py", folder, size, "chained" if chained else "wide"]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
            return json.loads(done.stdout.splitlines()[-1])


def compare(peers, size, chained):
    kind = "chained" if chained else "wide"
    medians = {}
    for peer in peers:
        try:
            turns = [peer.life(f"{kind}{size}x{turn}", size, chained) for turn in range(3 if size < 400 else 2)]
        except (Exception, SystemExit) as error:  # a peer that cannot do it is named, not a reason to end
            print(f"{size:5} {kind:8} {peer.name:10} could not: {str(error)[:60]} ... {str(error)[-80:]}")
            continue
        medians[peer.name] = row = [statistics.median(column) * 1000 for column in zip(*turns)]
        print(f"{size:5} {kind:8} {peer.name:10} create {row[0]:8.1f}   update {row[1]:8.1f}   delete {row[2]:8.1f} ms"
              f"   create each {row[0] / size:6.2f} ms", flush=True)
    for name, row in medians.items():
        if name != "slipway" and "slipway" in medians:
            ratios = [theirs / ours for theirs, ours in zip(row, medians["slipway"])]
            print(f"{'':14} against {name:10}" + "   ".join(f"{word} {ratio:5.1f}x" for word, ratio in zip(("create", "update", "delete"), ratios)))


def at_once(peer, count=200, size=20):
    """Many stacks at once, each asked for by a client of its own."""
    before, start = peer.memory(), time.perf_counter()
    failures = []

    def one(number):
        try:
            client = peer.client("cloudformation")
            client.create_stack(StackName=f"many{number}", TemplateBody=template(size, False, "a"))
            reach(client, f"many{number}", "CREATE_COMPLETE")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    print(f"{count} stacks of {size} at once: {took:.2f} s, {took / count / size * 1000:.2f} ms a resource, "
          f"memory {before:.0f} -> {peer.memory():.0f} MB, {len(failures)} failed")


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [10, 100, 400]
    folder = tempfile.mkdtemp()
    peers = [slipway(folder), moto()] + ([localstack()] if PEERS_VENV.exists() else [])
    rows = [Stacks(peer) for peer in peers] + ([Terraform()] if PEERS_VENV.exists() else [])
    try:
        for size in sizes:
            for chained in (False, True):
                compare(rows, size, chained)
        at_once(peers[0])
    finally:
        for peer in peers:
            peer.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
