"""slipway plan: what it says is what an update does, and asking changes nothing."""
import json
import uuid

import pytest


def name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def parameter(value, **more):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}} | more


class Stack:
    """A stack under a name of its own."""

    def __init__(self, server):
        self.client, self.server, self.name = server.client("cloudformation"), server, name("plan")

    def create(self, resources, top=None, **options):
        self.client.create_stack(StackName=self.name, TemplateBody=self.template(resources, top), **options)
        return self.wait("stack_create_complete")

    def update(self, resources):
        self.client.update_stack(StackName=self.name, TemplateBody=self.template(resources))
        return self.wait("stack_update_complete")

    @staticmethod
    def template(resources, top=None):
        return json.dumps({"Resources": resources} | (top or {}))

    def wait(self, kind):
        self.client.get_waiter(kind).wait(StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
        return self

    def status(self):
        return self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]

    def events(self):
        """The events, oldest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def physical(self, resource):
        detail = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=resource)
        return detail["StackResourceDetail"]["PhysicalResourceId"]


@pytest.fixture
def stack(shared):
    return Stack(shared)


class Planner:
    """Asks for plans of one stack's templates."""

    def __init__(self, stack, folder):
        self.stack, self.file = stack, folder / "template.json"

    def __call__(self, resources, *options, top=None, json_form=True):
        self.file.write_text(json.dumps({"Resources": resources} | (top or {})))
        form = ["--json"] if json_form else []
        result = self.stack.server.slipway(
            "plan", self.file, "--stack-name", self.stack.name, *options, *form, check=False)
        self.code, self.errors = result.returncode, result.stderr
        return json.loads(result.stdout) if json_form and result.stdout else result.stdout


@pytest.fixture
def plan(stack, folder):
    return Planner(stack, folder)


def effects(answer):
    return {change["logicalId"]: change["effect"] for change in answer["changes"]}


def named(value, suffix, **more):
    made = parameter(value, **more)
    made["Properties"]["Name"] = f"/plan/{suffix}"
    return made


def test_of_a_new_stack_everything_is_created_and_nothing_is_left_behind(stack, plan):
    answer = plan({"A": parameter("1"), "B": parameter({"Ref": "A"})})
    assert plan.code == 0 and answer["isNew"] and effects(answer) == {"A": "create", "B": "create"}
    listed = stack.client.list_stacks()["StackSummaries"]
    assert {s["StackStatus"] for s in listed if s["StackName"] == stack.name} == {"DELETE_COMPLETE"}
    stack.create({"A": parameter("1")})
    assert stack.client.list_change_sets(StackName=stack.name)["Summaries"] == []


def test_nothing_to_do_is_said_and_leaves_no_change_set(stack, plan):
    stack.create({"A": parameter("1")})
    assert plan({"A": parameter("1")})["changes"] == [] and plan.code == 0
    assert plan({"A": parameter("1")}, json_form=False) == f"Nothing changes in {stack.name}.\n"
    assert stack.client.list_change_sets(StackName=stack.name)["Summaries"] == []
    assert stack.status() == "CREATE_COMPLETE"


def test_a_change_in_place_shows_before_and_after_and_the_last_time(stack, plan):
    stack.create({"A": parameter("one")})
    answer = plan({"A": parameter("two")})
    assert plan.code == 0
    [change] = answer["changes"]
    assert change["effect"] == "change" and change["physicalId"] == stack.physical("A")
    [difference] = change["properties"]
    assert (difference["path"], difference["before"], difference["after"]) == ("/Properties/Value", "one", "two")
    assert change["lastTime"]["action"] == "CREATE" and 0 <= change["lastTime"]["seconds"] < 60
    text = plan({"A": parameter("two")}, json_form=False)
    assert '/Properties/Value: "one" -> "two"' in text and text.endswith("1 changed.\n")


