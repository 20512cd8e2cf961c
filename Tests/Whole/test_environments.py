"""Environments copied from the command line: slipway env clone, preview, list, delete."""
import json

import pytest

from conftest import Slipway, eventually
from stacks import Stack, name, parameter

NETWORK = {"Outputs": {"O": {"Value": {"Ref": "P"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-id"}}}}}


@pytest.fixture
def production(slipway):
    """Two stacks, one leaning on the other, named after their environment."""
    Stack(slipway, "production-network").create({"P": parameter("net")}, NETWORK)
    Stack(slipway, "production-orders").create(
        {"A": {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": {"Fn::Sub": "/orders/${Stage}"}, "Type": "String", "Value": {"Ref": "Host"}}},
         "B": {"Type": "AWS::SSM::Parameter", "Properties": {
             "Type": "String", "Value": {"Fn::ImportValue": "production-network-id"}}},
         "S": parameter({"Ref": "Size"}), "Data": {"Type": "AWS::S3::Bucket"}},
        {"Parameters": {"Stage": {"Type": "String"}, "Host": {"Type": "String"}, "Size": {"Type": "Number", "Default": 3}}},
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "production"},
                    {"ParameterKey": "Host", "ParameterValue": "production.example.org"}])
    return slipway


def value(server, path):
    return server.client("ssm").get_parameter(Name=path)["Parameter"]["Value"]


def stacks(server, status="CREATE_COMPLETE"):
    found = server.client("cloudformation").describe_stacks()["Stacks"]
    return {s["StackName"]: {p["ParameterKey"]: p["ParameterValue"] for p in s.get("Parameters", [])} for s in found}


def test_a_plan_first_then_the_copy_then_again(production):
    s3 = production.client("s3")
    bucket = Stack(production, "production-orders").physical("Data")
    s3.put_object(Bucket=bucket, Key="k", Body=b"data")
    plan = production.slipway("env", "clone", "production", "staging", "--plan", "--parameter", "Size=1")
    assert "create staging-orders (from production-orders)" in plan.stdout
    assert "Host = staging.example.org" in plan.stdout and "Data (AWS::S3::Bucket) starts empty" in plan.stdout
    assert set(stacks(production)) == {"production-network", "production-orders"}

    made = production.slipway("env", "clone", "production", "staging", "--parameter", "production-orders:Size=1")
    assert "staging (from production) is ready: 2 stacks" in made.stdout
    copies = stacks(production)
    assert copies["staging-orders"] == {"Stage": "staging", "Host": "staging.example.org", "Size": "1"}
    assert value(production, "/orders/staging") == "staging.example.org"
    assert value(production, "/orders/production") == "production.example.org"
    copy = Stack(production, "staging-orders")
    assert s3.list_objects_v2(Bucket=copy.physical("Data"))["KeyCount"] == 0
    # What was imported is the copy's own.
    assert production.client("cloudformation").list_imports(ExportName="staging-network-id")["Imports"] == ["staging-orders"]

    again = production.slipway("env", "clone", "production", "staging")
    assert "update staging-orders" in again.stdout
    assert stacks(production)["staging-orders"]["Size"] == "3"
    listed = json.loads(production.slipway("env", "list", "--json").stdout)
    assert [(e["environment"], e["status"]) for e in listed["environments"]] == [("staging", "ready")]

    production.slipway("env", "delete", "staging")
    assert set(stacks(production)) == {"production-network", "production-orders"}
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_what_stands_in_the_way_is_said_and_nothing_is_touched(production):
    Stack(production, "staging-orders").create({"X": parameter("mine")})
    refused = production.slipway("env", "clone", "production", "staging", check=False)
    assert refused.returncode == 2
    assert "Stack staging-orders exists and does not belong to staging" in refused.stdout
    assert "staging-network" not in stacks(production)
    none = production.slipway("env", "clone", "nowhere", "staging", check=False)
    assert none.returncode == 2 and "no stacks that belong to nowhere" in none.stdout
    wrong = production.slipway("env", "clone", "production", "qa", "--parameter", "Nope=1", check=False)
    assert wrong.returncode == 2 and "has the parameter Nope" in wrong.stdout


def test_a_copy_that_fails_says_why_and_can_be_repeated(production):
    production.client("ssm").put_parameter(Name="/orders/qa", Type="String", Value="in the way")
    failed = production.slipway("env", "clone", "production", "qa", check=False)
    assert failed.returncode == 1 and "/orders/qa" in failed.stdout
    production.client("ssm").delete_parameter(Name="/orders/qa")
    assert "qa (from production) is ready" in production.slipway("env", "clone", "production", "qa").stdout


def test_a_preview_takes_itself_away_even_after_a_crash(production):
    made = production.slipway("env", "preview", "feature/Buy now!", "--from", "production", "--ttl", "8s")
    assert "feature-Buy-now (from production) is ready" in made.stdout
    assert "feature-Buy-now-orders" in stacks(production)
    production.kill()
    production.start()
    eventually("the preview to be gone", lambda: set(stacks(production)) == {"production-network", "production-orders"}, 60)
    assert json.loads(production.slipway("env", "list", "--json").stdout)["environments"] == []


def test_a_copy_outlives_the_server(folder):
    server = Slipway(folder / "data", "--no-auth").start()
    try:
        for n in range(6):
            Stack(server, f"live-{n}").create({f"P{i}": parameter(str(i)) for i in range(10)})
        client = server.client("cloudformation")
        import subprocess
        from conftest import BINARY
        process = subprocess.Popen([BINARY, "env", "clone", "live", "copy"], env=server.environment(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        eventually("the first copy", lambda: any(s.startswith("copy-") for s in stacks(server)))
        server.kill()
        process.wait()
        server.start()
        eventually("all copies", lambda: sum(
            s["StackStatus"] == "CREATE_COMPLETE" for s in server.client("cloudformation").describe_stacks()["Stacks"]
            if s["StackName"].startswith("copy-")) == 6, 60)
    finally:
        server.stop()


@pytest.mark.parametrize("arguments", [
    ("clone", "production", "sta/ging"), ("clone", "production", "production"), ("preview", "!!!"), ("preview", "x", "--ttl", "soon"),
    ("clone", "production", "qa", "--parameter", "x"), ("delete", "none")])
def test_bad_input_is_an_error_with_words(production, arguments):
    refused = production.slipway("env", *arguments, check=False)
    assert refused.returncode not in (0, 2, -6) or refused.returncode == 64
    assert refused.stderr.strip()


def test_the_variables_are_printed_as_ever(slipway):
    assert "export AWS_ENDPOINT_URL=" in slipway.slipway("env", "--data", slipway.folder).stdout
    assert json.loads(slipway.slipway("env", "--json", "--data", slipway.folder).stdout)["AWS_DEFAULT_REGION"]
