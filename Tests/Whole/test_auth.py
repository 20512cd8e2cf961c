"""Who gets in."""
import botocore.exceptions
import pytest
import requests


def refused(client, operation, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        getattr(client, operation)(**arguments)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_good_signature_is_let_in(slipway):
    assert slipway.client("sts").get_caller_identity()["Arn"].endswith(":root")


@pytest.mark.parametrize("service, operation, unknown, wrong", [
    ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
    ("codedeploy", "list_applications", "UnrecognizedClientException", "InvalidSignatureException"),
    ("cloudformation", "list_stacks", "InvalidClientTokenId", "SignatureDoesNotMatch"),
])
def test_bad_signatures_are_refused_in_each_services_words(slipway, service, operation, unknown, wrong):
    key, _ = slipway.credentials
    assert refused(slipway.client(service, key="AKIAUNKNOWN", secret="x"), operation) == (403, unknown)
    assert refused(slipway.client(service, key=key, secret="wrong"), operation) == (403, wrong)


def test_a_missing_signature_is_refused(slipway):
    assert requests.get(slipway.endpoint + "/bucket/key").status_code == 403
    assert requests.post(slipway.endpoint, data={"Action": "GetCallerIdentity", "Version": "2011-06-15"}).status_code == 403
    assert requests.get(slipway.endpoint + "/2015-03-31/functions/").status_code == 403


def test_a_body_that_was_changed_is_refused(slipway):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    request = AWSRequest("POST", slipway.endpoint, data="Action=GetCallerIdentity&Version=2011-06-15",
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials(*slipway.credentials), "sts", "us-east-1").add_auth(request)
    good = requests.post(slipway.endpoint, data=request.data, headers=dict(request.headers))
    assert good.status_code == 200
    bad = requests.post(slipway.endpoint, data=request.data + "&x=1", headers=dict(request.headers))
    assert bad.status_code == 403


def test_temporary_credentials_need_their_token(slipway):
    import json
    iam = slipway.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = slipway.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    key, secret = given["AccessKeyId"], given["SecretAccessKey"]
    assumed = slipway.client("sts", key=key, secret=secret, aws_session_token=given["SessionToken"])
    assert "assumed-role/r/session" in assumed.get_caller_identity()["Arn"]
    status, _ = refused(slipway.client("sts", key=key, secret=secret), "get_caller_identity")
    assert status == 403


def test_no_auth_refuses_an_address_others_can_reach(folder):
    import subprocess
    from conftest import BINARY
    result = subprocess.run([BINARY, "serve", "--listen", "0.0.0.0:0", "--data", folder / "d", "--no-auth"],
                            capture_output=True, text=True, timeout=20)
    assert result.returncode != 0
    assert "loopback" in result.stderr
