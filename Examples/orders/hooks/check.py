"""Runs before a new version sees users: sends it one order and tells CodeDeploy how that went."""
import json
import os

import boto3

ORDER = {"customer": {"tier": "regular"}, "lines": [{"price": 5, "quantity": 2}]}


def client(service):
    # Outside Slipway the variable is not set, and the SDK finds AWS.
    return boto3.client(service, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))


def works(version):
    answer = client("lambda").invoke(FunctionName=version, Payload=json.dumps({"body": json.dumps(ORDER)}))
    body = json.load(answer["Payload"])
    print(f"{version} answered {body}")
    return "FunctionError" not in answer and json.loads(body["body"])["total"] == 10


def handler(event, context):
    status = "Succeeded" if works(os.environ["NEW_VERSION"]) else "Failed"
    client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
