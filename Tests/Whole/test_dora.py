"""The DORA metrics of a running server: what was really deployed is what is counted, also after a crash."""
import base64
import json
import uuid

import requests

from conftest import eventually
from test_console import function, start_deployment

TEMPLATE = """
Resources:
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: "%s"}
"""


def figures(server, *options):
    return json.loads(server.slipway("dora", "--json", *options).stdout)


def deployments(server, *options):
    return json.loads(server.slipway("dora", "list", "--json", *options).stdout)


def update(server, name, value, tags=()):
    cloudformation = server.client("cloudformation")
    settings = dict(StackName=name, TemplateBody=TEMPLATE % value, Tags=[{"Key": key, "Value": text} for key, text in tags])
    try:
        cloudformation.update_stack(**settings)
        waiter = "stack_update_complete"
    except cloudformation.exceptions.ClientError:
        cloudformation.create_stack(**settings)
        waiter = "stack_create_complete"
    cloudformation.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1})


def one(server, service):
    found = [s for s in figures(server)["services"] if s["service"] == service]
    return found[0] if found else None


def canary(server, name, deploy, *actions):
    """A deployment of version 2 that is steered by hand."""
    identity = start_deployment(deploy, name)
    eventually("traffic", lambda: server.client("lambda").get_alias(FunctionName=name, Name="live").get("RoutingConfig"))
    for action in actions:
        server.slipway(action, identity)
    server.slipway("watch", identity, check=False)
    return identity


def test_stacks_are_counted_rehearsals_are_not_and_a_crash_changes_nothing(slipway):
    for number in range(5):
        update(slipway, "orders", number)
        update(slipway, "orders-staging", number)
    update(slipway, "tea", 1, tags=[("slipway:environment", "canary")])
    answer = figures(slipway)
    assert [s["service"] for s in answer["services"]] == ["orders"]
    orders = answer["services"][0]
    assert (orders["deployments"], orders["failed"], orders["isEnough"]) == (5, 0, True)
    assert orders["changeFailRate"]["rate"] == 0 and orders["deploymentFrequency"]["tier"] == "elite"
    assert answer["scale"]["name"] == "dora-2024" and answer["rules"]["version"]
    assert sum(piece["deployments"] for piece in orders["trend"]) == 5

    text = slipway.slipway("dora", "--definitions").stdout
    for words in ("orders", "elite", "5 a day", "scale dora-2024", "Slipway's", "exposure"):
        assert words in text, text
    before = deployments(slipway)
    slipway.kill()
    slipway.start()
    assert deployments(slipway) == before and len(before) == 5
    assert figures(slipway)["services"][0]["deployments"] == 5

    refused = slipway.slipway("dora", "--service", "orders-staging", check=False)
    assert refused.returncode == 1 and "named like a rehearsal" in refused.stderr
    refused = slipway.slipway("dora", "--scale", "dora-1999", check=False)
    assert refused.returncode == 1 and "There are: dora-2024, dora-2019, none." in refused.stderr
    assert slipway.slipway("dora", "--since", "5parsecs", check=False).returncode == 64


def test_a_canary_that_is_aborted_failed_and_one_that_is_taken_back_did_too(slipway):
    name = f"dora-{uuid.uuid4().hex[:8]}"
    functions, deploy = function(slipway, name)
    aborted = canary(slipway, name, deploy, "abort")
    found = eventually("the failure", lambda: one(slipway, name))
    assert (found["deployments"], found["failed"], found["recoveryTime"]["open"]) == (1, 1, 0)
    assert 0 < found["exposureMinutes"] < 1

    good = canary(slipway, name, deploy, "promote")
    assert one(slipway, name)["rework"] == 1
    slipway.slipway("rollback", name, "--to", "1")
    found = eventually("both failed", lambda: (one(slipway, name) or {}).get("failed") == 2 and one(slipway, name))
    assert found["deployments"] == 2 and found["changeFailRate"]["rate"] == 1
    details = json.loads(slipway.slipway("dora", "show", good, "--json").stdout)
    assert details["outcome"] == "failed" and details["takenBack"]["by"] == "UpdateAlias to version 1"
    assert [p["weight"] for p in details["shifts"][0]["weights"]] == [10, 100]
    text = slipway.slipway("dora", "show", aborted).stdout
    assert "10 % \u2192 0 %" in text and "its rollback" in text
    assert [d["id"] for d in deployments(slipway, "--outcome", "rework")] == [good]
    refused = slipway.slipway("dora", "show", "d-NONE", check=False)
    assert refused.returncode == 1 and "No deployment to production has the id 'd-NONE'." in refused.stderr


def test_prometheus_reads_the_figures_with_a_key_or_from_this_machine(slipway):
    update(slipway, "orders", 1)
    address = f"{slipway.endpoint}/_slipway/metrics"
    answer = requests.get(address, timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    series = {}
    for line in answer.text.splitlines():
        if line.startswith("#"):
            assert line.split()[1] in ("HELP", "TYPE")
            continue
        name, value = line.rsplit(" ", 1)
        assert name not in series
        series[name] = float(value)
    assert series["slipway_requests_total"] > 0 and series["slipway_events_total"] > 0
    labels = '{account="000000000000",region="eu-west-1",service="orders"}'
    assert series["slipway_dora_deployments" + labels] == 1
    assert not any(name.startswith("slipway_dora_lead_time_seconds") for name in series)

    behind = {"X-Forwarded-For": "203.0.113.9"}
    assert requests.get(address, headers=behind, timeout=10).status_code == 401
    assert requests.get(address, headers=behind, auth=("AKIANOBODY", "x"), timeout=10).status_code == 401
    assert requests.get(address, headers=behind, auth=slipway.credentials, timeout=10).status_code == 200
    key, secret = slipway.credentials
    token = base64.b64encode(f"{key}:{secret}x".encode()).decode()
    assert requests.get(address, headers=behind | {"Authorization": f"Basic {token}"}, timeout=10).status_code == 401
    assert requests.post(address, timeout=10).status_code == 405
