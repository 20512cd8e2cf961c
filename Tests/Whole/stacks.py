"""A CloudFormation stack as the tests drive it."""
import json
import uuid

import botocore.exceptions
import pytest

from conftest import eventually


def name(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def parameter(value, **more):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}} | more


def template(resources, **more):
    return json.dumps({"Resources": resources} | more)


class Stack:
    """A stack under one name."""

    def __init__(self, server, stack=None):
        self.client = server.client("cloudformation")
        self.server = server
        self.name = stack or name("s")

    def wait(self, kind, within=60):
        waiter = self.client.get_waiter(kind)
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": within * 10})
        return self

    def create(self, resources, top=None, wait="stack_create_complete", **options):
        self.id = self.client.create_stack(
            StackName=self.name, TemplateBody=template(resources, **(top or {})), **options)["StackId"]
        return self.wait(wait) if wait else self

    def update(self, resources, top=None, wait="stack_update_complete", **options):
        self.client.update_stack(StackName=self.name, TemplateBody=template(resources, **(top or {})), **options)
        return self.wait(wait) if wait else self

    def delete(self, **options):
        self.client.delete_stack(StackName=self.name, **options)
        return self.wait("stack_delete_complete")

    def settled(self, within=60):
        """The stack's status once nothing is under way."""
        return eventually(
            f"{self.name} to settle", lambda: s if not (s := self.status()).endswith("IN_PROGRESS") else None, within)

    def described(self):
        return self.client.describe_stacks(StackName=getattr(self, "id", self.name))["Stacks"][0]

    def status(self):
        return self.described()["StackStatus"]

    def outputs(self):
        return {o["OutputKey"]: o["OutputValue"] for o in self.described().get("Outputs", [])}

    def events(self):
        """The events, oldest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=getattr(self, "id", self.name))
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def story(self):
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in self.events()]

    def reasons(self, resource=None, ending="FAILED"):
        return [
            e.get("ResourceStatusReason", "") for e in self.events()
            if e["ResourceStatus"].endswith(ending) and resource in (None, e["LogicalResourceId"])]

    def physical(self, resource):
        detail = self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=resource)
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def value(self, resource):
        return self.server.client("ssm").get_parameter(Name=self.physical(resource))["Parameter"]["Value"]


def refusal(call, *arguments, **options):
    """The code and the message with which the call is refused."""
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(*arguments, **options)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]
