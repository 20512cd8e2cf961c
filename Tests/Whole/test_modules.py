"""Modules: registered as `cfn submit` does it, written out in templates, traced back to where they come from."""
import io
import json
import zipfile

import pytest

from conftest import eventually
from stacks import Stack, name, parameter, refusal, template

FRAGMENT = """
Parameters:
  Text: {Type: String}
Resources:
  One: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub '${Text}-%s'}}
  Two: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref One}}
Outputs:
  Name: {Value: !Ref One}
"""


def package(type_name, fragment, file="fragments/fragment.yaml", schema=None):
    """What `cfn submit` zips: schema.json and the one file of the fragments folder."""
    files = io.BytesIO()
    with zipfile.ZipFile(files, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema or {
            "typeName": type_name, "description": f"Schema for Module Fragment of type {type_name}", "properties": {}}))
        archive.writestr(file, fragment)
    return files.getvalue()


@pytest.fixture(scope="module")
def bucket(shared):
    made = name("modules")
    shared.run("aws", "s3", "mb", f"s3://{made}")
    return made


@pytest.fixture
def registry(shared, bucket):
    return Registry(shared, bucket)


class Registry:
    def __init__(self, server, bucket):
        self.client, self.s3, self.bucket = server.client("cloudformation"), server.client("s3"), bucket
        self.type = f"Test::Mod{name('x').replace('-', '')}::Pair::MODULE"

    def submit(self, type_name, content):
        key = name("package") + ".zip"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        token = self.client.register_type(
            Type="MODULE", TypeName=type_name, SchemaHandlerPackage=f"s3://{self.bucket}/{key}")["RegistrationToken"]
        return self.client.describe_type_registration(RegistrationToken=token) | {"Token": token}

    def register(self, fragment, type_name=None):
        type_name = type_name or self.type
        done = self.submit(type_name, package(type_name, fragment))
        assert done["ProgressStatus"] == "COMPLETE", done
        return done["TypeVersionArn"]


