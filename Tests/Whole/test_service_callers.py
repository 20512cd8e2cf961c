"""Services that call in their own names: the policy of what they call decides, or the role they act as."""
import datetime
import json

import botocore.exceptions
import pytest

from conftest import eventually, zipped

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from conftest import Slipway
    server = Slipway(tmp_path_factory.mktemp("callers") / "data").start()
    yield server
    server.stop()


def role(house, name, *statements):
    iam = house.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    if statements:
        allow(house, name, *statements)
    return arn


def allow(house, name, *statements):
    house.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | one for one in statements]}))


def function(house, name, code, role, **more):
    client = house.client("lambda")
    arn = client.create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role, Code={"ZipFile": zipped(app_py=code)},
        **more)["FunctionArn"]
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return arn


def lines(house, name):
    logs = house.client("logs")
    try:
        return [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def events(house, kind):
    import sqlite3
    with sqlite3.connect(f"file:{house.folder}/ledger.sqlite?mode=ro", uri=True) as db:
        rows = db.execute("SELECT detail FROM event WHERE detailType = ? ORDER BY sequence", (kind,))
        return [json.loads(row[0]) for row in rows]


def test_triggers_ask_the_policy_of_function_and_topic(house):
    commits = house.client("codecommit")
    repository = commits.create_repository(repositoryName="told")["repositoryMetadata"]["Arn"]
    arn = function(house, "told", "def handler(event, context):\n    print('GOT', event['Records'][0]['eventTriggerName'])\n",
                   role(house, "told"))
    topic = house.client("sns").create_topic(Name="told")["TopicArn"]
    triggers = [{"name": "f", "destinationArn": arn, "branches": [], "events": ["all"]},
                {"name": "t", "destinationArn": topic, "branches": [], "events": ["all"]}]
    tested = commits.test_repository_triggers(repositoryName="told", triggers=triggers)
    # A topic's own first policy lets triggers of its account in, as on AWS; a function has none.
    assert tested["successfulExecutions"] == ["t"]
    failed, = tested["failedExecutions"]
    assert failed["trigger"] == "f" and "lambda:InvokeFunction" in failed["failureMessage"], failed
    assert "no resource-based policy allows" in failed["failureMessage"]

    commits.put_repository_triggers(repositoryName="told", triggers=triggers)
    first = commits.put_file(repositoryName="told", branchName="main", filePath="a", fileContent=b"1")["commitId"]
    lost = eventually("the refusal is told", lambda: events(house, "CodeCommit Trigger Failed"))
    assert lost[0]["triggerName"] == "f" and lost[0]["attempts"] == 1 and "lambda:InvokeFunction" in lost[0]["reason"]

    permission = {"FunctionName": "told", "Action": "lambda:InvokeFunction", "Principal": "codecommit.amazonaws.com"}
    functions = house.client("lambda")
    functions.add_permission(StatementId="other", SourceArn=repository + "-other", **permission)
    assert commits.test_repository_triggers(repositoryName="told", triggers=triggers[:1])["failedExecutions"]
    functions.add_permission(StatementId="own", SourceArn=repository, **permission)
    commits.put_file(repositoryName="told", branchName="main", filePath="b", fileContent=b"1", parentCommitId=first)
    eventually("the function is called", lambda: any("GOT f" in line for line in lines(house, "told")))


def test_rotation_asks_the_policy_of_its_function(house):
    secrets = house.client("secretsmanager")
    secret = secrets.create_secret(Name="turning", SecretString="old")["ARN"]
    arn = function(house, "turn", "def handler(event, context):\n    raise RuntimeError('as far as ' + event['Step'])\n",
                   role(house, "turn"))
    with pytest.raises(botocore.exceptions.ClientError) as error:
        secrets.rotate_secret(SecretId="turning", RotationLambdaARN=arn)
    assert error.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
                   "access to the principal secretsmanager.amazonaws.com."}
    described = secrets.describe_secret(SecretId="turning")
    assert not described.get("RotationEnabled") and len(described["VersionIdsToStages"]) == 1
    house.client("lambda").add_permission(
        FunctionName="turn", StatementId="s", Action="lambda:InvokeFunction", Principal="secretsmanager.amazonaws.com",
        SourceArn=secret)
    secrets.rotate_secret(SecretId="turning", RotationLambdaARN=arn)
    failed = eventually("the function has failed", lambda: [
        e for e in events(house, "AWS Service Event via CloudTrail") if e.get("eventName") == "RotationFailed"])
    assert "as far as createSecret" in json.dumps(failed)


