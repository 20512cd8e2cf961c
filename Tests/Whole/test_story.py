"""The main job: a stack with a canary, through real clients, with good and bad versions and a server that dies in between."""
import json
import os
import random
import shutil
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import ROOT, VENV, Slipway, eventually

SAMPLE = ROOT / "Examples/orders"
SAM = ["deploy", "--stack-name", "orders", "--resolve-s3", "--no-progressbar", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


class Service:
    """The sample in a folder of its own, deployed to a server."""

    def __init__(self, server, folder, canary=4):
        self.server, self.canary = server, canary
        self.folder = folder / "orders"
        shutil.copytree(SAMPLE, self.folder)

    def use(self, release):
        source = next((self.folder / "releases").glob(f"{release}-*"))
        shutil.copy(source / "app.py", self.folder / "src/app.py")

    def deploy(self, check=True):
        return self.server.run(
            VENV / "sam", *SAM, "--parameter-overrides", f"CanarySeconds={self.canary}", cwd=self.folder, check=check)

    def stack(self):
        return self.server.client("cloudformation").describe_stacks(StackName="orders")["Stacks"][0]

    def output(self, key):
        return next(o["OutputValue"] for o in self.stack()["Outputs"] if o["OutputKey"] == key)

    def order(self, url, guest=True):
        body = {"lines": [{"price": 2, "quantity": 3}]} | ({} if guest else {"customer": {"tier": "regular"}})
        request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            return json.load(urllib.request.urlopen(request, timeout=10))["version"]
        except urllib.error.HTTPError as error:
            return f"error {error.code}"
        except OSError:
            return "unreachable"

    def alias(self):
        alias = self.server.client("lambda").get_alias(FunctionName=self.output("Function"), Name="live")
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def deployments(self):
        codedeploy = self.server.client("codedeploy")
        ids = codedeploy.list_deployments()["deployments"]
        return [codedeploy.get_deployment(deploymentId=i)["deploymentInfo"] for i in ids]


class Users(threading.Thread):
    """Guests who keep ordering."""

    def __init__(self, service, url):
        super().__init__(daemon=True)
        self.service, self.url, self.seen, self.stopped = service, url, [], threading.Event()

    def run(self):
        while not self.stopped.wait(0.02):
            self.seen.append(self.service.order(self.url))

    def stop(self):
        self.stopped.set()
        self.join()


def test_a_bad_version_is_caught_and_a_good_one_goes_out(slipway, folder):
    service = Service(slipway, folder)
    service.deploy()
    url = service.output("Url")
    assert service.order(url) == 1
    users = Users(service, url)
    users.start()

    service.use(2)
    failed = service.deploy(check=False)
    assert failed.returncode != 0
    assert service.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert service.alias() == ("1", {})
    deployments = service.deployments()
    bad = next(d for d in deployments if d["status"] == "Stopped")
    assert bad["errorInformation"]["code"] == "ALARM_ACTIVE"
    back = next(d for d in deployments if d["deploymentId"] == bad["rollbackInfo"]["rollbackDeploymentId"])
    assert (back["creator"], back["status"]) == ("codeDeployRollback", "Succeeded")
    why = slipway.slipway("why", bad["deploymentId"]).stdout
    assert "KeyError: 'customer'" in why.splitlines()[0]
    assert slipway.slipway("watch", bad["deploymentId"], check=False).returncode == 1

    service.use(3)
    service.deploy()
    assert service.stack()["StackStatus"] == "UPDATE_COMPLETE"
    version, weights = service.alias()
    assert weights == {} and int(version) >= 2
    eventually("version 3", lambda: users.seen[-5:] == [3] * 5)
    users.stop()
    errors = [s for s in users.seen if isinstance(s, str)]
    assert 3 <= len(errors) < len(users.seen) * 0.1

    slipway.client("cloudformation").delete_stack(StackName="orders")
    slipway.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName="orders", WaiterConfig={"Delay": 1})
    assert slipway.client("lambda").list_functions()["Functions"] == []


def test_promote_and_abort(slipway, folder):
    service = Service(slipway, folder, canary=300)
    service.deploy()
    for release, verb, status, version in ((3, "promote", "UPDATE_COMPLETE", 3), (2, "abort", "UPDATE_ROLLBACK_COMPLETE", 3)):
        service.use(release)
        update = threading.Thread(target=service.deploy, kwargs={"check": False})
        update.start()
        active = eventually(
            "traffic at ten percent", lambda: [d for d in service.deployments() if d["status"] == "InProgress"] and service.alias()[1])
        assert list(active.values()) == [0.1]
        slipway.slipway(verb)
        update.join()
        assert service.stack()["StackStatus"] == status
        assert service.order(service.output("Url")) == version


def processes_below(path):
    """The processes whose command line or environment names the path."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = open(f"/proc/{pid}/cmdline", "rb").read() + open(f"/proc/{pid}/environ", "rb").read()
        except OSError:
            continue
        if str(path).encode() in text and int(pid) != os.getpid():
            found.append(int(pid))
    return found


@pytest.mark.parametrize("seed", range(int(os.environ.get("SLIPWAY_CRASH_SEEDS", "3"))))
def test_killed_at_any_moment_it_carries_on(folder, seed):
    """kill -9 again and again through an update with a canary: it ends well, once, and leaves nothing behind."""
    chance = random.Random(seed)
    server = Slipway(folder / "data").start()
    try:
        service = Service(server, folder, canary=3)
        service.deploy()
        service.use(3)
        template = eventually("the package", lambda: package(server, service))
        server.client("cloudformation").update_stack(
            StackName="orders", TemplateBody=template,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": "CanarySeconds", "ParameterValue": "3"}])
        for _ in range(4):
            time.sleep(chance.uniform(0, 1.2))  # the moment of the power cut is what the seed draws
            server.kill()
            server.start()
        eventually("the end of the update", lambda: not service.stack()["StackStatus"].endswith("IN_PROGRESS"), within=90)
        assert service.stack()["StackStatus"] == "UPDATE_COMPLETE"
        version, weights = service.alias()
        assert weights == {}
        assert service.order(service.output("Url")) == 3
        deployments = service.deployments()
        assert [d["status"] for d in deployments] == ["Succeeded"], deployments
        events = server.client("cloudformation").describe_stack_events(StackName="orders")["StackEvents"]
        assert len({e["EventId"] for e in events}) == len(events)
        versions = server.client("lambda").list_versions_by_function(FunctionName=service.output("Function"))["Versions"]
        assert len(versions) == 3  # $LATEST, the first, and one more: none made twice
    finally:
        server.stop()
    eventually("every process to be gone", lambda: not processes_below(server.folder))


def package(server, service):
    """The sample's template with its code uploaded, as `aws cloudformation package` writes it."""
    bucket = next(b["Name"] for b in server.client("s3").list_buckets()["Buckets"])
    out = service.folder / "packaged.yaml"
    server.run("aws", "cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", bucket,
               "--output-template-file", out, cwd=service.folder)
    return out.read_text()
