"""Refactoring of stacks, drift-aware change sets, scans and generated templates, by real clients."""
import json

from conftest import eventually
from stacks import Stack, name, parameter, refusal, template


def test_a_resource_moves_to_a_new_stack_while_it_stands(shared):
    one = Stack(shared)
    one.create({"A": parameter("a"), "B": parameter({"Ref": "A"})})
    before = {r: one.physical(r) for r in "AB"}
    other, export = name("two"), name("export")
    client = shared.client("cloudformation")
    definitions = [
        {"StackName": one.name, "TemplateBody": template({"B": parameter({"Fn::ImportValue": export})})},
        {"StackName": other, "TemplateBody": template(
            {"Moved": parameter("a")}, Outputs={"O": {"Value": {"Ref": "Moved"}, "Export": {"Name": export}}})}]
    made = client.create_stack_refactor(
        StackDefinitions=definitions, EnableStackCreation=True, Description="split", ResourceMappings=[{
            "Source": {"StackName": one.name, "LogicalResourceId": "A"},
            "Destination": {"StackName": other, "LogicalResourceId": "Moved"}}])["StackRefactorId"]
    client.get_waiter("stack_refactor_create_complete").wait(StackRefactorId=made, WaiterConfig={"Delay": 0.1})
    actions = client.list_stack_refactor_actions(StackRefactorId=made)["StackRefactorActions"]
    assert [a["Action"] for a in actions] == ["CREATE", "MOVE"] and actions[1]["Detection"] == "MANUAL"
    client.execute_stack_refactor(StackRefactorId=made)
    client.get_waiter("stack_refactor_execute_complete").wait(StackRefactorId=made, WaiterConfig={"Delay": 0.1})
    two = Stack(shared, other)
    assert two.physical("Moved") == before["A"] and one.physical("B") == before["B"]
    assert two.value("Moved") == "a"
    assert ("Moved", "IMPORT_COMPLETE") in two.story() and ("A", "EXPORT_COMPLETE") in one.story()
    assert made in [r["StackRefactorId"] for r in client.list_stack_refactors()["StackRefactorSummaries"]]
    # Both can be updated and deleted as ever, in the order of what leans on what.
    two.update({"Moved": parameter("a", DeletionPolicy="Delete"), "New": parameter("n")}, {
        "Outputs": {"O": {"Value": {"Ref": "Moved"}, "Export": {"Name": export}}}})
    assert refusal(client.delete_stack, StackName=other)[0] == "ValidationError"
    one.delete()
    two.delete()


def test_a_refactoring_changes_nothing(shared):
    one = Stack(shared)
    one.create({"A": parameter("a")})
    client = shared.client("cloudformation")
    made = client.create_stack_refactor(StackDefinitions=[
        {"StackName": one.name, "TemplateBody": template({"B": parameter("other")})}])["StackRefactorId"]
    described = client.describe_stack_refactor(StackRefactorId=made)
    assert described["Status"] == "CREATE_FAILED" and "/Properties/Value" in described["StatusReason"]
    assert refusal(client.execute_stack_refactor, StackRefactorId=made)[0] == "ValidationError"
    assert refusal(client.describe_stack_refactor, StackRefactorId="none")[0] == "StackRefactorNotFoundException"


def test_a_drift_aware_change_set_brings_back_what_was_changed(shared):
    stack = Stack(shared)
    stack.create({"A": parameter("as written"), "Gone": parameter("here")})
    ssm, client = shared.client("ssm"), shared.client("cloudformation")
    ssm.put_parameter(Name=stack.physical("A"), Value="by hand", Overwrite=True)
    ssm.delete_parameter(Name=stack.physical("Gone"))
    made = client.create_change_set(
        StackName=stack.name, ChangeSetName="back", UsePreviousTemplate=True, DeploymentMode="REVERT_DRIFT")["Id"]
    described = client.describe_change_set(ChangeSetName=made, IncludePropertyValues=True)
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in described["Changes"]}
    target = changes["A"]["Details"][0]["Target"]
    assert (target["BeforeValue"], target["AfterValue"]) == ("by hand", "as written")
    assert target["Drift"]["PreviousValue"] == "as written" and target["BeforeValueFrom"] == "ACTUAL_STATE"
    assert changes["Gone"]["Action"] == "Add" and changes["Gone"]["ResourceDriftStatus"] == "DELETED"
    client.execute_change_set(ChangeSetName=made)
    stack.wait("stack_update_complete")
    assert stack.value("A") == "as written" and stack.value("Gone") == "here"