def test_destinations_are_told_as_the_functions_role(house):
    sqs, functions = house.client("sqs"), house.client("lambda")
    queue = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    leave = {"Action": "sqs:SendMessage", "Resource": arn}
    function(house, "worker", "def handler(event, context):\n    return event\n", role(house, "worker", leave))
    functions.put_function_event_invoke_config(
        FunctionName="worker", DestinationConfig={"OnSuccess": {"Destination": arn}})
    house.client("iam").delete_role_policy(RoleName="worker", PolicyName="p")
    functions.invoke(FunctionName="worker", InvocationType="Event", Payload=b'{"n": 1}')

    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)

    def undelivered():
        return house.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName="DestinationDeliveryFailures", Statistics=["Sum"], Period=3600,
            Dimensions=[{"Name": "FunctionName", "Value": "worker"}], StartTime=begin,
            EndTime=begin + datetime.timedelta(hours=2))["Datapoints"]
    assert eventually("the failure counts", undelivered)[0]["Sum"] == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    allow(house, "worker", leave)
    functions.invoke(FunctionName="worker", InvocationType="Event", Payload=b'{"n": 2}')
    message = eventually("the queue is told", lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]
    assert json.loads(message["Body"])["responsePayload"] == {"n": 2}


def refusal(call, **members):
    """Code and message of what is refused."""
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**members)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_function_needs_a_role_that_lambda_may_assume(house):
    functions, iam = house.client("lambda"), house.client("iam")
    good = role(house, "trusted")
    other = iam.create_role(RoleName="others", AssumeRolePolicyDocument=json.dumps(TRUST).replace("lambda", "codebuild"))
    wanted = ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
    code = {"FunctionName": "acting", "Runtime": "python3.11", "Handler": "app.handler",
            "Code": {"ZipFile": zipped(app_py="def handler(e, c): return 1\n")}}
    for bad in ("arn:aws:iam::000000000000:role/nobody", other["Role"]["Arn"], good.replace(":role/", ":role/path/")):
        assert refusal(functions.create_function, Role=bad, **code) == wanted
    functions.create_function(Role=good, **code)
    assert refusal(functions.update_function_configuration, FunctionName="acting", Role=other["Role"]["Arn"]) == wanted
    assert functions.get_function_configuration(FunctionName="acting")["Role"] == good


