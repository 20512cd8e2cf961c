#!/usr/bin/env python3
"""Make the requests that botocore sends for every operation offered, and the answers it should understand.

    capture.py                  write requests.json.gz (a request an operation) and signed.json (ways of signing)
    capture.py SERVICE ...      write the requests of these services anew, with the botocore their models are from
    capture.py --answers SEED   print an output for every operation offered, as JSON

Values are random, from a fixed seed. A request is captured just before it would be sent; nothing leaves the machine.
"""

import base64
import datetime
import gzip
import importlib.util
import io
import json
import pathlib
import random
import sys

import botocore.auth
import botocore.config
import botocore.loaders
import botocore.model
import botocore.session
import botocore.signers

HERE = pathlib.Path(__file__).resolve().parent
NOW = datetime.datetime(2026, 1, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
KEY, SECRET, TOKEN = "AKIDEXAMPLE0000000/1", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+with=signs"

spec = importlib.util.spec_from_file_location("importer", HERE.parents[2] / "Scripts" / "import-models.py")
importer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(importer)

PRIORITY = botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS

# Members that botocore fills in or changes by itself, or that must fit the body.
OWN = {"SSECustomerKey", "SSECustomerKeyMD5", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5", "ContentMD5",
       "ChecksumAlgorithm", "ChecksumMode", "ContentLength", "EncodingType", "CopySource", "Expires"}
LETTERS = ["plain", "with space", "a+b", "x/y", "ünïcode", "<&>\"'", "100%", "semi;colon,comma", "é", "dots..", "=?#"]


class Maker:
    """Random values of shapes."""

    def __init__(self, seed, optional=0.45):
        self.random, self.optional = random.Random(seed), optional

    def value(self, shape, depth=0, safe=False, name=""):
        kind = shape.type_name
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return {"any": ["thing", 1, True, None]}
            return self.structure(shape, depth, safe)
        if kind == "list":
            count = max(low, 0 if depth > 5 else self.random.randint(1, 2))
            return [self.value(shape.member, depth + 1, safe) for _ in range(count)]
        if kind == "map":
            return {f"{self.text(shape.key, safe)}{n}"[:120]: self.value(shape.value, depth + 1, safe)
                    for n in range(max(low, 0 if depth > 5 else self.random.randint(1, 2)))}
        if kind == "string":
            return self.text(shape, safe)
        if kind in ("integer", "long"):
            return self.random.randint(int(low), int(min(high if high is not None else low + 5000, 2**31 - 1)))
        if kind in ("float", "double"):
            return round(self.random.uniform(low, high if high is not None else low + 100), 2)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.random.randint(10**9, 2 * 10**9), datetime.timezone.utc)
        return bytes(self.random.randrange(256) for _ in range(max(low, self.random.randint(1, 20))))

    def text(self, shape, safe):
        if shape.enum:
            return self.random.choice(shape.enum)
        text = self.random.choice(LETTERS[:1] if safe else LETTERS)
        low = shape.metadata.get("min", 0)
        return text + "z" * max(0, low - len(text))

    def structure(self, shape, depth, safe):
        members = list(shape.members.items())
        if getattr(shape, "is_tagged_union", False):
            members = [self.random.choice(members)]
        result = {}
        for name, member in members:
            required = name in shape.required_members or getattr(shape, "is_tagged_union", False)
            token = member.metadata.get("idempotencyToken")
            if not required and not token and (depth > 4 or name in OWN or name.startswith("Checksum")
                                               or self.random.random() > self.optional):
                continue
            location = member.serialization.get("location")
            result[name] = self.value(member, depth + 1, safe or location in ("header", "headers"), name)
        if not result and depth > 0:  # the Query protocol cannot say that an empty structure is there
            scalars = [(name, member) for name, member in members
                       if member.type_name not in ("structure", "list", "map") and name not in OWN]
            for name, member in scalars[:1]:
                result[name] = self.value(member, depth + 1, safe, name)
        return result


