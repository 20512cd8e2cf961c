#!/usr/bin/env python3
"""The template languages against AWS's own in Python, each in one process, on the same files, in this run.

    Benchmarks/templates.py [FOLDER]     a folder of SAM templates; a corpus made by this script when left out

Aims: SAM at least 100 times as fast as aws-sam-translator, reading and resolving at least 50 times as fast as cfn-lint.
"""
import json
import logging
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from peers import BINARY

FUNCTION = {"Type": "AWS::Serverless::Function", "Properties": {
    "CodeUri": "s3://bucket/key", "Handler": "app.handler", "Runtime": "python3.11", "AutoPublishAlias": "live",
    "Policies": [{"S3ReadPolicy": {"BucketName": {"Ref": "Store"}}}],
    "Events": {"Get": {"Type": "Api", "Properties": {"Path": "/things", "Method": "get"}}}}}


def corpus(folder):
    """Templates of 1 to 20 functions, for who has no corpus at hand."""
    for size in (1, 2, 5, 10, 20):
        template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Store": {"Type": "AWS::S3::Bucket"}}}
        for number in range(size):
            function = json.loads(json.dumps(FUNCTION))
            function["Properties"]["Events"]["Get"]["Properties"]["Path"] = f"/things/{number}"
            template["Resources"][f"Function{number}"] = function
        (folder / f"{size:02}.yaml").write_text(json.dumps(template, indent=1))


def large(folder, count=400):
    """A large CloudFormation template with the usual functions in it."""
    resources = {}
    for number in range(count):
        resources[f"P{number}"] = {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": {"Fn::Sub": f"/${{AWS::StackName}}/{number}"}, "Type": "String",
            "Value": {"Fn::Join": ["-", [{"Ref": "AWS::Region"}, str(number)]]}}}
        if number:
            resources[f"P{number}"]["DependsOn"] = f"P{number - 1}"
    import yaml
    path = folder / "large.yaml"
    path.write_text(yaml.safe_dump({"Resources": resources}))
    return path


def ours(work, files):
    out = subprocess.run([BINARY, "measure", work, *files], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["milliseconds"]


def best_of(rounds, function):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        try:
            function()
        except Exception:  # a template that is refused takes its time as well
            pass
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def translator(files):
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    class Loader:
        def load(self):
            return {}

    def once(path):
        transform(yaml_parse(path.read_text()), {}, Loader())

    import os
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    assert Parser
    return sum(best_of(3, lambda path=path: once(path)) for path in files)


def lint_reading(path):
    """cfn-lint's decoder alone: the tree, with no function looked at."""
    from cfnlint.decode import cfn_yaml
    return best_of(3, lambda: cfn_yaml.load(str(path)))


def lint_resolving(path):
    """What cfn-lint does before its rules can look at a value: decode, the graph of the template, every function resolved."""
    from cfnlint.context import create_context_for_template
    from cfnlint.decode import decode
    from cfnlint.jsonschema import CfnTemplateValidator
    from cfnlint.template import Template

    def resolve(validator, value):
        if isinstance(value, dict):
            if len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref")):
                return sum(1 for _ in validator.resolve_value(value))
            return sum(resolve(validator, member) for member in value.values())
        return sum(resolve(validator, element) for element in value) if isinstance(value, list) else 0

    def once():
        body, _ = decode(str(path))
        template = Template(str(path), body, ["us-east-1"])
        assert template.graph
        validator = CfnTemplateValidator({}).evolve(context=create_context_for_template(template), cfn=template)
        assert resolve(validator, template.template["Resources"]) > 0

    once()  # its rules and schemas are read once in a process: not a template's time
    return best_of(3, once)


def process(files):
    """A process for the smallest file, as a build would start it."""
    smallest = min(files, key=lambda path: path.stat().st_size)
    return statistics.median(
        best_of(1, lambda: subprocess.run([BINARY, "transform", smallest], capture_output=True, check=False)) for _ in range(7))


def main():
    logging.disable()  # AWS's transform warns of every file
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if sys.argv[1:]:
            files = sorted(pathlib.Path(sys.argv[1]).glob("*.yaml"))
        else:
            (folder / "sam").mkdir()
            corpus(folder / "sam")
            files = sorted((folder / "sam").glob("*.yaml"))
        mine, theirs = ours("transform", files), translator(files)
        print(f"SAM, {len(files)} files    {mine / len(files):8.3f} ms a file   translator {theirs / len(files):8.2f}   {theirs / mine:6.0f}x")
        print(f"SAM, as a process  {process(files):8.1f} ms")
        path = large(folder)
        mine, reading, resolving = ours("resolve", [path]), lint_reading(path), lint_resolving(path)
        print(f"read and resolve, {path.stat().st_size // 1024} KiB  {mine:8.2f} ms   cfn-lint {resolving:8.1f}   {resolving / mine:6.0f}x"
              f"   its reading alone {reading:8.1f}   {reading / mine:6.0f}x")


if __name__ == "__main__":
    main()