def test_a_destination_is_there_and_the_role_may_tell_it(house):
    functions, sqs = house.client("lambda"), house.client("sqs")
    queue = sqs.get_queue_attributes(
        QueueUrl=sqs.create_queue(QueueName="told-of")["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function(house, "telling", "def handler(e, c): return 1\n", role(house, "telling"))

    def put(arn):
        return refusal(functions.put_function_event_invoke_config, FunctionName="telling",
                       DestinationConfig={"OnFailure": {"Destination": arn}})

    account = queue.split(":")[4]
    for missing in (queue + "-not", f"arn:aws:sns:eu-west-1:{account}:none", f"arn:aws:lambda:eu-west-1:{account}:function:none",
                    f"arn:aws:events:eu-west-1:{account}:event-bus/none"):
        assert put(missing) == ("InvalidParameterValueException", f"The destination ARN {missing} is invalid.")
    assert put(queue) == (
        "InvalidParameterValueException",
        f"The function's execution role does not have permissions to call SendMessage on {queue}")
    letters = {"FunctionName": "telling", "DeadLetterConfig": {"TargetArn": queue}}
    assert refusal(functions.update_function_configuration, **letters) == (
        "InvalidParameterValueException", "The provided execution role does not have permissions to call SendMessage on SQS")
    allow(house, "telling", {"Action": "sqs:SendMessage", "Resource": queue})
    functions.put_function_event_invoke_config(
        FunctionName="telling", DestinationConfig={"OnFailure": {"Destination": queue}})
    assert functions.update_function_configuration(**letters)["DeadLetterConfig"] == {"TargetArn": queue}
    letters["DeadLetterConfig"] = {"TargetArn": ""}
    assert "DeadLetterConfig" not in functions.update_function_configuration(**letters)


def test_a_rule_and_its_targets_need_roles_that_eventbridge_may_assume(house):
    events, iam = house.client("events"), house.client("iam")
    other = role(house, "not-for-rules")
    good = iam.create_role(
        RoleName="for-rules", AssumeRolePolicyDocument=json.dumps(TRUST).replace("lambda", "events"))["Role"]["Arn"]
    rule = {"Name": "acting", "EventPattern": '{"source": ["a"]}'}
    for bad in ("x", "arn:aws:iam::000000000000:role/nobody", other):
        wanted = ("ValidationException", f"Provided role '{bad}' cannot be assumed by principal 'events.amazonaws.com'.")
        assert refusal(events.put_rule, RoleArn=bad, **rule) == wanted
        events.put_rule(**rule)
        target = {"Id": "1", "Arn": "arn:aws:codepipeline:eu-west-1:000000000000:p", "RoleArn": bad}
        assert refusal(events.put_targets, Rule="acting", Targets=[target]) == wanted
    events.put_rule(RoleArn=good, **rule)
    assert events.put_targets(Rule="acting", Targets=[target | {"RoleArn": good}])["FailedEntryCount"] == 0


def test_who_may_not_pass_a_role_cannot_give_it_to_a_service(house):
    iam = house.client("iam")
    every = json.dumps(TRUST).replace('"lambda.amazonaws.com"', json.dumps([
        f"{one}.amazonaws.com" for one in ("lambda", "codebuild", "codepipeline", "codedeploy", "events")]))
    mighty = iam.create_role(RoleName="mighty", AssumeRolePolicyDocument=every)["Role"]["Arn"]
    iam.create_user(UserName="dev")
    keys = iam.create_access_key(UserName="dev")["AccessKey"]

    def may(*actions):
        iam.put_user_policy(UserName="dev", PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))

    def dev(service):
        return house.client(service, key=keys["AccessKeyId"], secret=keys["SecretAccessKey"])

    services = ("lambda", "codebuild", "codepipeline", "codedeploy", "events")
    source = {"name": "Get", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"},
              "configuration": {"RepositoryName": "r", "BranchName": "main"}, "outputArtifacts": [{"name": "S"}]}
    approve = {"name": "Ok", "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}}
    calls = [
        (dev("lambda").create_function, {
            "FunctionName": "passed", "Runtime": "python3.11", "Handler": "a.b", "Role": mighty,
            "Code": {"ZipFile": zipped(a_py="")}}),
        (dev("codebuild").create_project, {
            "name": "passed", "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {build: {commands: [':']}}\n"},
            "artifacts": {"type": "NO_ARTIFACTS"}, "serviceRole": mighty, "environment": {
                "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}}),
        (dev("codepipeline").create_pipeline, {"pipeline": {
            "name": "passed", "roleArn": mighty, "artifactStore": {"type": "S3", "location": "bucket"}, "stages": [
                {"name": "S", "actions": [source]}, {"name": "T", "actions": [approve]}]}}),
        (dev("codedeploy").create_deployment_group, {
            "applicationName": "passed", "deploymentGroupName": "g", "serviceRoleArn": mighty,
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}}),
        (dev("events").put_rule, {"Name": "passed", "EventPattern": '{"source": ["a"]}', "RoleArn": mighty})]
    house.client("codedeploy").create_application(applicationName="passed", computePlatform="Lambda")
    may(*[f"{one}:*" for one in services])
    for call, members in calls:
        code, message = refusal(call, **members)
        assert code == "AccessDeniedException" and f"iam:PassRole on resource: {mighty}" in message, message
    may(*[f"{one}:*" for one in services], "iam:PassRole")
    for call, members in calls:
        call(**members)
    may(*[f"{one}:*" for one in services])
    code, _ = refusal(dev("codebuild").start_build, projectName="passed", serviceRoleOverride=mighty)
    assert code == "AccessDeniedException"
    # What names no role needs no leave to pass one.
    dev("codebuild").update_project(name="passed", description="new")
    dev("events").put_rule(Name="passed", EventPattern='{"source": ["b"]}')
