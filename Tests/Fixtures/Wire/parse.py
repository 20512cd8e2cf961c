#!/usr/bin/env python3
"""Read answers as botocore does and say which are not what they were written from.

Standard input: a JSON list of {service, operation, protocol, status, headers, body (base64), output, payload, fault}.
Standard output: a JSON list of texts, one for each difference; empty when all is well.
"""

import base64
import json
import sys

import botocore.awsrequest
import botocore.eventstream
import botocore.loaders
import botocore.model
import botocore.parsers

import capture

LOADER = botocore.loaders.Loader()
MODELS = {}


def model(service):
    if service not in MODELS:
        MODELS[service] = botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    return MODELS[service]


def pruned(value):
    """Without members that are there but empty: XML cannot tell some of them from missing ones."""
    if isinstance(value, dict):
        return {key: pruned(inner) for key, inner in value.items() if inner not in ({}, [], None)}
    return [pruned(inner) for inner in value] if isinstance(value, list) else value


def frames(case):
    """The events of a stream, as botocore's own parser has them."""
    operation = model(case["service"]).operation_model(case["operation"])
    raw = botocore.awsrequest.AWSResponse("http://x", 200, {}, Raw(base64.b64decode(case["body"])))
    answer = {"headers": botocore.awsrequest.HeadersDict(case["headers"]), "status_code": 200, "body": raw.raw,
              "context": {"operation_name": case["operation"]}}
    parsed = botocore.parsers.create_parser(case["protocol"]).parse(answer, operation.output_shape)
    name = next(key for key in parsed if isinstance(parsed[key], botocore.eventstream.EventStream))
    return [capture.tree(event) for event in parsed[name]]


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body):
        self.body = body

    def stream(self, amt=None, decode_content=None):
        yield self.body

    def close(self):
        pass


def check(case):
    if "events" in case:
        found = frames(case)
        return [] if found == case["events"] else [f"{case['operation']}: {found} is not {case['events']}"]
    operation = model(case["service"]).operation_model(case["operation"])
    body = base64.b64decode(case["body"])
    headers = botocore.awsrequest.HeadersDict(case["headers"])
    answer = {"headers": headers, "status_code": case["status"], "body": body}
    parser = botocore.parsers.create_parser(case["protocol"])
    parsed = parser.parse(answer, operation.output_shape)
    name = f"{case['service']} {case['operation']} {case['protocol']}"
    if "fault" in case:
        error = parsed.get("Error", {})
        found = [error.get("Code"), error.get("Message"), parsed["ResponseMetadata"].get("RequestId"), case["status"]]
        return [] if found == case["fault"] else [f"{name}: {found} is not {case['fault']}"]
    parsed.pop("ResponseMetadata", None)
    payload = None
    if operation.output_shape is not None and operation.output_shape.serialization.get("payload"):
        member = operation.output_shape.serialization["payload"]
        if operation.output_shape.members[member].type_name == "blob":
            payload = parsed.pop(member, b"") or b""
            payload = payload.encode() if isinstance(payload, str) else payload
    found, expected = pruned(capture.tree(parsed)), pruned(case["output"])
    differences = []
    if found != expected:
        differences.append(f"{name}: {json.dumps(found)} is not {json.dumps(expected)}")
    if payload is not None and payload != base64.b64decode(case.get("payload") or ""):
        differences.append(f"{name}: the payload is {payload!r}")
    return differences


def main():
    differences = []
    for case in json.load(sys.stdin):
        try:
            differences += check(case)
        except Exception as error:  # whatever botocore raises is what a user would see
            differences.append(f"{case['service']} {case['operation']} {case['protocol']}: {error!r} {case['body'][:200]}")
    json.dump(differences, sys.stdout)


if __name__ == "__main__":
    main()