def test_a_module_is_registered_used_and_traced(shared, registry):
    arn = registry.register(FRAGMENT % "first")
    assert arn.endswith("/00000001") and ":type/module/Test-" in arn
    registry.client.get_waiter("type_registration_complete").wait(
        RegistrationToken=registry.client.list_type_registrations(
            Type="MODULE", TypeName=registry.type)["RegistrationTokenList"][0])
    stack = Stack(shared)
    resources = {"M": {"Type": registry.type, "Properties": {"Text": {"Ref": "P"}}},
                 "After": parameter({"Fn::GetAtt": ["M", "One.Value"]}), "Also": parameter({"Ref": "M.Two"})}
    top = {"Parameters": {"P": {"Type": "String", "Default": "hello"}}}
    code, message = refusal(stack.client.create_stack, StackName=stack.name, TemplateBody=template(resources, **top))
    assert (code, message) == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
    able = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    stack.create(resources, top, **able)
    assert stack.value("MOne") == "hello-first" and stack.value("After") == "hello-first"
    assert stack.value("Also") == stack.physical("MTwo")
    assert stack.outputs() == {"MName": stack.physical("MOne")}
    info = {"TypeHierarchy": registry.type, "LogicalIdHierarchy": "M"}
    found = {r["LogicalResourceId"]: r.get("ModuleInfo") for r in
             stack.client.describe_stack_resources(StackName=stack.name)["StackResources"]}
    assert found == {"MOne": info, "MTwo": info, "After": None, "Also": None}
    summaries = stack.client.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert sum("ModuleInfo" in s for s in summaries) == 2
    detail = stack.client.describe_stack_resource(StackName=stack.name, LogicalResourceId="MOne")["StackResourceDetail"]
    assert detail["ModuleInfo"] == info
    processed = stack.client.get_template(StackName=stack.name, TemplateStage="Processed")["TemplateBody"]
    assert set(processed["Resources"]) == {"MOne", "MTwo", "After", "Also"}

    # A new default version counts from the next operation on, but not for the template of before.
    second = registry.register(FRAGMENT % "second")
    registry.client.set_type_default_version(Arn=second)
    stack.client.update_stack(
        StackName=stack.name, UsePreviousTemplate=True, Parameters=[{"ParameterKey": "P", "ParameterValue": "bye"}], **able)
    stack.wait("stack_update_complete")
    assert stack.value("MOne") == "bye-first"
    change_set = stack.client.create_change_set(
        StackName=stack.name, ChangeSetName="next", TemplateBody=template(resources, **top),
        Parameters=[{"ParameterKey": "P", "UsePreviousValue": True}])
    changes = stack.client.describe_change_set(ChangeSetName=change_set["Id"])["Changes"]
    assert {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"].get("ModuleInfo") for c in changes}["MOne"] == info
    stack.client.execute_change_set(ChangeSetName=change_set["Id"])
    stack.wait("stack_update_complete")
    assert stack.value("MOne") == "bye-second"
    stack.delete()


def test_modules_inside_modules(shared, registry):
    inner, outer = registry.type, registry.type.replace("::Pair", "::Outer")
    registry.register(FRAGMENT % "in", inner)
    registry.register(json.dumps({
        "Parameters": {"T": {"Type": "String"}},
        "Resources": {"Child": {"Type": inner, "Properties": {"Text": {"Ref": "T"}}}}}), outer)
    stack = Stack(shared)
    stack.create({"M": {"Type": outer, "Properties": {"T": "t"}}}, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert stack.value("MChildOne") == "t-in"
    found = stack.client.describe_stack_resources(StackName=stack.name, LogicalResourceId="MChildOne")["StackResources"][0]
    assert found["ModuleInfo"] == {"TypeHierarchy": f"{inner}/{outer}", "LogicalIdHierarchy": "Child/M"}
    stack.delete()


@pytest.mark.parametrize("content, words", [
    (lambda t: b"no zip", "cannot be unpacked"),
    (lambda t: package(t, "Resources: {}"), "At least one Resources member"),
    (lambda t: package(t, "Resources: {R: {Type: AWS::CloudFormation::Stack}}"), "can't contain nested stack"),
    (lambda t: package(t, "x", file="other/x.yaml"), "No module fragment files found"),
    (lambda t: package(t, "Resources: {R: {Type: T}}", schema={"typeName": "Some::Other::One::MODULE"}), "is of type 'Some::Other"),
])
def test_a_bad_package_fails_the_registration_with_the_reason(registry, content, words):
    done = registry.submit(registry.type, content(registry.type))
    assert done["ProgressStatus"] == "FAILED" and words in done["Description"]
    assert registry.client.list_type_registrations(
        RegistrationStatusFilter="FAILED", TypeName=registry.type)["RegistrationTokenList"] == [done["Token"]]
    assert refusal(registry.client.describe_type, Type="MODULE", TypeName=registry.type) == (
        "TypeNotFoundException", f"The type '{registry.type}' cannot be found.")


def test_the_same_token_registers_once(registry):
    key, token = name("package") + ".zip", name("token")
    registry.s3.put_object(Bucket=registry.bucket, Key=key, Body=package(registry.type, FRAGMENT % "x"))
    given = {"ExecutionRoleArn": "arn:aws:iam::000000000000:role/r", "LoggingConfig": {
        "LogRoleArn": "arn:aws:iam::000000000000:role/l", "LogGroupName": "modules"}}
    tokens = {registry.client.register_type(
        TypeName=registry.type, SchemaHandlerPackage=f"s3://{registry.bucket}/{key}", Type="MODULE",
        ClientRequestToken=token, **given)["RegistrationToken"] for _ in range(2)}
    assert len(tokens) == 1
    assert given.items() <= registry.client.describe_type(Type="MODULE", TypeName=registry.type).items()
    assert len(registry.client.list_type_versions(Type="MODULE", TypeName=registry.type)["TypeVersionSummaries"]) == 1


def test_what_is_not_run_is_refused_by_name(shared, registry):
    code, message = refusal(registry.client.register_type, TypeName="My::Own::Thing", SchemaHandlerPackage="s3://b/k")
    assert code == "NotImplemented" and "RESOURCE My::Own::Thing" in message
    code, message = refusal(
        registry.client.register_type, Type="HOOK", TypeName="My::Own::Hook", SchemaHandlerPackage="s3://b/k")
    assert code == "NotImplemented" and "HOOK My::Own::Hook" in message
    code, message = refusal(
        registry.client.register_type, Type="MODULE", TypeName="AWS::Own::Thing::MODULE", SchemaHandlerPackage="s3://b/k")
    assert code == "CFNRegistryException" and "AWS is reserved" in message
    done = registry.client.describe_type_registration(RegistrationToken=registry.client.register_type(
        TypeName=registry.type, Type="MODULE", SchemaHandlerPackage=f"s3://{registry.bucket}/missing.zip")["RegistrationToken"])
    assert done["ProgressStatus"] == "FAILED" and "The specified key does not exist" in done["Description"]
    stack = Stack(shared)
    code, message = refusal(
        stack.client.create_stack, StackName=stack.name, Capabilities=["CAPABILITY_AUTO_EXPAND"],
        TemplateBody=template({"M": {"Type": registry.type}}))
    assert code == "ValidationError" and f"Unrecognized resource types: [{registry.type}]" in message


def test_versions_are_listed_and_given_up(registry):
    first, second = registry.register(FRAGMENT % 1), registry.register(FRAGMENT % 2)
    client, kind = registry.client, {"Type": "MODULE", "TypeName": registry.type}
    versions = client.list_type_versions(**kind)["TypeVersionSummaries"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in versions] == [("00000001", True), ("00000002", False)]
    described = client.describe_type(**kind)
    assert described["DefaultVersionId"] == "00000001" and described["Visibility"] == "PRIVATE"
    assert json.loads(described["Schema"])["typeName"] == registry.type
    assert client.describe_type(Arn=second)["IsDefaultVersion"] is False
    listed = client.list_types(Type="MODULE", Filters={"TypeNamePrefix": registry.type.rsplit("::", 2)[0]})["TypeSummaries"]
    assert [t["TypeName"] for t in listed] == [registry.type]
    code, message = refusal(client.deregister_type, Arn=first)
    assert code == "CFNRegistryException" and "there are other active versions" in message
    client.set_type_default_version(**kind, VersionId="00000002")
    client.deregister_type(Arn=first)
    assert client.describe_type(Arn=first)["DeprecatedStatus"] == "DEPRECATED"
    client.deregister_type(**kind)
    assert client.describe_type(**kind)["DeprecatedStatus"] == "DEPRECATED"
    deprecated = client.list_types(Type="MODULE", DeprecatedStatus="DEPRECATED", MaxResults=100)["TypeSummaries"]
    assert registry.type in [t["TypeName"] for t in deprecated]
    assert registry.register(FRAGMENT % 3).endswith("/00000003")
    assert client.describe_type(**kind)["DefaultVersionId"] == "00000003"


def test_awss_own_types_are_described_from_their_schemas(registry):
    client = registry.client
    described = client.describe_type(Type="RESOURCE", TypeName="AWS::SSM::Parameter")
    assert described["ProvisioningType"] == "FULLY_MUTABLE" and described["Visibility"] == "PUBLIC"
    schema = json.loads(described["Schema"])
    assert schema["required"] == ["Type", "Value"] and schema["primaryIdentifier"] == ["/properties/Name"]
    assert client.describe_type(Arn=described["Arn"])["TypeName"] == "AWS::SSM::Parameter"
    assert client.describe_type(
        Type="RESOURCE", TypeName="AWS::EC2::VPC")["ProvisioningType"] == "NON_PROVISIONABLE"
    assert refusal(client.describe_type, Type="RESOURCE", TypeName="AWS::No::Such")[0] == "TypeNotFoundException"
    pages = client.get_paginator("list_types").paginate(Visibility="PUBLIC", Type="RESOURCE")
    assert sum(len(page["TypeSummaries"]) for page in pages) > 1000
    prefixed = client.list_types(Filters={"Category": "AWS_TYPES", "TypeNamePrefix": "AWS::SSM::"})["TypeSummaries"]
    assert "AWS::SSM::Parameter" in [t["TypeName"] for t in prefixed]


def test_a_stack_registers_a_module(shared, registry):
    key = name("package") + ".zip"
    registry.s3.put_object(Bucket=registry.bucket, Key=key, Body=package(registry.type, FRAGMENT % "x"))
    stack = Stack(shared)
    stack.create({
        "Version": {"Type": "AWS::CloudFormation::ModuleVersion", "Properties": {
            "ModuleName": registry.type, "ModulePackage": f"s3://{registry.bucket}/{key}"}},
        "Default": {"Type": "AWS::CloudFormation::ModuleDefaultVersion", "Properties": {"Arn": {"Ref": "Version"}}}},
        {"Outputs": {"Id": {"Value": {"Fn::GetAtt": ["Version", "VersionId"]}}}})
    assert stack.outputs() == {"Id": "00000001"}
    user = Stack(shared)
    user.create({"M": {"Type": registry.type, "Properties": {"Text": "t"}}}, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    user.delete()
    stack.delete()
    assert registry.client.describe_type(Type="MODULE", TypeName=registry.type)["DeprecatedStatus"] == "DEPRECATED"