def test_a_template_from_what_stands(slipway):
    slipway.client("ssm").put_parameter(Name="/by/hand", Type="String", Value="1")
    bucket = name("bucket")
    slipway.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    managed = Stack(slipway).create({"A": parameter("x")})
    client = slipway.client("cloudformation")
    scan = client.start_resource_scan()["ResourceScanId"]
    eventually("the scan", lambda: client.describe_resource_scan(ResourceScanId=scan)["Status"] == "COMPLETE")
    found = {
        json.dumps(r["ResourceIdentifier"]): r["ManagedByStack"] for page in client.get_paginator(
            "list_resource_scan_resources").paginate(ResourceScanId=scan) for r in page["Resources"]}
    assert found[json.dumps({"Name": "/by/hand"})] is False and found[json.dumps({"BucketName": bucket})] is False
    assert found[json.dumps({"Name": managed.physical("A")})] is True
    client.create_generated_template(GeneratedTemplateName="mine", Resources=[
        {"ResourceType": "AWS::SSM::Parameter", "LogicalResourceId": "P", "ResourceIdentifier": {"Name": "/by/hand"}},
        {"ResourceType": "AWS::S3::Bucket", "ResourceIdentifier": {"BucketName": bucket}}])
    text = client.get_generated_template(GeneratedTemplateName="mine", Format="YAML")["TemplateBody"]
    client.validate_template(TemplateBody=text)
    # What was made by hand becomes a stack's by an import with that template.
    body = json.loads(client.get_generated_template(GeneratedTemplateName="mine")["TemplateBody"])
    only = {"Resources": {"P": body["Resources"]["P"]}}
    client.create_change_set(
        StackName="adopted", ChangeSetName="c", ChangeSetType="IMPORT", TemplateBody=json.dumps(only), ResourcesToImport=[
            {"ResourceType": "AWS::SSM::Parameter", "LogicalResourceId": "P", "ResourceIdentifier": {"Name": "/by/hand"}}])
    client.execute_change_set(StackName="adopted", ChangeSetName="c")
    assert Stack(slipway, "adopted").settled() == "IMPORT_COMPLETE"


def test_templates_with_transforms_are_refactored_as_what_becomes_of_them(shared):
    one, two = Stack(shared), name("two")
    one.create({"A": parameter("a"), "Pa": parameter("x"), "Pb": parameter("x")})
    before = {r: one.physical(r) for r in ("A", "Pa", "Pb")}
    loop = {"Fn::ForEach::P": ["X", ["a", "b"], {"P${X}": parameter("x")}]}
    client = shared.client("cloudformation")
    made = client.create_stack_refactor(EnableStackCreation=True, StackDefinitions=[
        {"StackName": one.name, "TemplateBody": template({"A": parameter("a")})},
        {"StackName": two, "TemplateBody": template(loop, Transform="AWS::LanguageExtensions")}])["StackRefactorId"]
    described = client.describe_stack_refactor(StackRefactorId=made)
    assert described["Status"] == "CREATE_COMPLETE", described
    client.execute_stack_refactor(StackRefactorId=made)
    other = Stack(shared, two)
    assert {r: other.physical(r) for r in ("Pa", "Pb")} == {r: before[r] for r in ("Pa", "Pb")}
    other.update(loop | {"More": parameter("m")}, {"Transform": "AWS::LanguageExtensions"})
    assert other.physical("Pa") == before["Pa"]
    other.delete()
    one.delete()


def test_scanned_resources_are_found_by_their_tags(shared):
    bucket, plain = name("tagged"), name("plain")
    for each in (bucket, plain):
        shared.run("aws", "s3", "mb", f"s3://{each}")
    shared.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": bucket}]})
    client = shared.client("cloudformation")
    scan = client.start_resource_scan(ScanFilters=[{"Types": ["AWS::S3::Bucket"]}])["ResourceScanId"]
    eventually("the scan", lambda: client.describe_resource_scan(ResourceScanId=scan)["Status"] == "COMPLETE")

    def found(**filters):
        listed = client.list_resource_scan_resources(ResourceScanId=scan, **filters)["Resources"]
        return {r["ResourceIdentifier"]["BucketName"] for r in listed}
    assert found(TagKey="team", TagValue=bucket) == {bucket} == found(TagValue=bucket)
    assert bucket in found(TagKey="team") and plain not in found(TagKey="team")
    assert {bucket, plain} <= found() and found(TagKey="none") == set()