def test_planned_equals_executed(stack, plan):
    tag = stack.name
    before = {
        "Same": parameter("1"), "Changed": parameter("1"), "Renamed": named("1", f"{tag}/a"),
        "Follows": parameter({"Ref": "Renamed"}), "Gone": parameter("1"),
        "Kept": named("1", f"{tag}/kept", DeletionPolicy="Retain")}
    after = {
        "Same": parameter("1"), "Changed": parameter("2"), "Renamed": named("1", f"{tag}/b"),
        "Follows": parameter({"Ref": "Renamed"}), "New": parameter("1")}
    stack.create(before)
    ids = {resource: stack.physical(resource) for resource in before}
    answer = plan(after)
    assert plan.code == 2
    assert effects(answer) == {
        "Changed": "change", "Renamed": "replace", "Follows": "change", "New": "create", "Gone": "lose",
        "Kept": "release"}
    [follows] = [c for c in answer["changes"] if c["logicalId"] == "Follows"]
    assert follows["properties"][0]["isKnownLater"]

    asked = len(stack.events())
    stack.update(after)
    done = {e["LogicalResourceId"]: e for e in stack.events()[asked:] if e["LogicalResourceId"] != stack.name}
    assert set(done) == set(effects(answer))
    ends = {
        "Changed": "UPDATE_COMPLETE", "Renamed": "DELETE_COMPLETE", "Follows": "UPDATE_COMPLETE",
        "New": "CREATE_COMPLETE", "Gone": "DELETE_COMPLETE", "Kept": "DELETE_SKIPPED"}
    assert {logical: event["ResourceStatus"] for logical, event in done.items()} == ends
    same = {r for r in ("Same", "Changed", "Follows", "Renamed") if stack.physical(r) == ids[r]}
    assert same == {"Same", "Changed", "Follows"}
    stack.server.client("ssm").delete_parameter(Name=ids["Kept"])


def test_parameters_keep_their_values_unless_given(stack, plan):
    top = {"Parameters": {"V": {"Type": "String", "Default": "default"}, "S": {"Type": "String", "NoEcho": True}}}
    resources = {"A": parameter({"Ref": "V"}), "B": parameter({"Ref": "S"})}
    stack.create(resources, top, Parameters=[
        {"ParameterKey": "V", "ParameterValue": "given"}, {"ParameterKey": "S", "ParameterValue": "secret"}])
    assert plan(resources, top=top)["changes"] == []
    [change] = plan(resources, "--parameter", "V=a=b", top=top)["changes"]
    assert [(p["before"], p["after"]) for p in change["properties"]] == [("given", "a=b")]
    text = plan(resources, "--parameter", "S=hidden", top=top, json_form=False)
    assert "****" in text and "hidden" not in text and "secret" not in text


def test_exports_in_use_name_those_who_import_them(stack, plan, shared):
    export = name("export")
    top = {"Outputs": {"O": {"Value": {"Ref": "A"}, "Export": {"Name": export}}}}
    stack.create({"A": parameter("1")}, top)
    user = Stack(shared).create({"B": parameter({"Fn::ImportValue": export})})
    answer = plan({"A": parameter("2")}, top=top)
    assert [(e["name"], e["importedBy"]) for e in answer["exports"]] == [(export, [user.name])]
    assert f"imported by {user.name}" in plan({"A": parameter("2")}, top=top, json_form=False)


def test_what_is_wrong_with_a_template_is_said_and_nothing_stays(stack, plan):
    assert plan({"A": {"Type": "AWS::Moon::Base"}}) == "" and plan.code == 1
    assert "AWS::Moon::Base" in plan.errors
    assert plan({"A": parameter({"Fn::ImportValue": "nobody-exports-this"})}) == "" and plan.code == 1
    assert "nobody-exports-this" in plan.errors
    listed = stack.client.list_stacks()["StackSummaries"]
    assert all(s["StackStatus"] == "DELETE_COMPLETE" for s in listed if s["StackName"] == stack.name)