def tree(value):
    """A value as Wire's trees hold it."""
    if isinstance(value, dict):
        return {key: tree(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [tree(inner) for inner in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    return value


def pruned(value):
    """Without empty structures, which the Query protocol cannot write."""
    if isinstance(value, dict):
        return {key: pruned(inner) for key, inner in value.items() if inner != {}}
    return [pruned(inner) for inner in value] if isinstance(value, list) else value


class Captured(Exception):
    pass


def client(service, token=None, region="eu-west-1", **config):
    session = botocore.session.Session()
    session.set_credentials(KEY, SECRET, token)
    endpoint = config.pop("endpoint", None)
    settings = {"parameter_validation": True, "retries": {"max_attempts": 0}, **config}
    made = session.create_client(service, region_name=region, endpoint_url=endpoint,
                                 config=botocore.config.Config(**settings))

    def before_send(request, **_):
        raise Captured(request)
    made.meta.events.register("before-send", before_send)
    return made


def wire(request):
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    rest = request.url.split("://", 1)[1]
    host, _, target = rest.partition("/")
    headers = [[name, value.decode() if isinstance(value, bytes) else str(value)]
               for name, value in request.headers.items() if name.lower() not in ("user-agent", "amz-sdk-request")]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.append(["Host", host])
    return {"method": request.method, "target": "/" + target, "headers": headers, "body": base64.b64encode(body).decode()}


def call(made, operation, parameters):
    try:
        made._make_api_call(operation, parameters)
    except Captured as captured:
        return wire(captured.args[0])
    raise SystemExit(f"{operation} was not sent")


def freeze():
    naive = NOW.replace(tzinfo=None)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: naive if remove_tzinfo else NOW


def offered(service):
    facts = importer.Importer(service, importer.SERVICES[service]).run()
    return list(facts["ops"])


def protocols(service):
    """The protocols that a service speaks; in force for what is made before the next is asked for."""
    known = botocore.loaders.Loader().load_service_model(service, "service-2")["metadata"]
    for protocol in known.get("protocols") or [known["protocol"]]:
        botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (protocol,)
        yield protocol
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = PRIORITY


def requests(chosen=()):
    services = [service for service in importer.SERVICES if not chosen or service in chosen]
    for service, protocol in ((service, protocol) for service in services for protocol in protocols(service)):
        made = client(service, endpoint="https://s3.example.com" if service == "s3" else None,
                      s3={"addressing_style": "path"})
        for operation in offered(service):
            model = made.meta.service_model.operation_model(operation)
            for seed in (1, 2):
                maker = Maker(f"{service}.{operation}.{seed}", optional=0.25 if seed == 1 else 0.6)
                given = maker.value(model.input_shape) if model.input_shape else {}
                if service == "s3":
                    given["Bucket"] = "some-bucket" if "Bucket" in given else None
                    if given["Bucket"] is None:
                        del given["Bucket"]
                    if "CopySource" in (model.input_shape.required_members if model.input_shape else []):
                        given["CopySource"] = "other-bucket/some-key"
                expected = tree(given)
                if protocol == "query":
                    expected = pruned(expected)
                payload = None
                if model.input_shape is not None and model.input_shape.serialization.get("payload"):
                    name = model.input_shape.serialization["payload"]
                    if model.input_shape.members[name].type_name == "blob" and name in expected:
                        payload = expected.pop(name)
                yield {"service": service, "operation": operation, "protocol": protocol, "input": expected, "payload": payload,
                       "request": call(made, operation, given)}


def signed():
    plain = dict(endpoint="http://s3.example.com:9000", s3={"addressing_style": "path"})
    tls = dict(endpoint="https://s3.example.com", s3={"addressing_style": "path"})
    body = b"Hello, Slipway! " * 300
    put = {"Bucket": "some-bucket", "Key": "a folder/ünï+key (1).txt"}
    cases = [
        ("hashed body over http", "s3", plain, None, dict(put, Body=body)),
        ("hashed stream over http", "s3", plain, TOKEN, dict(put, Body=io.BytesIO(body))),
        ("unsigned trailer crc32", "s3", tls, None, dict(put, Body=io.BytesIO(body))),
        ("unsigned trailer sha256", "s3", tls, TOKEN, dict(put, Body=io.BytesIO(body), ChecksumAlgorithm="SHA256")),
        ("unsigned trailer sha1", "s3", tls, None, dict(put, Body=io.BytesIO(body), ChecksumAlgorithm="SHA1")),
        ("unsigned payload", "s3", dict(tls, request_checksum_calculation="when_required"), None, dict(put, Body=body)),
        ("empty object", "s3", tls, None, dict(put, Body=b"")),
        ("virtual host", "s3", dict(endpoint="https://s3.example.com", s3={"addressing_style": "virtual"}), None,
         dict(put, Body=body)),
    ]
    for name, service, config, token, given in cases:
        body_sent = given["Body"] if isinstance(given["Body"], bytes) else given["Body"].getvalue()
        request = call(client(service, token, **config), "PutObject", given)
        yield {"name": name, "service": service, "operation": "PutObject", "token": token,
               "input": {"Bucket": "some-bucket", "Key": put["Key"]},
               "payload": base64.b64encode(body_sent).decode(), "request": request}
    for name, service, operation, given, token, config in [
        ("query", "sts", "GetCallerIdentity", {}, TOKEN, {}),
        ("json 1.1", "codedeploy", "ListApplications", {"nextToken": "x"}, None, {}),
        ("json 1.0", "cloudwatch", "ListMetrics", {"Namespace": "AWS/Lambda"}, None, {}),
        ("rest json with escapes", "lambda", "ListTags",
         {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"}, None, {}),
        ("large gzip", "cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": [
            {"MetricName": f"m{n}", "Value": 0.5, "Dimensions": [{"Name": "host", "Value": f"h{n}"}]}
            for n in range(120)]}, None, {}),
    ]:
        yield {"name": name, "service": service, "operation": operation, "token": token, "input": tree(given),
               "payload": None, "request": call(client(service, token, **config), operation, given)}
    for name, token, operation, given in [
        ("presigned get", None, "GetObject", {"Bucket": "some-bucket", "Key": "k é.txt", "ResponseContentType": "text/x y"}),
        ("presigned put with token", TOKEN, "PutObject", {"Bucket": "some-bucket", "Key": "k"}),
    ]:
        made = client("s3", token, signature_version="s3v4", **tls)
        url = made.generate_presigned_url(operation.replace("Object", "_object").lower(), given, ExpiresIn=600)
        host, _, target = url.split("://", 1)[1].partition("/")
        yield {"name": name, "service": "s3", "operation": operation, "token": token, "input": given, "payload": "",
               "request": {"method": "GET" if operation == "GetObject" else "PUT", "target": "/" + target,
                           "headers": [["Host", host]], "body": ""}}
    url = client("sts", TOKEN).generate_presigned_url("get_caller_identity", {}, ExpiresIn=60, HttpMethod="GET")
    host, _, target = url.split("://", 1)[1].partition("/")
    yield {"name": "presigned query", "service": "sts", "operation": "GetCallerIdentity", "token": TOKEN, "input": {},
           "payload": None, "request": {"method": "GET", "target": "/" + target, "headers": [["Host", host]], "body": ""}}


def answers(seed):
    for service in importer.SERVICES:
        made = client(service)
        for operation in offered(service):
            model = made.meta.service_model.operation_model(operation)
            if model.has_event_stream_output:
                continue
            given = tree(Maker(f"{seed}.{service}.{operation}").value(model.output_shape)) if model.output_shape else {}
            payload = None
            if model.output_shape is not None and model.output_shape.serialization.get("payload"):
                name = model.output_shape.serialization["payload"]
                if model.output_shape.members[name].type_name == "blob":
                    payload = given.pop(name, None) and base64.b64encode(b"<any> bytes").decode()
            for name, member in (model.output_shape.members if model.output_shape else {}).items():
                if member.serialization.get("location") == "statusCode":
                    given[name] = 202
            yield {"service": service, "operation": operation, "output": given, "payload": payload}


def main():
    freeze()
    if "--answers" in sys.argv:
        json.dump(list(answers(sys.argv[-1])), sys.stdout)
        return
    chosen = sys.argv[1:]
    cases = list(requests(chosen))
    if chosen:
        kept = json.loads(gzip.decompress((HERE / "requests.json.gz").read_bytes()))
        place = next((i for i, case in enumerate(kept) if case["service"] in chosen), len(kept))
        kept = [case for case in kept if case["service"] not in chosen]
        cases = kept[:place] + cases + kept[place:]
    text = json.dumps(cases, ensure_ascii=False, separators=(",", ":")).encode()
    (HERE / "requests.json.gz").write_bytes(gzip.compress(text, mtime=0))
    if chosen:
        return
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in signed())
    (HERE / "signed.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(text)} bytes of requests")


if __name__ == "__main__":
    main()
